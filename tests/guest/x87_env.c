// options: -O1
#include "guest.h"
// What fnstenv tells of the last instruction: which instructions it remembers, their opcodes and operands.
struct environment {
  uint16_t cw, r0, sw, r1, tw, r2;
  uint32_t ip;
  uint16_t cs, op;
  uint32_t dp;
  uint16_t ds, r3;
};
static double d = 2.5;
static short cw = 0x37f;
static struct environment other;
#define T(name, ...)                                                                                                      \
  do {                                                                                                                    \
    struct environment e;                                                                                                 \
    memset(&e, 0x55, sizeof e);                                                                                           \
    extern char at_##name[];                                                                                              \
    asm volatile("fninit\n fld1\n fld1\n .globl at_" #name "\n at_" #name ": " __VA_ARGS__ "\n fnstenv %0\n fninit"       \
                 : "=m"(e) : "m"(d), "m"(cw), "m"(other), "D"(&d), "b"(&d) : "ax", "memory");                             \
    printf(#name " ip %d op %x dp %d cs %x", e.ip ? (int)(e.ip - (uint32_t)(uintptr_t)at_##name) : 99999, e.op,            \
           e.dp ? (int)(e.dp - (uint32_t)(uintptr_t)&d) : 99999, e.cs);                                                   \
    printf(" rest %x %x %x %x cw %x sw %x tw %x\n", e.r0, e.r1, e.r2, e.r3, e.cw, e.sw, e.tw);                            \
  } while (0)

int main(void) {
  T(fld, "fldl (%%rdi)");
  T(fadd_memory, "faddl (%%rdi)");
  T(fadd_displacement, "fadds 4(%%rbx)");
  T(fadd, "fadd %%st(1)");
  T(fxch, "fxch");
  T(fnop, "fnop");
  T(fnstcw, "fnstcw %2");
  T(fldcw, "fldcw %2");
  T(fnstsw, "fnstsw %%ax");
  T(fnclex, "fnclex");
  T(fwait, "fwait");
  T(ffree, "ffree %%st(1)");
  T(fincstp, "fincstp");
  T(fstp, "fstpl (%%rdi)");
  T(memory_then_register, "fldl (%%rdi)\n fadd %%st(1)");
  T(fcomi, "fcomi");
  T(fcmove, "fcmove %%st(1), %%st");
  T(fninit, "fninit");
  T(after_fnstenv, "faddl (%%rdi)\n fnstenv %3");
  T(with_prefix, ".byte 0x66\n faddl (%%rdi)");
  T(emms, "emms");
  T(mmx, "movd %%eax, %%mm0");
  T(fxam, "fxam");
  T(control_after, "faddl (%%rdi)\n fnclex\n fldcw %2");
  return 0;
}
