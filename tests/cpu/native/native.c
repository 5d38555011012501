// Executes instructions on the CPU it runs on: the real one, or ring3's when it is a guest.
//
//   native FILE SLOTS BYTES     FILE is mapped; requests on stdin, an answer of 8 bytes (count of records) on stdout
//
// A request: u32 kind, u32 slot, u32 count, u32 data, u64 seed, u32 states, u32 zero.
//   kind 1: `count` encodings follow; `states` records are made for each, executed, and written to the slot.
//   kind 2: `count` records stand in the slot: they are executed.
// Records have their size plus twice `data` bytes.
#define _GNU_SOURCE
#include "case.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

// The windows; entry.ts has the same.
Region regions[] = {
	{0x30000000, "-ww-wrwnw-rr-", 0, 13},
	{0x40000000, "-ww-rw-", 0, 7},
	{0x555500000000, "-ww-", 0, 4},
};
const int region_count = 3;

// What enter() loads, and where the exit stub saves.
typedef struct {
	uint64_t gpr[16], rip, rflags, fs, gs;
	uint8_t fx[512];
} Live;

Live live __attribute__((aligned(64)));
uint64_t host_rsp, host_fs;
static Record *running, *last_run;
extern char __executable_start, etext;
static uint64_t serial, seen, ticks, repeats;
static uint8_t *code; // where the code can be written

int enter(void);
void resume(void);
void leave(void);
// The instruction under test begins with all registers as `live` has them, and comes back by a jump to leave(), which changes
// none of them before it has stored them all. resume() is the way back from a signal handler.
__asm__(
	".globl enter, leave, resume\n"
	"enter:\n"
	"  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"  mov %rsp, host_rsp(%rip)\n"
	"  fxrstor64 live+160(%rip)\n"
	"  mov live+144(%rip), %rax\n wrfsbase %rax\n"
	"  mov live+152(%rip), %rax\n wrgsbase %rax\n"
	"  pushq live+136(%rip)\n popfq\n"
	"  mov live(%rip), %rax\n mov live+8(%rip), %rcx\n mov live+16(%rip), %rdx\n mov live+24(%rip), %rbx\n"
	"  mov live+32(%rip), %rsp\n mov live+40(%rip), %rbp\n mov live+48(%rip), %rsi\n mov live+56(%rip), %rdi\n"
	"  mov live+64(%rip), %r8\n mov live+72(%rip), %r9\n mov live+80(%rip), %r10\n mov live+88(%rip), %r11\n"
	"  mov live+96(%rip), %r12\n mov live+104(%rip), %r13\n mov live+112(%rip), %r14\n mov live+120(%rip), %r15\n"
	"  jmp *live+128(%rip)\n"
	"leave:\n"
	"  mov %rax, live(%rip)\n mov %rcx, live+8(%rip)\n mov %rdx, live+16(%rip)\n mov %rbx, live+24(%rip)\n"
	"  mov %rsp, live+32(%rip)\n mov %rbp, live+40(%rip)\n mov %rsi, live+48(%rip)\n mov %rdi, live+56(%rip)\n"
	"  mov %r8, live+64(%rip)\n mov %r9, live+72(%rip)\n mov %r10, live+80(%rip)\n mov %r11, live+88(%rip)\n"
	"  mov %r12, live+96(%rip)\n mov %r13, live+104(%rip)\n mov %r14, live+112(%rip)\n mov %r15, live+120(%rip)\n"
	"  mov host_rsp(%rip), %rsp\n"
	"  pushfq\n popq live+136(%rip)\n"
	"  pushq $0x202\n popfq\n"
	"  fxsave64 live+160(%rip)\n"
	"  rdfsbase %rax\n mov %rax, live+144(%rip)\n"
	"  rdgsbase %rax\n mov %rax, live+152(%rip)\n"
	"  xor %eax, %eax\n"
	"  jmp 1f\n"
	"resume:\n"
	"  mov host_rsp(%rip), %rsp\n"
	"  mov $1, %eax\n"
	"1: mov host_fs(%rip), %rcx\n wrfsbase %rcx\n"
	"  fninit\n ldmxcsr 2f(%rip)\n"
	"  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"  ret\n"
	".section .rodata\n2: .long 0x1f80\n.text\n");

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/** The state where a signal found it. Nothing here may use the thread's storage before fs is back. */
static int inside(uint64_t rip) { return rip >= (uint64_t)&__executable_start && rip < (uint64_t)&etext; }

