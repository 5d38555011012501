// Functions of libm over random values: a hash of the bits of every hundred results.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 20261128;
static uint64_t next(void)
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state;
}

/** Over the whole range, near 1, or a few periods of the circle. */
static double value(int positive)
{
	uint64_t r = next();
	double x;
	switch (r & 3) {
	case 0:
		r = next();
		memcpy(&x, &r, 8);
		break;
	case 1: x = (int64_t)next() * 0x1p-62; break;
	case 2: x = (int64_t)next() * 0x1p-58; break;
	default: x = (int64_t)next() * 0x1p-54; break;
	}
	return positive ? fabs(x) : x;
}

static uint64_t hash;
static void add(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, 8);
	if (x != x) bits = 0x7ff8000000000000;
	hash = (hash ^ bits) * 0x100000001b3;
}

int main(void)
{
	static const char *names[] = {"sin", "cos", "tan", "exp", "log", "atan2", "pow"};
	double (*one[])(double) = {sin, cos, tan, exp, log};
	for (int f = 0; f < 7; f++)
		for (int i = 0; i < 100000; i++) {
			if (f < 5) add(one[f](value(f == 4)));
			else if (f == 5) add(atan2(value(0), value(0)));
			else add(pow(value(1), (int64_t)next() * 0x1p-59));
			if (i % 100 == 99) {
				printf("%s %d %016lx\n", names[f], i, hash);
				hash = 0;
			}
		}
}
