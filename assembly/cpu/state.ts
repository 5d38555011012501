// The CPU's registers: one block at a fixed address below the static data (asconfig's
// memoryBase leaves room for it), so that every register is one load with a constant offset. A context switch copies
// bytes 0 to CPU_CONTEXT_SIZE of it. Offsets are relative to CPU.
//
//     0  gpr[16]     rax rcx rdx rbx rsp rbp rsi rdi r8 … r15
//   128  slot 16     always 0: "no register" in an address
//   136  slot 17     guest address of the page of the running sequence
//   144  slot 18/19  fs base, gs base
//   160  slot 20     address temporary; 21 … 31 data temporaries
//   256  rip
//   264  lazy flags: kind, a, b, res; 296 the rflags bits that are not lazy
//   304  mxcsr
//   320  the pending fault
//   352  fuel
//   368  selectors of es, cs, ss, ds, fs, gs
//   512  ymm[16]     stride 32; xmm is the low half
//  1024  x87         R0 … R7, stride 16; then the control words
//  1280  instructions retired
//  2048  scratch of the CPU
export const CPU: usize = 4096;
export const CPU_CONTEXT_SIZE: i32 = 1280;

export const RAX: usize = 0;
export const RCX: usize = 8;
export const RDX: usize = 16;
export const RBX: usize = 24;
export const RSP: usize = 32;
export const RBP: usize = 40;
export const RSI: usize = 48;
export const RDI: usize = 56;
export const R8: usize = 64;
export const R9: usize = 72;
export const R10: usize = 80;
export const R11: usize = 88;
export const R12: usize = 96;
export const R13: usize = 104;
export const R14: usize = 112;
export const R15: usize = 120;
export const SLOT_ZERO: usize = 128;
export const SLOT_PAGE: usize = 136;
export const FS_BASE: usize = 144;
export const GS_BASE: usize = 152;
export const SLOT_ADDR: usize = 160;
export const RIP: usize = 256;
export const FLAG_KIND: usize = 264;
export const FLAG_A: usize = 272;
export const FLAG_B: usize = 280;
export const FLAG_RES: usize = 288;
export const FLAG_OTHER: usize = 296;
export const MXCSR: usize = 304;
export const FAULT_VECTOR: usize = 320;
export const FAULT_ERROR: usize = 324;
export const FAULT_CR2: usize = 328;
export const FAULT_CODE: usize = 336;
export const FAULT_SIGNAL: usize = 340;
/** u32: rdtsc faults, PR_SET_TSC of prctl(2). */
export const NO_TSC: usize = 344;
export const FUEL: usize = 352;
/** Of all tasks, so not part of a context. */
export const RETIRED: usize = 1280;
export const SELECTORS: usize = 368;
export const XMM: usize = 512;
export const XMM_STRIDE: usize = 32;
export const X87: usize = 1024;
export const X87_STRIDE: usize = 16;
export const FCW: usize = 1152;
export const FSW: usize = 1154;
export const FTOP: usize = 1156;
export const FTAG: usize = 1158;
export const FOP: usize = 1160;
export const FIP: usize = 1168;
export const FDP: usize = 1176;
export const SCRATCH: usize = 2048;