static void on_signal(int signal, siginfo_t *info, void *context)
{
	uint64_t fs, gs;
	__asm__ volatile("pushq $0x202\n popfq\n rdfsbase %0\n rdgsbase %1\n wrfsbase %2" : "=&r"(fs), "=&r"(gs) : "r"(host_fs) : "memory", "cc");
	ucontext_t *uc = context;
	greg_t *g = uc->uc_mcontext.gregs;
	if (signal == SIGPROF) {
		ticks++;
		// A second time in the same instruction under test, and not in this program.
		if (!running || seen != serial || inside(g[REG_RIP])) {
			seen = serial;
			if (running) __asm__ volatile("wrfsbase %0\n wrgsbase %1" ::"r"(fs), "r"(gs));
			return;
		}
		running->outcome.vector = 0xff; // runs for ever
		resume();
	}
	if (!running) {
		fprintf(stderr, "signal %d in the tester at %#llx, address %p, after: ", signal, g[REG_RIP] - (greg_t)&__executable_start, info->si_addr);
		for (int i = 0; i < last_run->length; i++) fprintf(stderr, "%02x", last_run->code[i]);
		fprintf(stderr, "\n");
		_exit(signal);
	}
	for (int i = 0; i < 16; i++) live.gpr[i] = g[order[i]];
	live.rip = g[REG_RIP];
	live.rflags = g[REG_EFL];
	live.fs = fs;
	live.gs = gs;
	memcpy(live.fx, uc->uc_mcontext.fpregs, 416);
	// An area that the CPU may leave as it was.
	if (!(live.fx[2] & 0x80)) memset(live.fx + 6, 0, 18);
	running->outcome = (Outcome){g[REG_TRAPNO], g[REG_ERR], g[REG_TRAPNO] == 14 ? g[REG_CR2] : 0, signal, info->si_code, (uint64_t)info->si_addr};
	resume();
}

static void put_code(const Record *r)
{
	static uint32_t last = 0xffff, length;
	if (last != 0xffff) memset(code + last, 0xcc, length + 14 > 2 * PAGE - last ? 2 * PAGE - last : length + 14);
	last = r->place;
	length = r->length;
	uint32_t room = 2 * PAGE - last;
	memcpy(code + last, r->code, length < room ? length : room);
	if (length + 14 > room) return;
	memcpy(code + last + length, "\xff\x25\0\0\0", 6);
	memcpy(code + last + length + 6, &(uint64_t){(uint64_t)leave}, 8);
}

static void exchange_memory(Record *r, uint32_t data, int in)
{
	uint8_t *d = (uint8_t *)(r + 1);
	for (int i = 0; i < PATCHES && r->patches[i].length; i++) {
		Patch *p = &r->patches[i];
		uint8_t *at = reach(p->address);
		if (in) memcpy(at, d + p->offset, p->length);
		else {
			memcpy(d + data + p->offset, at, p->length);
			for (uint32_t k = 0; k < p->length; k++) at[k] = pattern(p->address + k);
		}
	}
}

static void execute_once(Record *r, uint32_t data)
{
	exchange_memory(r, data, 1);
	memcpy(&live, &r->before, sizeof(State));
	memset(live.fx + 416, 0, 96);
	memset(&r->outcome, 0, sizeof r->outcome);
	serial++;
	running = last_run = r;
	if (enter() == 0) {
		live.rip = CODE + r->place + r->length + 1; // as if an int3 had stood there
		r->outcome = (Outcome){3, 0, 0, SIGTRAP, 0x80, 0};
	}
	running = 0;
	// Selectors that the instruction may have loaded.
	if (r->vectorless) __asm__ volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%fs\n mov %0, %%gs\n mov %1, %%ss\n wrfsbase %2" ::"r"(0), "r"(0x2b), "r"(host_fs));
	// A kernel that was entered meanwhile may have taken the base to be 0.
	if (r->vectorless) __asm__ volatile("syscall" ::"a"(158), "D"(0x1002), "S"(host_fs) : "rcx", "r11", "memory");
	memcpy(&r->after, &live, sizeof(State));
	exchange_memory(r, data, 0);
}

static void execute(Record *r, uint32_t data, int new_code)
{
	if (new_code) put_code(r);
	// Returning from a signal clears NT, and kernels that do not know wrfsbase lose the bases at a change of tasks.
	for (int tries = 0; tries < 30; tries++) {
		uint64_t before = ticks;
		execute_once(r, data);
		int kept = (r->after.fs == r->before.fs && r->after.gs == r->before.gs) || (r->vectorless && tries);
		if (r->outcome.vector == 0xff || (before == ticks && kept)) break;
		repeats++;
	}
}

/** The first byte of the windows that is not what it should be, put right again; 0 when all are. */
static uint64_t stray(void)
{
	uint64_t found = 0;
	for (int g = 0; g < region_count; g++)
		for (int p = 0; p < regions[g].count; p++) {
			uint64_t a = regions[g].base + p * PAGE;
			uint8_t *at = reach(a);
			if (!at) continue;
			for (int k = 0; k < PAGE; k++)
				if (at[k] != pattern(a + k)) {
					at[k] = pattern(a + k);
					found = a + k;
				}
		}
	return found;
}

