// Runs x87 instructions on the machine's own CPU with random operands, and writes what it did.
//
//   native TABLE SEED COUNT    TABLE: lines "op escape reg rm bytes access prefix"
//   native holes               encodings without an instruction
//   native images SEED COUNT   fxsave images
// To stdout: COUNT pairs of records of 320 bytes, the state before and after (see standalone-x87.ts).
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct value {
  uint64_t sig;
  uint16_t se, pad[3];
};
struct record {
  uint32_t op, rm, flags, vector;
  uint16_t fcw, fsw, tag, ax;
  uint8_t pad[8];
  struct value st[8];
  uint8_t mem[160];
};
struct row {
  int op, escape, reg, rm, bytes, prefix, transcendental;
  char access;
  uint8_t *stub[8];
};

static uint64_t seed;
static uint64_t rnd(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed * 0x9e3779b97f4a7c15u;
}
static unsigned below(unsigned n) { return (rnd() >> 33) % n; }

static uint64_t anySignificand(void) {
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

static struct value last;

static struct value anyValue(void) {
  struct value v = {0};
  uint16_t sign = below(2) ? 0x8000 : 0;
  unsigned kind = below(40);
  v.sig = anySignificand();
  if (kind < 14) v.se = sign | (16383 - 32 + below(64));
  else if (kind < 20) v.se = sign | (16383 - 70 + below(140));
  else if (kind < 22) v.se = sign | (1 + below(0x7ffe));
  else if (kind < 24) { // a small whole number
    uint64_t n = below(100000) + 1;
    int shift = __builtin_clzll(n);
    v.sig = n << shift;
    v.se = sign | (16383 + 63 - shift);
  } else if (kind < 26) v.se = sign, v.sig = 0;
  else if (kind < 28) v.se = sign, v.sig = rnd() >> below(64);
  else if (kind < 29) v.se = sign | 0x7fff, v.sig = 1ull << 63;
  else if (kind < 30) v.se = sign | 0x7fff, v.sig = (rnd() & (below(2) ? ~0ull : 0xffff)) | 3ull << 62;
  else if (kind < 31) v.se = sign | 0x7fff, v.sig = ((rnd() & (below(2) ? ~0ull : 0xffff) & ~(3ull << 62)) | 1ull << 63) + 1;
  else if (kind < 32) v.se = sign | (1 + below(0x7fff)), v.sig &= ~(1ull << 63);
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
  last = v;
  return v;
}

static void putValue(uint8_t *to) {
  struct value v = anyValue();
  memcpy(to, &v.sig, 8);
  memcpy(to + 8, &v.se, 2);
}

static unsigned anyControl(void) {
  unsigned masks = below(5) < 3 ? 0x3f : rnd() & 0x3f;
  unsigned precision = below(2) ? 3 : below(16) == 0 ? 1 : below(2) * 2;
  return masks | precision << 8 | below(4) << 10 | (below(8) == 0) << 12 | 0x40;
}

static unsigned anyStatus(unsigned fcw) {
  unsigned flags = below(3) ? 0 : rnd() & 0x7f;
  if (below(40)) flags &= fcw | 0x40;
  unsigned s = flags | (rnd() & 0x4700) | below(8) << 11;
  if (flags & ~fcw & 0x3f) s |= 0x8080;
  return s;
}

static unsigned anyTag(unsigned fsw) {
  unsigned top = fsw >> 11 & 7, tag = 0;
  unsigned valid = below(10) < 7 ? 0x1f >> below(3) : rnd() & 0xff;
  for (int i = 0; i < 8; i++)
    if (valid >> i & 1) tag |= 1 << ((top + i) & 7);
  return tag;
}

static void anyMemory(struct record *r, struct row *w) {
  uint64_t v = rnd();
  switch (w->bytes) {
  case 2: case 4: case 8: {
    int integer = (w->escape & 2) != 0 || w->bytes == 2;
    if (w->op == 13) { // fldcw
      v = anyControl();
      if (below(4) == 0) v = rnd();
    } else if (integer || below(12) == 0) {
      if (below(2)) v = (int64_t)v >> below(64);
      if (below(8) == 0) v = 1ull << below(64);
      if (below(16) == 0) v = 0;
    } else {
      int fraction = w->bytes == 4 ? 23 : 52, exps = w->bytes == 4 ? 0xff : 0x7ff;
      uint64_t sign = (uint64_t)below(2) << (w->bytes * 8 - 1);
      uint64_t f = (anySignificand() << 1) >> (64 - fraction);
      uint64_t e = exps / 2 - 20 + below(40);
      switch (below(8)) {
      case 0: e = 0; break;
      case 1: e = exps; break;
      case 2: e = below(exps); break;
      case 3: e = below(2) ? 1 : exps - 1; break;
      }
      v = sign | e << fraction | f;
    }
    memcpy(r->mem, &v, 8);
    break;
  }
  case 10:
    if (w->op == 29) putValue(r->mem);
    else {
      for (int i = 0; i < 10; i++) r->mem[i] = below(10) | below(10) << 4;
      if (below(4)) r->mem[9] = below(2) << 7;
      if (below(8) == 0) r->mem[below(9)] = rnd();
      if (below(3) == 0) memset(r->mem, 0, below(10));
    }
    break;
  case 14: case 28: case 94: case 108: {
    int wide = w->bytes == 28 || w->bytes == 108, stride = wide ? 4 : 2;
    uint16_t cw = below(4) ? anyControl() : rnd(), sw = anyStatus(cw), tw = rnd();
    if (below(4) == 0) sw = rnd();
    memset(r->mem, 0, sizeof r->mem);
    memcpy(r->mem, &cw, 2);
    memcpy(r->mem + stride, &sw, 2);
    memcpy(r->mem + 2 * stride, &tw, 2);
    for (int at = stride * 7; at + 10 <= w->bytes; at += 10) putValue(r->mem + at);
  }
  }
}

/** Operands near what the instruction is about, for some of the cases. */
static void suit(struct record *r, struct row *w) {
  if (w->op == 157 && below(2)) { // fscale
    int64_t n = (int64_t)below(40000) - 20000;
    if (below(2)) n >>= 8;
    long double d = n;
    memcpy(&r->st[1], &d, 10);
  }
  if (w->transcendental && below(3)) {
    r->st[0].sig = rnd() | 1ull << 63;
    r->st[1].sig = rnd() | 1ull << 63;
    int range = w->op == 144 || w->op == 153 ? 60 : w->op == 145 ? 40 : 70;
    int highest = w->op == 144 ? 0 : w->op == 153 ? -2 : w->op == 145 ? 20 : 64;
    r->st[0].se = (below(2) && w->op != 145 ? 0x8000 : 0) | (16383 + highest - below(range));
    r->st[1].se = (below(2) ? 0x8000 : 0) | (16383 + 32 - below(64));
    if (w->op == 145 && below(3) == 0) r->st[0].se = 16383 - below(2), r->st[0].sig = below(2) ? ~0ull - (rnd() >> below(60)) : 1ull << 63 | rnd() >> below(60);
  }
}

static uint8_t image[512] __attribute__((aligned(64)));
static volatile int faulted;

static void onSignal(int n, siginfo_t *i, void *context) {
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  faulted = 1;
  g[REG_RIP] = *(uint64_t *)g[REG_RSP];
  g[REG_RSP] += 8;
}

static void execute(struct record *r, struct row *w) {
  uint64_t flags = r->flags | 2, ax = r->ax;
  memcpy(image, &r->fcw, 2);
  memcpy(image + 2, &r->fsw, 2);
  image[4] = r->tag;
  memset(image + 6, 0, 18);
  memcpy(image + 32, r->st, 128);
  faulted = 0;
  __asm__ volatile("fxrstor64 (%[image])\n pushq %[flags]\n popfq\n call *%[stub]\n pushfq\n popq %[flags]\n fxsave64 (%[image])\n fninit\n"
                   : [flags] "+r"(flags), "+a"(ax)
                   : [image] "r"(image), [stub] "r"(w->stub[r->rm]), "D"(r->mem)
                   : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
  r->flags = flags & 0x8d5;
  r->ax = ax;
  r->vector = faulted ? 16 : 0;
  memcpy(&r->fcw, image, 2);
  memcpy(&r->fsw, image + 2, 2);
  r->tag = image[4];
  memcpy(r->st, image + 32, 128);
  for (int i = 0; i < 8; i++) memset(r->st[i].pad, 0, 6);
  // The pointers of an environment are not compared.
  if (!faulted && (w->op == 14 || w->op == 46)) memset(r->mem + 12, 0, 16);
  if (!faulted && (w->op == 161 || w->op == 163)) memset(r->mem + 6, 0, 8);
}

/** COUNT times an image of 512 bytes, and what fxsave64 and fxsave make of it after fxrstor64. */
static void images(long long count) {
  static uint8_t buffer[3][512] __attribute__((aligned(64)));
  while (count--) {
    for (int i = 0; i < 512; i++) buffer[0][i] = rnd() >> 40;
    if (below(2)) buffer[0][0] |= 0x3f;
    buffer[0][26] = buffer[0][27] = 0;
    memset(buffer[1], 0xcc, 1024);
    __asm__ volatile("fxrstor64 (%0)\n fxsave64 512(%0)\n fxsave 1024(%0)\n fninit\n ldmxcsr %1" ::"r"(buffer), "m"((uint32_t){0x1f80})
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    fwrite(buffer, sizeof buffer, 1, stdout);
  }
}

static volatile int undefined;

static void onUndefined(int n, siginfo_t *i, void *context) {
  undefined = 1;
  onSignal(n, i, context);
}

/** Writes "escape modrm" of every encoding that is not an instruction; memory operands are at [rdi]. */
static void holes(uint8_t *code) {
  static char mem[256];
  struct sigaction action = {.sa_sigaction = onUndefined, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGILL, &action, 0);
  for (int escape = 0xd8; escape < 0xe0; escape++)
    for (int modrm = 0; modrm < 0x100; modrm++) {
      if (modrm < 0xc0 && (modrm & 0xc7) != 7) continue;
      code[0] = escape;
      code[1] = modrm;
      code[2] = 0xc3;
      undefined = 0;
      memset(mem, 0, sizeof mem);
      __asm__ volatile("fninit\n call *%0\n fninit" ::"r"(code), "D"(mem) : "memory", "rax", "cc");
      if (undefined) printf("%x %d %d\n", escape, modrm < 0xc0 ? modrm >> 3 : modrm >> 3 & 7, modrm < 0xc0 ? -1 : modrm & 7);
    }
}

int main(int argc, char **argv) {
  uint8_t *code = mmap(0, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!strcmp(argv[1], "holes")) {
    holes(code);
    return 0;
  }
  if (!strcmp(argv[1], "images")) {
    seed = strtoull(argv[2], 0, 0) * 2654435761u + 88172645463325252u;
    images(atoll(argv[3]));
    return 0;
  }
  static struct row rows[256];
  int count = 0;
  FILE *table = fopen(argv[1], "r");
  for (struct row *w = rows; fscanf(table, "%d %d %d %d %d %c %d", &w->op, &w->escape, &w->reg, &w->rm, &w->bytes, &w->access, &w->prefix) == 7; w++, count++) {
    w->transcendental = (w->op >= 144 && w->op <= 147) || w->op == 153 || w->op == 155 || w->op == 158 || w->op == 159;
    for (int rm = 0; rm < 8; rm++) {
      w->stub[rm] = code;
      if (w->prefix) *code++ = w->prefix;
      *code++ = w->escape;
      *code++ = w->rm == -1 ? w->reg << 3 | 7 : 0xc0 | w->reg << 3 | (w->rm >= 0 ? w->rm : rm);
      *code++ = 0xc3;
    }
  }
  seed = strtoull(argv[2], 0, 0) * 2654435761u + 88172645463325252u;
  struct sigaction action = {.sa_sigaction = onSignal, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &action, 0);
  long long cases = atoll(argv[3]);
  static struct record pair[2];
  __asm__ volatile("fxsave64 %0" : "=m"(image));
  for (long long n = 0; n < cases; n++) {
    struct record *r = pair;
    struct row *w = &rows[n % count];
    memset(r, 0, sizeof *r);
    r->op = w->op;
    r->rm = w->rm >= 0 ? w->rm : w->rm == -2 ? below(8) : 0;
    r->flags = rnd() & 0x8d5;
    r->ax = rnd();
    r->fcw = anyControl();
    r->fsw = anyStatus(r->fcw);
    r->tag = anyTag(r->fsw);
    for (int i = 0; i < 8; i++) r->st[i] = anyValue();
    memset(r->mem, 0xa5, sizeof r->mem);
    if (w->access == 'r') anyMemory(r, w);
    suit(r, w);
    pair[1] = *r;
    execute(&pair[1], w);
    fwrite(pair, sizeof pair, 1, stdout);
  }
  return 0;
}
