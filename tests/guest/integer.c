// Random integer instructions: each is executed with random registers, flags and memory, and what it
// leaves is hashed, group by group. Undefined flags are masked; SDM vol. 2. `integer GROUP` prints every case.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef uint64_t u64;
typedef unsigned char u8;

// Registers in encoding order, flags, where to go, and the memory that operands lie in.
struct state { u64 r[16], flags, code, kept; u8 memory[256] __attribute__((aligned(64))); } S __attribute__((aligned(64)));

__asm__(".text\nexecute:\n push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp, S+144(%rip)\n"
        " pushq S+128(%rip)\n popfq\n mov S+0(%rip), %rax\n mov S+8(%rip), %rcx\n mov S+16(%rip), %rdx\n mov S+24(%rip), %rbx\n mov S+40(%rip), %rbp\n"
        " mov S+48(%rip), %rsi\n mov S+56(%rip), %rdi\n mov S+64(%rip), %r8\n mov S+72(%rip), %r9\n mov S+80(%rip), %r10\n mov S+88(%rip), %r11\n"
        " mov S+96(%rip), %r12\n mov S+104(%rip), %r13\n mov S+112(%rip), %r14\n mov S+120(%rip), %r15\n call *S+136(%rip)\n"
        " mov %rax, S+0(%rip)\n mov %rcx, S+8(%rip)\n mov %rdx, S+16(%rip)\n mov %rbx, S+24(%rip)\n mov %rbp, S+40(%rip)\n mov %rsi, S+48(%rip)\n mov %rdi, S+56(%rip)\n"
        " mov %r8, S+64(%rip)\n mov %r9, S+72(%rip)\n mov %r10, S+80(%rip)\n mov %r11, S+88(%rip)\n mov %r12, S+96(%rip)\n mov %r13, S+104(%rip)\n mov %r14, S+112(%rip)\n"
        " mov %r15, S+120(%rip)\n pushfq\n popq S+128(%rip)\n cld\n mov S+144(%rip), %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");
void execute(void);

