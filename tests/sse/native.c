// The real CPU: reads batches from stdin, runs each instruction on each state, writes the states that result.
//
// A batch: u32 length of the instruction, u32 count of cases, 16 bytes of instruction, the cases. A case, 256 bytes:
//   0 xmm0 │ 16 xmm1 │ 32 xmm2 │ 48 memory at rdi │ 64 rax │ 72 rcx │ 80 rdx │ 88 mxcsr │ 92 rflags │
//   96 vector (result) │ 100 fsw │ 102 abridged tag │ 104 offset of rdi in its region │ 106 region: 0 two pages,
//   1 a page with nothing behind it │ 108 cr2 of a page fault, from the region's start (result) │ 112 R0 … R7 by physical number, 16 bytes each
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

typedef struct {
	uint8_t xmm[3][16], mem[16];
	uint64_t rax, rcx, rdx;
	uint32_t mxcsr, rflags, vector;
	uint16_t fsw;
	uint8_t tag, pad;
	uint16_t offset;
	uint8_t region, pad2;
	uint32_t cr2;
	uint8_t r[8][16], rest[16];
} Case;
_Static_assert(sizeof(Case) == 256, "a case has 256 bytes");

// What enter() loads and saves.
typedef struct {
	uint8_t image[512];
	uint64_t rax, rcx, rdx, rflags, rdi, code;
} State;

static State state __attribute__((aligned(64)));
static uint8_t *regions[2];
static uint8_t host_image[512] __attribute__((aligned(64)));
static sigjmp_buf back;

void enter(State *s);
__asm__(
	".globl enter\n"
	"enter:\n"
	"  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"  mov %rdi, %rbx\n"
	"  fxrstor64 (%rbx)\n"
	"  pushq 536(%rbx)\n popfq\n"
	"  mov 512(%rbx), %rax\n mov 520(%rbx), %rcx\n mov 528(%rbx), %rdx\n mov 544(%rbx), %rdi\n"
	"  mov %rbx, %rbp\n"
	"  call *552(%rbx)\n"
	"  mov %rax, 512(%rbp)\n mov %rcx, 520(%rbp)\n mov %rdx, 528(%rbp)\n"
	"  pushfq\n popq 536(%rbp)\n"
	"  fxsave64 (%rbp)\n"
	"  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"  ret\n");

static int caught;
static uint64_t fault_address;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	(void)info;
	memcpy(state.image, uc->uc_mcontext.fpregs, 512);
	state.rax = uc->uc_mcontext.gregs[REG_RAX];
	state.rcx = uc->uc_mcontext.gregs[REG_RCX];
	state.rdx = uc->uc_mcontext.gregs[REG_RDX];
	state.rflags = uc->uc_mcontext.gregs[REG_EFL];
	caught = uc->uc_mcontext.gregs[REG_TRAPNO];
	fault_address = uc->uc_mcontext.gregs[REG_CR2];
	(void)sig;
	siglongjmp(back, 1);
}

static void run(Case *c, uint8_t *code)
{
	uint8_t *image = state.image;
	unsigned top = c->fsw >> 11 & 7;
	memset(image, 0, 512);
	*(uint16_t *)image = 0x37f;
	*(uint16_t *)(image + 2) = c->fsw;
	image[4] = c->tag;
	*(uint32_t *)(image + 24) = c->mxcsr;
	for (int i = 0; i < 8; i++) memcpy(image + 32 + 16 * i, c->r[(top + i) & 7], 10);
	for (int i = 0; i < 3; i++) memcpy(image + 160 + 16 * i, c->xmm[i], 16);
	uint8_t *memory = regions[c->region] + c->offset;
	size_t mapped = c->region && c->offset > 4096 - 16 ? 4096 - c->offset : 16;
	memcpy(memory, c->mem, mapped);
	state.rax = c->rax;
	state.rcx = c->rcx;
	state.rdx = c->rdx;
	state.rflags = c->rflags | 0x202;
	state.rdi = (uint64_t)memory;
	state.code = (uint64_t)code;
	caught = 0;
	if (!sigsetjmp(back, 0)) enter(&state);
	__asm__ volatile("fxrstor64 %0" ::"m"(host_image));
	c->vector = caught;
	c->fsw = *(uint16_t *)(image + 2);
	c->tag = image[4];
	c->mxcsr = *(uint32_t *)(image + 24);
	top = c->fsw >> 11 & 7;
	for (int i = 0; i < 8; i++) memcpy(c->r[(top + i) & 7], image + 32 + 16 * i, 10);
	for (int i = 0; i < 3; i++) memcpy(c->xmm[i], image + 160 + 16 * i, 16);
	memcpy(c->mem, memory, mapped);
	c->cr2 = caught == 14 ? fault_address - (uint64_t)regions[c->region] : 0;
	c->rax = state.rax;
	c->rcx = state.rcx;
	c->rdx = state.rdx;
	c->rflags = state.rflags & 0x8d5;
}

static int take(void *to, size_t n)
{
	return fread(to, 1, n, stdin) == n;
}

int main(void)
{
	uint8_t *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 2; i++) regions[i] = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(regions[1] + 4096, 4096, PROT_NONE);
	static uint8_t alternate[65536];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	sigaltstack(&stack, 0);
	for (int i = 0; i < 5; i++) sigaction((int[]){SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP}[i], &action, 0);
	__asm__ volatile("fxsave64 %0" : "=m"(host_image));
	uint32_t head[2];
	uint8_t bytes[16];
	while (take(head, 8) && take(bytes, 16)) {
		Case *cases = malloc(head[1] * sizeof(Case));
		if (!take(cases, head[1] * sizeof(Case))) return 1;
		memcpy(code, bytes, head[0]);
		code[head[0]] = 0xc3;
		for (uint32_t i = 0; i < head[1]; i++) run(&cases[i], code);
		fwrite(cases, sizeof(Case), head[1], stdout);
		fflush(stdout);
		free(cases);
	}
	return 0;
}
