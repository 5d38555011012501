// Segment registers, far transfers, and what user mode sees of system registers.
// options: -mno-red-zone
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int signal_number, signal_code;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)context;
	signal_number = signal;
	signal_code = info->si_code;
	siglongjmp(back, 1);
}

#define TRY(statement) do { signal_number = signal_code = 0; if (!sigsetjmp(back, 1)) { statement; } } while (0)
/** What they show depends on the kernel and the CPU (UMIP): only that they are executed, and how wide they store, is the same. */
#define SHOW(name, text) do { r = 0; TRY(__asm__ volatile(text : "+r"(r))); printf(name " %d\n", signal_number); } while (0)
#define SHOW_MEMORY(name) do { memset(m, 0xaa, sizeof m); TRY(__asm__ volatile(name " %0" : "=m"(m))); printf(name " m %d %d\n", signal_number, m[10] == 0xaa && m[11] == 0xaa); } while (0)

static void system_registers(void)
{
	unsigned char m[16];
	uint64_t r;
	SHOW("sldt r16", "sldt %w0");
	SHOW("sldt r32", "sldt %k0");
	SHOW("str r16", "str %w0");
	SHOW("str r32", "str %k0");
	SHOW("smsw r16", "smsw %w0");
	SHOW("smsw r32", "smsw %k0");
	SHOW("smsw r64", "smsw %0");
	SHOW_MEMORY("sldt");
	SHOW_MEMORY("str");
	SHOW_MEMORY("smsw");
	SHOW_MEMORY("sgdt");
	SHOW_MEMORY("sidt");
}

/** Selectors that every Linux has for user mode, or that are nothing: kernels differ in 0x20 (code of 32 bits) and the rest. */
static const int selectors[] = {0, 1, 2, 3, 4, 7, 0x28, 0x2b, 0x30, 0x33, 0x80, 0x8c, 0xfff0};

static void descriptors(void)
{
	for (unsigned i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		int selector = selectors[i];
		uint64_t rights = 0x77;
		uint8_t z[3];
		__asm__ volatile("lar %2, %k0; setz %1" : "+r"(rights), "=q"(z[0]) : "r"((uint32_t)selector));
		__asm__ volatile("verr %w1; setz %0" : "=q"(z[1]) : "r"(selector));
		__asm__ volatile("verw %w1; setz %0" : "=q"(z[2]) : "r"(selector));
		if (z[0] | z[1] | z[2]) printf("%x: lar %d %lx verr %d verw %d\n", selector, z[0], rights, z[1], z[2]);
	}
}

static void segments(void)
{
	for (unsigned i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		int selector = selectors[i];
		uint32_t now = 0;
		TRY(__asm__ volatile("mov %w0, %%es" : : "r"(selector)));
		int es = signal_number;
		TRY(__asm__ volatile("mov %w0, %%ss" : : "r"(selector)));
		int ss = signal_number;
		TRY(__asm__ volatile("mov %w0, %%gs" : : "r"(selector)));
		if (selector > 3) __asm__ volatile("mov %%gs, %0" : "=r"(now));
		if (!signal_number || !es || !ss) printf("%x: es %d ss %d gs %d now %x\n", selector, es, ss, signal_number, now);
	}
	uint64_t base;
	syscall(SYS_arch_prctl, ARCH_SET_GS, 0x12345678000);
	__asm__ volatile("mov %0, %%gs" : : "r"(0x2b));
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	printf("base after loading gs: %lx\n", base);
	__asm__ volatile("mov %0, %%gs; mov %0, %%es" : : "r"(0));
}

/** retf, iret, jmp far, with a selector that may be good. */
static void far_transfers(void)
{
	struct __attribute__((packed)) { uint32_t offset; uint16_t selector; } pointer = {0x12345, 0x33};
	uint64_t good[] = {0, 0x33, 0x2b, 0x30, 0x7b, 0x10};
	for (int i = 0; i < 6; i++) {
		volatile int done = 0;
		TRY(__asm__ volatile("lea 1f(%%rip), %%rax; push %1; push %%rax; lretq; ud2; 1: movl $1, %0" : "=m"(done) : "r"(good[i]) : "rax"));
		printf("retf to %lx: %d, signal %d %d\n", good[i], done, signal_number, signal_code);
	}
	volatile int done = 0;
	TRY(__asm__ volatile("mov %%rsp, %%rcx; push $0x2b; push %%rcx; pushf; lea 1f(%%rip), %%rax; push $0x33; push %%rax; iretq; ud2; 1: movl $1, %0" : "=m"(done) : : "rax", "rcx"));
	printf("iret: %d\n", done);
	TRY(__asm__ volatile("ljmp *%0" : : "m"(pointer)));
	printf("jmp far: signal %d %d\n", signal_number, signal_code);
	pointer.selector = 0x2b;
	TRY(__asm__ volatile("ljmp *%0" : : "m"(pointer)));
	printf("jmp far to data: signal %d %d\n", signal_number, signal_code);
	TRY(__asm__ volatile(".byte 0xf1"));
	printf("int1: signal %d %d\n", signal_number, signal_code);
	TRY(__asm__ volatile("int3"));
	printf("int3: signal %d %d\n", signal_number, signal_code);
	TRY(__asm__ volatile(".byte 0xcd, 4"));
	printf("int 4: signal %d %d\n", signal_number, signal_code);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
	int signals[] = {SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
	for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
	system_registers();
	descriptors();
	segments();
	far_transfers();
	return 0;
}