static u64 seed;
static u64 rnd(void) {
  seed += 0x9e3779b97f4a7c15;
  u64 z = seed;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
static unsigned below(unsigned n) { return rnd() % n; }
static u64 value(void) {
  static const u64 odd[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~0ull};
  switch (below(4)) {
    case 0: return odd[below(15)];
    case 1: return rnd() >> below(64);
    default: return rnd();
  }
}

enum { CF = 1, PF = 4, AF = 16, ZF = 64, SF = 128, DF = 1024, OF = 2048, ALL = CF | PF | AF | ZF | SF | OF };
static u8 *code, insn[16];
static int n, rex, size, reg, rm, memory_operand;
static unsigned undefined;
static sigjmp_buf back;
static volatile int caught;

static void on_signal(int s, siginfo_t *i, void *c) {
  caught = s * 256 + i->si_code;
  siglongjmp(back, 1);
}
static void b(int byte) { insn[n++] = byte; }

// Prefixes: operand size (0 = 8, 1 = 16, 2 = 32, 3 = 64) and registers; width 0 in `sizes` bit mask.
static void prefixes(int sizes) {
  do size = below(4); while (!(sizes >> size & 1));
  rex = below(2) ? 0x40 | below(8) : 0;
  if (size == 3) rex |= 0x48;
  else rex &= ~8;
  if (rex & 7 || rex & 8) rex |= 0x40;
  if (size == 1) b(0x66);
}
static void put_rex(void) { if (rex) b(rex); }

// ModRM with a register or memory operand, never rsp; `fixed` is the reg field when ≥ 0; mem: 0 no, 1 perhaps, 2 always.
static void modrm(int fixed, int mem) {
  memory_operand = mem == 2 || (mem && below(2));
  do reg = below(8); while (reg == 4 && !(rex & 4) && (size || rex));
  if (fixed >= 0) reg = fixed;
  if (!memory_operand) {
    do rm = below(8); while (rm == 4 && !(rex & 1) && (size || rex));
    b(0xc0 | reg << 3 | rm);
    return;
  }
  // rbx or r11 point into the memory; rbp or r13 too; an index in rcx-like registers is too wild except for lea.
  b(0x40 | reg << 3 | 3);
  b((int)below(64) - 32);
}
static void imm(int bytes) {
  u64 v = value();
  for (int i = 0; i < bytes; i++) b(v >> 8 * i & 255);
}
static int imm_size(void) { return size == 0 ? 1 : size == 1 ? 2 : 4; }
static unsigned shift_undefined(int k, unsigned count) {
  unsigned bits = 8u << size;
  count &= size == 3 ? 63 : 31;
  if (!count) return 0;
  if (k < 4) return count == 1 ? 0 : OF;
  return AF | (count == 1 ? 0 : OF) | (k != 7 && count >= bits ? CF : 0);
}

static void alu(void) {
  int k = below(8), form = below(5);
  prefixes(form == 4 ? 14 : 15);
  put_rex();
  if (k == 1 || k == 4 || k == 6) undefined = AF;
  if (form < 2) b(k << 3 | form << 1 | (size > 0)), modrm(-1, 1);
  else if (form == 2) b(k << 3 | 4 | (size > 0)), imm(imm_size());
  else if (form == 3) b(size ? 0x81 : 0x80), modrm(k, 1), imm(imm_size());
  else b(0x83), modrm(k, 1), imm(1);
}
static void shifts(void) {
  int k = below(8), form = below(3);
  prefixes(15);
  put_rex();
  unsigned count = form == 0 ? below(70) : form == 1 ? 1 : S.r[1] & 255;
  b((form == 0 ? 0xc0 : form == 1 ? 0xd0 : 0xd2) | (size > 0));
  modrm(k, 1);
  if (form == 0) b(count);
  undefined = shift_undefined(k, count);
}
static void unary(void) {
  int k = 2 + below(2);
  prefixes(15);
  put_rex();
  if (below(2)) b(size ? 0xf7 : 0xf6), modrm(k, 1);
  else b(size ? 0xff : 0xfe), modrm(below(2), 1);
}
static void tests(void) {
  prefixes(15);
  put_rex();
  undefined = AF;
  switch (below(3)) {
    case 0: b(size ? 0xf7 : 0xf6), modrm(0, 1), imm(imm_size()); break;
    case 1: b(size ? 0x85 : 0x84), modrm(-1, 1); break;
    default: b(size ? 0xa9 : 0xa8), imm(imm_size());
  }
}
static void multiply(void) {
  prefixes(15);
  put_rex();
  undefined = SF | ZF | AF | PF;
  int form = size ? below(4) : 0;
  if (form == 0) b(size ? 0xf7 : 0xf6), modrm(4 + below(2), 1);
  else if (form == 1) b(0x0f), b(0xaf), modrm(-1, 1);
  else if (form == 2) b(0x69), modrm(-1, 1), imm(imm_size());
  else b(0x6b), modrm(-1, 1), imm(1);
}
static void divide(void) {
  prefixes(15);
  put_rex();
  undefined = ALL;
  if (below(3)) S.r[2] = below(2) ? 0 : (u64)((int64_t)S.r[0] >> 63);
  else S.r[2] = value() >> below(64);
  if (size == 0) S.r[0] = (uint16_t)S.r[0] >> below(8);
  b(size ? 0xf7 : 0xf6), modrm(6 + below(2), 1);
}
static void moves(void) {
  int form = below(9);
  prefixes(form < 3 ? 15 : 14);
  if (form == 8) rex &= ~4;
  put_rex();
  switch (form) {
    case 0: b((size > 0) | 0x88), modrm(-1, 1); break;
    case 1: b((size > 0) | 0x8a), modrm(-1, 1); break;
    case 2: b((size > 0) | 0x86), modrm(-1, 1); break;
    case 3: b(0x0f), b(0xb6 | below(2) | below(2) << 3), modrm(-1, 1); break;
    case 4: b(0x63), modrm(-1, 1); break;
    case 5: b(0x0f), b(0x40 | below(16)), modrm(-1, 1); break;
    case 6: b(0xc7), modrm(0, 1), imm(imm_size()); break;
    case 7: b(0x98 | below(2)); break;
    default: {
      int r;
      do r = below(8); while (r == 4 && !(rex & 1));
      b(0xb8 | r), imm(size == 3 ? 8 : imm_size());
    }
  }
}
static void conditions(void) {
  size = 0;
  rex = below(2) ? 0x40 | below(8) : 0;
  put_rex();
  b(0x0f), b(0x90 | below(16)), modrm(0, 1);
}
static void addresses(void) {
  prefixes(14);
  if (below(4) == 0) memmove(insn + 1, insn, n), insn[0] = 0x67, n++;
  put_rex();
  b(0x8d);
  do reg = below(8); while (reg == 4 && !(rex & 4));
  int mod = below(3), base = below(8);
  b(mod << 6 | reg << 3 | 4);
  // rsp as a base would show where the stack is.
  if (base == 4 && !(rex & 1)) base = 3;
  b(below(256) & 0xf8 | base);
  if (mod == 1) imm(1);
  else if (mod == 2 || base == 5) imm(4);
}
static void bits(void) {
  prefixes(14);
  put_rex();
  undefined = OF | SF | AF | PF | ZF;
  if (below(2)) {
    static const u8 op[] = {0xa3, 0xab, 0xb3, 0xbb};
    b(0x0f), b(op[below(4)]), modrm(-1, 1);
    if (memory_operand) { // the bit offset must stay in the memory
      int r = reg | (rex & 4) << 1;
      if (r != 3 && r != 11) S.r[r] = (int64_t)(int)below(256) - 128;
      else n = 0;
    }
  } else b(0x0f), b(0xba), modrm(4 + below(4), 1), imm(1);
}
static void scans(void) {
  prefixes(14);
  int form = below(3);
  if (form == 2) memmove(insn + 1, insn, n), insn[0] = 0xf3, n++;
  put_rex();
  undefined = form == 2 ? 0 : CF | OF | SF | AF | PF;
  b(0x0f), b(form == 2 ? 0xb8 : 0xbc | form), modrm(-1, 1);
}
static void doubles(void) {
  prefixes(14);
  put_rex();
  int right = below(2), by_cl = below(2);
  unsigned count = size == 1 ? below(17) : below(64);
  b(0x0f), b((right ? 0xac : 0xa4) | by_cl), modrm(-1, 1);
  if (by_cl) S.r[1] = (S.r[1] & ~255ull) | count;
  else b(count);
  count &= size == 3 ? 63 : 31;
  undefined = count ? AF | (count > 1 ? OF : 0) : 0;
  if (size == 1 && count == 16) undefined |= CF | OF;
}
static void exchanges(void) {
  prefixes(15);
  if (below(3) == 0) {
    size = below(2) ? 3 : 2;
    n = 0;
    rex = (size == 3 ? 0x48 : 0) | (below(2) ? 0x41 : 0);
    put_rex();
    // The memory is aligned for cmpxchg16b; equal half the time.
    b(0x0f), b(0xc7), b(0x40 | 1 << 3 | 3), b(0);
    if (below(2)) memcpy(&S.r[0], S.memory + 128, 8), memcpy(&S.r[2], S.memory + (size == 3 ? 136 : 132), 8);
    return;
  }
  put_rex();
  int add = below(2);
  b(0x0f), b((add ? 0xc0 : 0xb0) | (size > 0)), modrm(-1, 1);
  if (!add && below(2)) {
    if (memory_operand) memcpy(&S.r[0], S.memory + 128 + (signed char)insn[n - 1], 8);
    else S.r[0] = S.r[rm | (rex & 1) << 3];
  }
}
static void small(void) {
  static const u8 op[] = {0xf5, 0xf8, 0xf9, 0x9e, 0x9f, 0xfc};
  size = 2, rex = 0;
  if (below(2)) { b(op[below(6)]); return; }
  if (below(2)) {
    prefixes(12);
    put_rex();
    int r;
    do r = below(8); while (r == 4 && !(rex & 1));
    b(0x0f), b(0xc8 | r);
    return;
  }
  prefixes(15);
  memmove(insn + 1, insn, n), insn[0] = 0xf2, n++;
  if (!rex) rex = 0x40; // ah has no place beside a 32-bit destination
  put_rex();
  b(0x0f), b(0x38), b(size ? 0xf1 : 0xf0), modrm(-1, 1);
}
static void strings(void) {
  static const u8 op[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
  int k = below(5), repeat = below(3);
  prefixes(15);
  rex &= 0x48;
  if (repeat) b(0xf2 | below(2)), S.r[1] = below(5);
  put_rex();
  b(op[k] | (size > 0));
  S.r[6] = (u64)(S.memory + 96 + below(64)), S.r[7] = (u64)(S.memory + 96 + below(64));
  if (below(3) == 0) S.flags |= DF;
  if (below(2)) memset(S.memory + 64, below(2) ? S.r[0] : 7, 128);
}
static void stack(void) {
  size = 3, rex = below(2) ? 0x41 : 0;
  int r;
  do r = below(8); while (r == 4 && !(rex & 1));
  put_rex();
  b(0x50 | r);
  do r = below(8); while (r == 4);
  if (below(2)) b(0x58 | r);
  else { // through memory
    b(0x8f), b(0x43), b(8);
  }
}

static const struct { const char *name; void (*make)(void); } groups[] = {
  {"alu", alu}, {"shifts", shifts}, {"unary", unary}, {"tests", tests}, {"multiply", multiply}, {"divide", divide}, {"moves", moves}, {"conditions", conditions}, {"addresses", addresses},
  {"bits", bits}, {"scans", scans}, {"doubles", doubles}, {"exchanges", exchanges}, {"small", small}, {"strings", strings}, {"stack", stack},
};

static u64 hash;
static void add(const void *p, int bytes) {
  for (int i = 0; i < bytes; i++) hash = (hash ^ ((const u8 *)p)[i]) * 0x100000001b3;
}

static void one(int group, int show) {
  for (int i = 0; i < 16; i++) S.r[i] = value();
  for (int i = 0; i < 256; i += 8) *(u64 *)(S.memory + i) = value();
  S.flags = (rnd() & ALL) | 0x202;
  n = 0, undefined = 0;
  groups[group].make();
  if (!n) return;
  S.r[3] = S.r[11] = (u64)(S.memory + 128);
  insn[n] = 0xc3;
  memcpy(code, insn, n + 1);
  S.code = (u64)code;
  caught = 0;
  struct state before = S;
  if (!sigsetjmp(back, 1)) execute();
  else S = before;
  S.flags &= (ALL | DF) & ~undefined;
  S.kept = S.code = S.r[4] = 0;
  u64 was = hash;
  hash = 0xcbf29ce484222325;
  add(&S, sizeof S), add((void *)&caught, sizeof caught);
  u64 mine = hash;
  hash = was;
  add(&mine, 8);
  if (!show) return;
  for (int i = 0; i < n; i++) printf("%02x", insn[i]);
  printf(" flags %03lx → %03lx caught %x rax %lx rcx %lx rdx %lx (was %lx %lx %lx) all %016lx\n", before.flags & 0xfff, S.flags, caught, S.r[0], S.r[1], S.r[2], before.r[0], before.r[1], before.r[2], mine);
}

int main(int argc, char **argv) {
  code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &sa, NULL), sigaction(SIGSEGV, &sa, NULL), sigaction(SIGILL, &sa, NULL), sigaction(SIGBUS, &sa, NULL);
  int cases = argc > 2 ? atoi(argv[2]) : 4000;
  for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++) {
    int show = argc > 1 && !strcmp(argv[1], groups[g].name);
    seed = 20261 + g + (argc > 3 ? atol(argv[3]) * 1000 : 0), hash = 0;
    for (int i = 0; i < cases; i++) one(g, show);
    printf("%s %016lx\n", groups[g].name, hash);
  }
  return 0;
}