static void *fixed(uint64_t at, size_t n, int prot, int fd, off_t from)
{
	void *p = mmap((void *)at, n, prot, (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | (at ? MAP_FIXED_NOREPLACE : 0) | MAP_POPULATE, fd, from);
	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static void map_windows(void)
{
	int memory = memfd_create("code", 0);
	if (memory < 0 || ftruncate(memory, 2 * PAGE)) exit(1);
	code = fixed(0, 2 * PAGE, PROT_READ | PROT_WRITE, memory, 0);
	fixed(CODE, 2 * PAGE, PROT_READ | PROT_EXEC, memory, 0);
	close(memory);
	memset(code, 0xcc, 2 * PAGE);
	for (int i = 0; i < region_count; i++) {
		Region *g = &regions[i];
		int fd = memfd_create("window", 0);
		if (fd < 0 || ftruncate(fd, g->count * PAGE)) exit(1);
		g->alias = fixed(0, g->count * PAGE, PROT_READ | PROT_WRITE, fd, 0);
		for (int p = 0; p < g->count; p++)
			if (g->pages[p] != '-') fixed(g->base + p * PAGE, PAGE, g->pages[p] == 'w' ? PROT_READ | PROT_WRITE : g->pages[p] == 'r' ? PROT_READ : PROT_NONE, fd, p * PAGE);
		close(fd);
	}
	stray();
}

int gs_keeps_upper;
static volatile uint64_t gs_seen;
static void see_gs(int signal)
{
	uint64_t gs;
	__asm__ volatile("rdgsbase %0" : "=r"(gs));
	gs_seen = gs;
}

/** Asks the machine, which may be a virtual one that resets it whenever it is left. */
static void ask_gs(void)
{
	uint64_t want = 0xffffb19c32f85361, after;
	signal(SIGTRAP, see_gs);
	__asm__ volatile("wrgsbase %1\n int3\n rdgsbase %0\n wrgsbase %2" : "=r"(after) : "r"(want), "r"(0ull) : "memory");
	gs_keeps_upper = gs_seen == want && after == want;
}

static int take(void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = read(0, (char *)to + done, n - done);
		if (got <= 0) return 0;
		done += got;
	}
	return 1;
}

struct request {
	uint32_t kind, slot, count, data;
	uint64_t seed;
	uint32_t states, zero;
};

int main(int argc, char **argv)
{
	if (argc == 2) { // whether this machine can do it at all; without wrfsbase SIGILL says so
		__asm__ volatile("rdfsbase %0\n wrfsbase %0" : "=r"(host_fs));
		ask_gs();
		if (gs_keeps_upper) puts("keeps");
		return 0;
	}
	if (argc < 4) return 2;
	uint64_t slots = strtoull(argv[2], 0, 0), bytes = strtoull(argv[3], 0, 0);
	int fd = open(argv[1], O_RDWR);
	if (fd < 0) return 1;
	uint8_t *shared = fixed(0, slots * bytes, PROT_READ | PROT_WRITE, fd, 0);
	__asm__ volatile("rdfsbase %0" : "=r"(host_fs));
	map_windows();
	ask_gs();
	if (!gs_keeps_upper) fprintf(stderr, "this machine loses bases of gs in the upper half: they are left out\n");
	static uint8_t alternate[65536];
	sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = sizeof alternate}, 0);
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
	for (int i = 0; i < 6; i++) sigaction((int[]){SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGPROF}[i], &action, 0);
	setitimer(ITIMER_PROF, &(struct itimerval){{0, 100000}, {0, 100000}}, 0);
	struct request q;
	static Encoding encodings[4096];
	while (take(&q, sizeof q)) {
		size_t stride = sizeof(Record) + 2 * q.data;
		uint8_t *slot = shared + q.slot * bytes;
		uint64_t answer = 0;
		if (q.kind == 1) {
			if (q.count > 4096 || !take(encodings, q.count * sizeof(Encoding)) || (uint64_t)q.count * q.states * stride > bytes) return 1;
			for (uint32_t i = 0; i < q.count; i++)
				for (uint32_t k = 0; k < q.states; k++) {
					Record *r = (Record *)(slot + answer++ * stride);
					make_state(r, &encodings[i], q.data, q.seed + answer);
					r->encoding = i;
					r->vectorless = (encodings[i].hints & SELECTORS) != 0;
					execute(r, q.data, k == 0);
				}
		} else
			for (; answer < q.count; answer++) execute((Record *)(slot + answer * stride), q.data, 1);
		uint64_t reply[2] = {answer | repeats << 32, stray()};
		repeats = 0;
		if (write(1, reply, sizeof reply) != sizeof reply) return 1;
	}
	return 0;
}
