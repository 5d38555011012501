// printf of 10,000 random long doubles.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 0x123456789abcdef;
static uint64_t next(void)
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state;
}

int main(void)
{
	for (int i = 0; i < 10000; i++) {
		uint64_t significand = next() | 1ull << 63;
		uint16_t exponent = i % 4 ? 16383 - 80 + next() % 160 : next() % 32767;
		if (!exponent) significand &= ~(1ull << 63);
		else if (i % 16 == 1) significand &= ~0ull << (next() & 63);
		exponent |= next() & 0x8000;
		long double v = 0;
		memcpy(&v, &significand, 8);
		memcpy((char *)&v + 8, &exponent, 2);
		printf("%.21Lg %.5Le %La\n", v, v, v);
	}
}
