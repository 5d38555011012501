// Random register and memory states for an instruction: operands that lead into the mapped windows, values of every class.
#include "case.h"
#include <stdlib.h>
#include <string.h>

static uint64_t s0, s1;

static uint64_t rnd(void)
{
	uint64_t a = s0, b = s1;
	s0 = b;
	a ^= a << 23;
	s1 = a ^ b ^ (a >> 17) ^ (b >> 26);
	return s1 + b;
}

static unsigned below(unsigned n) { return ((rnd() >> 32) * n) >> 32; }

uint8_t pattern(uint64_t a) { return (a * 167 + (a >> 8) * 13 + 91) & 0xff; }

// ── values ──

static uint64_t integer(void)
{
	static const uint64_t special[] = {0, 1, 2, ~0ull, ~1ull, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
	uint64_t r = rnd();
	switch (below(8)) {
	case 0: return special[below(sizeof special / 8)];
	case 1: return (int64_t)r >> below(64);
	case 2: return 1ull << below(64);
	case 3: return r & 0x3f;
	case 4: return ((1ull << below(64)) - 1) ^ (below(2) ? ~0ull : 0);
	default: return r;
	}
}

static uint32_t float32(void)
{
	static const uint32_t special[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345, 0xffa00001, 1, 0x807fffff, 0x00400000, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff, 0xff7fffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x3f000000, 0x3fc00000, 0xc0200000, 0x4b000001, 0x34000000};
	uint32_t r = rnd() >> 20;
	switch (below(8)) {
	case 0: case 1: return special[below(sizeof special / 4)];
	case 2: return r & 0x807fffff;
	case 3: return (r & 0x807fffff) | (127 + below(40)) << 23;
	case 4: return (r & 0x807e0000) | (110 + below(40)) << 23;
	case 5: return (r & 0x807fffff) | (1 + below(70)) << 23;
	case 6: return (r & 0x807fffff) | (180 + below(75)) << 23;
	default: return (r & 0x8000000f) | (120 + below(14)) << 23 | (below(2) ? 0x7ffff0 : 0);
	}
}

static uint64_t float64(void)
{
	static const uint64_t special[] = {
		0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8123456789abc, 0x7ff0123456789abc, 0xfff4000000000001, 1, 0x800fffffffffffff,
		0x0008000000000000, 0x0010000000000000, 0x8010000000000000, 0x0010000000000001, 0x7fefffffffffffff, 0xffefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x43e0000000000000,
		0xc3e0000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0xc004000000000000, 0x4330000000000001, 0x3cb0000000000000, 0x36a0000000000000, 0x3690000000000001, 0x380fffffe0000000, 0x380fffffefffffff, 0x47efffffe0000000, 0x47effffff0000000};
	uint64_t f = rnd() & 0x800fffffffffffff;
	switch (below(9)) {
	case 0: case 1: return special[below(sizeof special / 8)];
	case 2: return f;
	case 3: return f | (uint64_t)(1023 + below(70)) << 52;
	case 4: return (f & 0xffffff0000000000) | (uint64_t)(1000 + below(60)) << 52;
	case 5: return f | (uint64_t)(1 + below(120)) << 52;
	case 6: return f | (uint64_t)(1900 + below(147)) << 52;
	case 7: return (f & 0x800000000000000f) | (uint64_t)(1015 + below(16)) << 52 | (below(2) ? 0x000ffffffffffff0 : 0);
	default: return f | (uint64_t)(1023 - 155 + below(290)) << 52;
	}
}

typedef struct {
	uint64_t sig;
	uint16_t se;
} Extended;

static uint64_t fraction64(void)
{
	uint64_t s = rnd();
	switch (below(10)) {
	case 0: s = ~0ull << below(64); break;
	case 1: s = 1ull << below(64); break;
	case 2: s &= ~0ull << below(64); break;
	case 3: s = (s & ~0xfffull) | (below(4) == 0 ? 0x400 : below(2) ? 0x3ff : 0xc00); break;
	case 4: s = (s & ~0xffffffffffull) | (below(2) ? 0x8000000000 : 0x7fffffffff + below(3)); break;
	case 5: s = 0; break;
	case 6: s = ~0ull; break;
	}
	return s | 1ull << 63;
}

static Extended last;

static Extended float80(void)
{
	uint16_t sign = below(2) ? 0x8000 : 0;
	unsigned kind = below(40);
	Extended v = {fraction64(), sign | (16383 - 32 + below(64))};
	if (kind < 14) return last = v;
	if (kind < 20) v.se = sign | (16383 - 70 + below(140));
	else if (kind < 22) v.se = sign | (1 + below(0x7ffe));
	else if (kind < 24) { // a small whole number
		uint64_t n = below(100000) + 1;
		int shift = __builtin_clzll(n);
		v = (Extended){n << shift, sign | (16383 + 63 - shift)};
	} else if (kind < 26) v = (Extended){0, sign};
	else if (kind < 28) v = (Extended){rnd() >> below(64), sign};
	else if (kind < 29) v = (Extended){1ull << 63, sign | 0x7fff};
	else if (kind < 30) v = (Extended){(rnd() & (below(2) ? ~0ull : 0xffff)) | 3ull << 62, sign | 0x7fff};
	else if (kind < 31) v = (Extended){((rnd() & (below(2) ? ~0ull : 0xffff) & ~(3ull << 62)) | 1ull << 63) + 1, sign | 0x7fff};
	else if (kind < 32) v = (Extended){v.sig & ~(1ull << 63), sign | (1 + below(0x7fff))};
	else if (kind < 33) v.se = sign | (1 + below(70));
	else if (kind < 34) v.se = sign | (0x7ffe - below(70));
	else if (kind < 35) v.se = sign | (16383 - 1022 - 54 + below(60));
	else if (kind < 36) v.se = sign | (16383 - 126 - 25 + below(30));
	else if (kind < 37) v.se = sign | (16383 + (below(2) ? 1022 : 126) + below(3));
	else if (kind < 38) v.se = sign | (16383 + 60 + below(5));
	else { // near the last one
		v = last;
		v.se ^= sign;
		v.sig += (int)below(5) - 2;
		if (below(3) == 0) v.se += (int)below(3) - 1;
	}
	return last = v;
}

static void put80(uint8_t *to)
{
	Extended v = float80();
	memcpy(to, &v.sig, 8);
	memcpy(to + 8, &v.se, 2);
}

static unsigned x87_control(void)
{
	unsigned masks = below(5) < 3 ? 0x3f : rnd() & 0x3f;
	unsigned precision = below(2) ? 3 : below(16) == 0 ? 1 : below(2) * 2;
	return masks | precision << 8 | below(4) << 10 | (below(8) == 0) << 12 | 0x40;
}

static unsigned x87_status(unsigned fcw)
{
	unsigned flags = below(3) ? 0 : rnd() & 0x7f;
	if (below(40)) flags &= fcw | 0x40;
	unsigned s = flags | (rnd() & 0x4700) | below(8) << 11;
	if (flags & ~fcw & 0x3f) s |= 0x8080;
	return s;
}

static unsigned x87_tag(unsigned fsw)
{
	unsigned top = fsw >> 11 & 7, tag = 0;
	unsigned valid = below(10) < 7 ? 0x1fu >> below(3) : (unsigned)rnd() & 0xff;
	for (int i = 0; i < 8; i++)
		if (valid >> i & 1) tag |= 1 << ((top + i) & 7);
	return tag;
}

static unsigned any_mxcsr(void)
{
	switch (below(4)) {
	case 0: return 0x1f80;
	case 1: return 0x1f80 | below(4) << 13 | (rnd() & 0x8040) | (rnd() & 0x3f);
	default: return rnd() & 0xffff & ~(below(2) ? 0x3f : 0);
	}
}

/** Sixteen bytes of one kind. */
static void fill16(uint8_t *to, int kind)
{
	for (int i = 0; i < 16; i += 8) {
		uint64_t v = rnd();
		memcpy(to + i, &v, 8);
	}
	if (kind == FLOAT32)
		for (int i = 0; i < 16; i += 4) memcpy(to + i, &(uint32_t){float32()}, 4);
	else if (kind == FLOAT64)
		for (int i = 0; i < 16; i += 8) memcpy(to + i, &(uint64_t){float64()}, 8);
	else if (kind == BYTES)
		for (int i = 0; i < 16; i++) to[i] = below(3) ? (const uint8_t[]){0, 1, 0x7f, 0x80, 0xff, 0x61, 0x62, 0x63}[below(8)] : to[i];
	else if (kind == SELECTOR) // small counts in each half
		for (int i = 0; i < 16; i++) to[i] = i & 7 ? 0 : below(80);
}

static void environment(uint8_t *to, unsigned bytes)
{
	int wide = bytes == 28 || bytes == 108, stride = wide ? 4 : 2;
	uint16_t cw = below(4) ? x87_control() : rnd(), sw = below(4) ? x87_status(cw) : rnd(), tw = rnd();
	if (below(2)) memset(to, 0, bytes);
	memcpy(to, &cw, 2);
	memcpy(to + stride, &sw, 2);
	memcpy(to + 2 * stride, &tw, 2);
	for (unsigned at = stride * 7; at + 10 <= bytes; at += 10) put80(to + at);
}

static uint64_t code_address(const Encoding *e)
{
	switch (below(8)) {
	case 0: return rnd();
	case 1: return CODE + 2 * PAGE + below(64) - 32;
	case 2: return (int64_t)(rnd() << 16) >> 16;
	case 3: return regions[0].base + PAGE + below(PAGE);
	default:
		for (;;) { // not the instruction itself, which could run for ever
			uint64_t at = below(2 * PAGE);
			if (at + 1 < e->place || at >= (uint64_t)e->place + e->length + 14) return CODE + at;
		}
	}
}

static uint64_t selector(void)
{
	static const uint16_t known[] = {0, 1, 2, 3, 0x2b, 0x2b, 0x28, 4, 7, 0x87, 0x4c};
	// Kernels differ in what the other selectors of the global table mean; those from 0x80 on are over its limit.
	return below(3) ? known[below(sizeof known / 2)] | (rnd() & ~0xffffull) : rnd() | 0x80;
}

/** The value of an operand of `bytes` bytes in memory. */
static void memory_value(uint8_t *to, const Encoding *e)
{
	uint64_t v = integer();
	unsigned n = e->bytes < 8 ? e->bytes : 8;
	switch (e->kind) {
	case FLOAT80: put80(to); return;
	case DECIMAL:
		for (int i = 0; i < 10; i++) to[i] = below(10) | below(10) << 4;
		if (below(4)) to[9] = below(2) << 7;
		if (below(8) == 0) to[below(9)] = rnd();
		if (below(3) == 0) memset(to, 0, below(10));
		return;
	case ENVIRONMENT: environment(to, e->bytes); return;
	case IMAGE:
		for (unsigned i = 0; i < e->bytes; i += 8) memcpy(to + i, &(uint64_t){rnd()}, 8);
		if (below(4)) memcpy(to, &(uint16_t){x87_control()}, 2);
		memcpy(to + 24, &(uint32_t){any_mxcsr() | (below(8) ? 0 : 1u << (18 + below(14)))}, 4);
		for (int i = 0; i < 8; i++) put80(to + 32 + 16 * i);
		if (e->bytes > 512) { // the header of an XSAVE area: states that every CPU has
			uint64_t header[8] = {below(4) ? below(4) : below(8) ? 3 : below(2) ? 11 : 1ull << 62, below(12) ? 0 : rnd(), below(12) ? 0 : 1, below(2) ? 0 : rnd()};
			memcpy(to + 512, header, 64);
		}
		return;
	case CODE_ADDRESS: v = code_address(e); n = 8; break;
	case CONTROL: v = below(4) ? x87_control() : rnd(); break;
	case CSR: v = any_mxcsr() | (below(8) ? 0 : 1u << (18 + below(14))); break;
	case FLAGS: v = rnd() & ~0x40100ull; break;
	case SELECTOR: v = selector(); break;
	case INTEGER: break;
	case POINTER:
		memcpy(to, &(uint32_t){e->hints & FAR ? code_address(e) : v}, 4);
		memcpy(to + e->bytes - 2, &(uint16_t){e->hints & FAR && below(4) ? 0x33 : selector()}, 2);
		return;
	default:
		if (e->bytes == 4 && e->kind == FLOAT32) v = float32();
		else if (e->bytes == 8 && e->kind == FLOAT64) v = float64();
		else if (e->bytes == 8 && e->kind == FLOAT32) v = float32() | (uint64_t)float32() << 32;
		else if (e->bytes > 8 || e->kind == BYTES) {
			uint8_t block[16];
			for (unsigned i = 0; i < e->bytes; i += 16) {
				fill16(block, below(4) ? e->kind : below(4) * 2);
				memcpy(to + i, block, e->bytes - i < 16 ? e->bytes - i : 16);
			}
			return;
		}
	}
	memcpy(to, &v, n);
}

// ── places ──

/** An address for `bytes` bytes: mostly inside a window, or over one of its edges, or nowhere. */
static uint64_t target(const Region *g, unsigned bytes, unsigned align)
{
	unsigned how = below(32);
	if (align < 1) align = 1;
	if (how == 0) return rnd();
	if (how == 1) return (int64_t)(rnd() << 17) >> 17;
	if (how == 2) return 0x800000000000ull - 1 - below(24) + (below(2) ? 0 : 0xffff000000000000ull);
	if (how < 6) { // over the edge of any page
		uint64_t edge = g->base + PAGE * (1 + below(g->count - 1));
		return edge - (below(4) ? below(bytes + 2) : 0);
	}
	if (how < 9) { // anywhere in the region
		uint64_t at = g->base + below(g->count * PAGE);
		return below(2) ? at & -(uint64_t)align : at;
	}
	if (how < 12) return g->base + 2 * PAGE - below(bytes + 1); // both pages can be written
	uint64_t at = g->base + PAGE + 64 + below(2 * PAGE - 768);
	return how < 30 || align == 1 ? at & -(uint64_t)align : at;
}

static uint64_t effective(const Encoding *e, const State *s)
{
	uint64_t at = e->disp;
	if (e->form == BASED) {
		if (e->base != NONE) at += s->gpr[e->base];
		if (e->index != NONE) at += s->gpr[e->index] << e->scale;
	}
	if (e->narrow) at = (uint32_t)at;
	return at + (e->segment == 1 ? s->fs : e->segment == 2 ? s->gs : 0);
}

static uint64_t canonical(void)
{
	switch (below(4)) {
	case 0: return (int64_t)(rnd() << 16) >> 16;
	case 1: return (rnd() & 0x7fffffff) << (rnd() & 7);
	case 2: return -(uint64_t)(rnd() & 0xffffff);
	default: return 0;
	}
}

static int is_canonical(uint64_t a) { return (uint64_t)((int64_t)(a << 16) >> 16) == a; }

/** Sets registers so that the operand is at `t`, or near. */
static void aim(const Encoding *e, State *s, uint64_t t)
{
	uint64_t *segment = e->segment == 1 ? &s->fs : e->segment == 2 ? &s->gs : 0;
	if (segment && (e->form == FIXED || below(3) == 0)) {
		*segment = 0;
		uint64_t base = t - effective(e, s);
		*segment = is_canonical(base) && (segment == &s->fs || gs_keeps_upper || base >> 63 == 0) ? base : 0;
		return;
	}
	if (e->form == FIXED) return;
	uint64_t rest = t - (uint64_t)e->disp - (segment ? *segment : 0);
	if (e->base != NONE && e->base == e->index) s->gpr[e->base] = rest / ((1ull << e->scale) + 1);
	else if (e->base != NONE) {
		if (e->index != NONE && below(2)) s->gpr[e->index] = (int64_t)(int8_t)rnd();
		s->gpr[e->base] = rest - (e->index != NONE ? s->gpr[e->index] << e->scale : 0);
	} else if (e->index != NONE) s->gpr[e->index] = (uint64_t)((int64_t)rest >> e->scale);
	// With a narrow address the upper halves do not matter, unless 32 bits cannot reach the target.
	if (e->narrow && below(2)) {
		if (e->base != NONE) s->gpr[e->base] ^= rnd() << 32;
		else if (e->index != NONE) s->gpr[e->index] ^= rnd() << 32;
	}
}

static const Region *region_of(uint64_t a)
{
	for (int i = 0; i < region_count; i++)
		if (a - regions[i].base < (uint64_t)regions[i].count * PAGE) return &regions[i];
	return 0;
}

uint8_t *reach(uint64_t a)
{
	const Region *g = region_of(a);
	if (!g) return 0;
	char c = g->pages[(a - g->base) / PAGE];
	return c == 'w' || c == 'r' ? g->alias + (a - g->base) : 0;
}

static uint32_t used;

/** Records that [from, from + bytes), as far as it is mapped, is filled before and compared after. */
static void patch(Record *r, uint32_t room, uint64_t from, uint32_t bytes)
{
	int slot = 0;
	while (slot < PATCHES && r->patches[slot].length) slot++;
	while (bytes && !reach(from)) from++, bytes--;
	uint32_t n = 0;
	while (n < bytes && n + used < room && reach(from + n)) n++;
	for (int i = 0; i < slot; i++) { // no byte twice
		Patch *p = &r->patches[i];
		if (from >= p->address && from < p->address + p->length) {
			uint32_t skip = p->address + p->length - from;
			if (skip >= n) return;
			from += skip, n -= skip;
		} else if (from < p->address && from + n > p->address) n = p->address - from;
	}
	if (!n || slot == PATCHES) return;
	r->patches[slot] = (Patch){from, n, used};
	used += n;
}

static uint8_t *bytes_at(Record *r, uint64_t a, unsigned n)
{
	for (int i = 0; i < PATCHES; i++) {
		Patch *p = &r->patches[i];
		if (p->length >= n && a - p->address <= p->length - n) return (uint8_t *)(r + 1) + p->offset + (a - p->address);
	}
	return 0;
}

// ── states ──

static void fx_state(State *s, const Encoding *e)
{
	uint16_t fcw = x87_control(), fsw = x87_status(fcw);
	if (e->values == FLOAT80 || below(4) == 0) {
		memcpy(s->fx, &fcw, 2);
		memcpy(s->fx + 2, &fsw, 2);
		s->fx[4] = x87_tag(fsw);
	} else {
		memcpy(s->fx, &(uint16_t){0x37f}, 2);
		memcpy(s->fx + 2, &(uint16_t){rnd() & 0x7f00}, 2);
		s->fx[4] = rnd();
	}
	uint32_t mxcsr = any_mxcsr();
	memcpy(s->fx + 24, &mxcsr, 4);
	for (int i = 0; i < 8; i++) {
		if (e->values == FLOAT80 || below(8) == 0) put80(s->fx + 32 + 16 * i);
		else {
			fill16(s->fx + 32 + 16 * i, below(4) ? e->values : below(4) * 2);
			memset(s->fx + 42 + 16 * i, 0, 6);
			if (below(2)) memset(s->fx + 40 + 16 * i, 0xff, 2);
		}
	}
	for (int i = 0; i < 16; i++) fill16(s->fx + 160 + 16 * i, below(4) ? e->values : (const uint8_t[]){RAW, FLOAT32, FLOAT64, BYTES, SELECTOR}[below(5)]);
	if (e->hints & X87_SCALE && below(2)) {
		int64_t n = (int64_t)below(40000) - 20000;
		if (below(2)) n >>= 8;
		long double d = n;
		memcpy(s->fx + 48, &d, 10);
	}
	if (e->hints & X87_SMALL && below(3)) { // operands in the range that the function takes
		for (int i = 0; i < 2; i++) {
			uint64_t sig = rnd() | 1ull << 63;
			uint16_t se = (rnd() & 0x8000) | (16383 - (i ? 32 : 40) + below(i ? 64 : 44));
			memcpy(s->fx + 32 + 16 * i, &sig, 8);
			memcpy(s->fx + 40 + 16 * i, &se, 2);
		}
	}
}

static uint64_t register_value(const Encoding *e)
{
	switch (e->kind) {
	case CODE_ADDRESS: return code_address(e);
	case SELECTOR: return selector();
	default: return integer();
	}
}

/** Registers that the instruction reads without naming them. */
static void implicit(Record *r, const Encoding *e)
{
	State *s = &r->before;
	if (e->hints & STACK) s->gpr[4] = target(&regions[1], 16, 8);
	if (e->hints & FRAME) s->gpr[5] = target(&regions[1], 16, 8);
	if (e->hints & SOURCE) s->gpr[6] = target(&regions[0], 64, 1);
	if (e->hints & TARGET) s->gpr[7] = below(4) ? target(&regions[0], 64, 1) : s->gpr[6] + (int)below(64) - 32;
	if (e->hints & REPEAT) {
		s->gpr[1] = below(8) ? below(24) : rnd() % 600;
		if (e->narrow) s->gpr[1] |= rnd() << 32;
	}
	if (e->hints & COUNTED) s->gpr[1] = below(3) ? below(3) : integer();
	if (e->hints & XLAT) s->gpr[3] = target(&regions[0], 64, 1) - (s->gpr[0] & 0xff) - (e->segment == 1 ? s->fs : e->segment == 2 ? s->gs : 0);
	if (e->hints & MASK) s->gpr[0] = below(4), s->gpr[2] = 0;
	if (e->hints & NO_CALL) s->gpr[0] = 0xfffffff;
	if (e->hints & DIVIDE && below(4)) {
		uint64_t high = below(2) ? 0 : below(100);
		if (e->bits == 8) s->gpr[0] = (s->gpr[0] & ~0xffffull) | (below(2) ? rnd() & 0xff : (rnd() & 0xfff));
		else s->gpr[2] = below(3) ? high : (uint64_t)((int64_t)s->gpr[0] >> 63);
	}
	if (e->hints & BIT_OFFSET && e->rm == NONE && e->reg != e->base && e->reg != e->index && below(8)) s->gpr[e->reg] = (s->gpr[e->reg] & ~(~0ull >> (64 - e->bits))) | ((uint64_t)((int64_t)(int16_t)(rnd() & 0x3ff) - 512) & (~0ull >> (64 - e->bits)));
	if (e->hints & LENGTHS) s->gpr[0] = below(3) ? below(40) - 20u : s->gpr[0], s->gpr[2] = below(3) ? below(40) - 20u : s->gpr[2];
}

static void lay_patches(Record *r, const Encoding *e, uint32_t data)
{
	State *s = &r->before;
	int strings = e->hints & (SOURCE | TARGET);
	if (e->form != NO_MEMORY) {
		uint64_t at = effective(e, s);
		uint32_t around = e->hints & BIT_OFFSET ? 72 : 16;
		if (e->bytes > 100) patch(r, data, at, e->bytes);
		else patch(r, data, at - around, e->bytes + 2 * around);
	}
	if (e->hints & XLAT) patch(r, data, s->gpr[3] + (s->gpr[0] & 0xff) - 8, 24);
	if (e->hints & STACK) patch(r, data, s->gpr[4] - 32, 64);
	if (e->hints & FRAME) patch(r, data, s->gpr[5] - 80, 112);
	if (strings) {
		uint32_t span = e->hints & REPEAT ? (s->gpr[1] & 0xff) * e->bits / 8 : 8;
		int back = s->rflags >> 10 & 1;
		for (int i = 6; i < 8; i++) {
			if (!(e->hints & (i == 6 ? SOURCE : TARGET))) continue;
			uint64_t at = s->gpr[i];
			if (e->narrow) at = (uint32_t)at;
			if (i == 6 || !(e->hints & STRINGS)) at += e->segment == 1 ? s->fs : e->segment == 2 ? s->gs : 0;
			if (span > 120) span = 120;
			patch(r, data, back ? at - span : at - 8, span + 24);
		}
	}
}

/** Memory values, once it is known where the operands are. */
static void fill_patches(Record *r, const Encoding *e)
{
	State *s = &r->before;
	uint8_t *d = (uint8_t *)(r + 1);
	for (int i = 0; i < PATCHES; i++)
		for (uint32_t k = 0; k < r->patches[i].length; k += 8) {
			uint64_t v = rnd();
			uint32_t n = r->patches[i].length - k;
			memcpy(d + r->patches[i].offset + k, &v, n < 8 ? n : 8);
		}
	if (e->hints & STRINGS) // long runs of the same, for what compares
		for (int i = 0; i < PATCHES; i++) {
			unsigned other = below(3) ? below(40) : 3;
			for (uint32_t k = 0; k < r->patches[i].length; k++) d[r->patches[i].offset + k] = below(other + 1) ? 0x41 : 0x42;
		}
	if (e->hints & STRINGS && below(2)) s->gpr[0] = 0x4141414141414141;
	if (e->form != NO_MEMORY) {
		uint8_t *at = bytes_at(r, effective(e, s), e->bytes);
		if (at) {
			memory_value(at, e);
			if (e->hints & COMPARE && below(2)) memcpy(at, &s->gpr[0], e->bytes);
			if (e->hints & COMPARE_PAIR && below(2)) {
				memcpy(at, &s->gpr[0], e->bytes / 2);
				memcpy(at + e->bytes / 2, &s->gpr[2], e->bytes / 2);
			}
		}
	} else if (e->hints & COMPARE && e->rm != NONE && below(2)) s->gpr[e->rm] = s->gpr[0] ^ (below(2) ? rnd() << 32 : 0);
	uint8_t *top = e->hints & STACK ? bytes_at(r, s->gpr[4], 8) : 0;
	if (e->hints & FAR && e->hints & RETURN) { // rip, cs, rflags, rsp, ss
		uint64_t words[5] = {code_address(e), below(4) ? 0x33 : selector(), rnd() & ~0x40100ull, integer(), below(4) ? 0x2b : selector()};
		for (int i = 0; i < 5; i++) {
			uint8_t *at = bytes_at(r, s->gpr[4] + i * e->bits / 8, e->bits / 8);
			if (at) memcpy(at, &words[i], e->bits / 8);
		}
		return;
	}
	if (top && e->hints & RETURN) memcpy(top, &(uint64_t){code_address(e)}, 8);
	if (e->hints & STACK_FLAGS) {
		uint64_t flags = rnd() & ~0x40100ull;
		for (int i = 0; i < 8; i++) {
			uint8_t *at = bytes_at(r, s->gpr[4] + i, 1);
			if (at) *at = flags >> 8 * i;
		}
	}
	if (top && e->hints & SELECTORS) memcpy(top, &(uint64_t){selector()}, 8);
}

void make_state(Record *r, const Encoding *e, uint32_t data, uint64_t seed)
{
	s0 = seed * 0x9e3779b97f4a7c15ull + 0x1234567;
	s1 = (seed ^ 0xdeadbeefcafef00dull) * 0xbf58476d1ce4e5b9ull | 1;
	for (int i = 0; i < 4; i++) rnd();
	memcpy(r->code, e->code, 48);
	r->length = e->length;
	r->place = e->place;
	r->row = e->row;
	r->mask = e->mask;
	State *s = &r->before;
	memset(s, 0, sizeof *s);
	memset(r->patches, 0, sizeof r->patches);
	used = 0;
	s->rip = CODE + e->place;
	for (int i = 0; i < 16; i++) s->gpr[i] = integer();
	s->rflags = (rnd() & 0x8d5) | 0x202 | (below(3) ? 0 : 0x400) | (below(16) ? 0 : rnd() & 0x204000);
	if (below(2)) s->fs = canonical();
	if (below(2)) s->gs = canonical();
	if (!gs_keeps_upper && s->gs >> 63) s->gs = ~s->gs;
	fx_state(s, e);
	if (e->rm != NONE && e->kind != RAW) s->gpr[e->rm] = register_value(e);
	implicit(r, e);
	if (e->form != NO_MEMORY) {
		const Region *g = below(8) == 0 && !e->narrow ? &regions[2] : &regions[0];
		aim(e, s, target(g, e->bytes ? e->bytes : 8, e->align > 1 ? e->align : below(2) ? 1 : e->bytes < 16 ? e->bytes : 16));
	}
	// AMD's CPUs refuse an offset that is not canonical even when the base of fs or gs makes the sum canonical; Intel's do not.
	uint64_t *segment = e->segment == 1 ? &s->fs : &s->gs;
	uint64_t offset = effective(e, s) - *segment;
	if (e->segment && e->hints & BIT_OFFSET && e->bits == 64) offset += (uint64_t)((int64_t)s->gpr[e->reg] >> 3);
	if (e->segment && e->narrow && offset > 0xfffff000) *segment = 0; // words of one operand may wrap at 32 bits
	if (e->segment && e->hints & TARGET && !(e->hints & STRINGS)) offset = s->gpr[7];
	if (e->segment && (!is_canonical(offset - 1024) || !is_canonical(offset + 1024) || (e->hints & XLAT && !is_canonical(s->gpr[3])) || (e->hints & SOURCE && (!is_canonical(s->gpr[6] - 8192) || !is_canonical(s->gpr[6] + 8192))))) *segment = 0;
	lay_patches(r, e, data);
	fill_patches(r, e);
	unsigned count = e->condition == COUNT_CL ? s->gpr[1] & 0xff : e->count;
	if (e->condition) {
		count &= e->bits == 64 ? 63 : 31;
		if (count == 0) r->mask = ~0u;
		else if (count == 1) r->mask |= 0x800;
	}
}
