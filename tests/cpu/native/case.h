// What the tester's two sides exchange. tests/cpu/layout.mjs and entry.ts have the same offsets.
#pragma once
#include <stdint.h>

#define CODE 0x20000000ull
#define CODE_PAGES 3
#define PAGE 4096

typedef struct {
	uint64_t gpr[16];
	uint64_t rip, rflags, fs, gs;
	uint8_t fx[416]; // the first 416 bytes of an FXSAVE image
} State;

typedef struct {
	uint32_t vector, error;
	uint64_t cr2;
	int32_t signal, code;
	uint64_t address;
} Outcome;

typedef struct {
	uint64_t address;
	uint32_t length, offset; // offset in the record's data
} Patch;

#define PATCHES 4

// One execution. `data` bytes of memory before follow it, then as many of memory after.
typedef struct {
	uint8_t code[48];
	uint8_t length, vectorless, pad[2];
	uint16_t place, row; // place: offset of the code in its region
	uint32_t encoding, mask;  // mask: bits of rflags that are compared
	State before, after;
	Outcome outcome;
	Patch patches[PATCHES];
} Record;

_Static_assert(sizeof(State) == 576, "");
_Static_assert(sizeof(Record) == 64 + 2 * 576 + 32 + 64, "");

// One instruction for which states are to be made.
typedef struct {
	uint8_t code[48];
	uint8_t length, form, base, index, scale, segment, narrow, pad;
	uint16_t place, bytes, align;
	uint8_t kind, pad2;
	int64_t disp;
	uint32_t hints, mask;
	uint8_t condition, count, bits, reg, rm, values, pad3[2];
	uint32_t row, pad4;
} Encoding;

_Static_assert(sizeof(Encoding) == 96, "");

#define NONE 0xff

enum { NO_MEMORY, BASED, FIXED };
enum { COUNT_NONE, COUNT_CL, COUNT_IMMEDIATE };
// What a memory operand holds.
enum { RAW, FLOAT32, FLOAT64, FLOAT80, DECIMAL, ENVIRONMENT, IMAGE, CODE_ADDRESS, BYTES, CONTROL, CSR, FLAGS, SELECTOR, INTEGER, POINTER };

// What an instruction needs of its registers.
enum {
	STACK = 1, FRAME = 2, SOURCE = 4, TARGET = 8, REPEAT = 16, XLAT = 32, BIT_OFFSET = 64, COMPARE = 128,
	COMPARE_PAIR = 256, DIVIDE = 512, COUNTED = 1024, RETURN = 2048, NO_CALL = 4096, SELECTORS = 8192,
	X87_SCALE = 16384, X87_SMALL = 32768, STACK_FLAGS = 65536, STRINGS = 131072, LENGTHS = 262144, FAR = 524288, MASK = 1048576,
};

typedef struct {
	uint64_t base;
	const char *pages; // w read and write, r read only, n no access, - nothing there
	uint8_t *alias;    // the same memory, always writable
	int count;
} Region;

extern Region regions[];
extern const int region_count;

/** Whether a base of gs in the upper half of the addresses outlasts a signal: on some virtual machines it does not. */
extern int gs_keeps_upper;

/** The alias of a mapped, accessible byte, or 0. */
uint8_t *reach(uint64_t address);
/** Makes the state for one execution. */
void make_state(Record *r, const Encoding *e, uint32_t data, uint64_t seed);
uint8_t pattern(uint64_t address);
