// Signal frames: what a handler finds on the stack, and rt_sigreturn(2).
// Kernel: arch/x86/kernel/signal_64.c x64_setup_rt_frame(), arch/x86/include/uapi/asm/sigcontext.h.
//
//   rsp → u64 restorer │ ucontext (304 bytes) │ siginfo (128) │ … │ 64-aligned XSAVE area (of level 1: FXSAVE image)
//   ucontext: flags 0, link 8, stack 16, sigcontext 40 (r8 … r15 rdi rsi rbp rbx rdx rax rcx rsp rip
//   eflags cs/gs/fs/ss err trapno oldmask cr2 fpstate), sigmask 296
//   area: 464 struct _fpx_sw_bytes (magic1, extended_size, u64 xfeatures, xstate_size), 512 the header, 576 magic2
import { SA_ONSTACK, SIZEOF_SIGINFO } from "../abi/signal";
import { cpuLevel } from "../cpu/cpuid";
import { FXSAVE_BYTES, XCR0, XSAVE_BYTES, fpuReset, fxrstor, fxsave, xrstor } from "../cpu/fxsave";
import { rflagsRead, rflagsWrite } from "../cpu/flags";
import { CPU, FAULT_CR2, FAULT_ERROR, FAULT_VECTOR, R10, R11, R12, R13, R14, R15, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RIP, RSI, RSP } from "../cpu/state";
import { TASK_SIZE } from "../mm/space";
import { copyIn, copyOut } from "../mm/usercopy";
import { TF_SIGMASK_SAVED, Task, current } from "./task";

const SA_RESTORER: u64 = 0x04000000;
const SS_ONSTACK: u32 = 1;
const SS_DISABLE: u32 = 2;
const SS_AUTODISARM: u32 = 0x80000000;
const UC_FLAGS: u64 = 6; // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
const UC_FP_XSTATE: u64 = 1;
const SW_BYTES: u32 = 464;
const MAGIC1: u32 = 0x46505853;
const MAGIC2: u32 = 0x46505845;
const MAGIC2_BYTES: u32 = 4;
const UCONTEXT: u32 = 8;
const UC_STACK: u32 = 16;
const UC_MCONTEXT: u32 = 40;
const UC_SIGMASK: u32 = 296;
const SIGINFO: u32 = 8 + 304;
const FRAME_BYTES: u32 = SIGINFO + 128;
const FRAME = memory.data(512, 16);
const FPSTATE = memory.data(640, 16);
/** Flags that the handler does not inherit: DF, TF, RF. */
const CLEARED: u64 = 0x10500;

/** Register slots in the order of struct sigcontext. */
function slotOf(i: u32): usize {
  switch (i) {
    case 0: return R8;
    case 1: return R9;
    case 2: return R10;
    case 3: return R11;
    case 4: return R12;
    case 5: return R13;
    case 6: return R14;
    case 7: return R15;
    case 8: return RDI;
    case 9: return RSI;
    case 10: return RBP;
    case 11: return RBX;
    case 12: return RDX;
    case 13: return RAX;
    case 14: return RCX;
    case 15: return RSP;
    default: return RIP;
  }
}

/** Whether sp lies on the task's alternate stack. */
export function onAltStack(task: Task, sp: u64): bool {
  if (task.altFlags & SS_AUTODISARM) return false;
  return task.altSize != 0 && sp > task.altStack && sp - task.altStack <= task.altSize;
}

/** SS_* flags that sigaltstack(2) shows. */
export function altStackFlags(task: Task, sp: u64): u32 {
  if (!task.altSize) return SS_DISABLE;
  return onAltStack(task, sp) ? SS_ONSTACK : 0;
}

/** Writes the frame for a handler and points the registers at it; false when the stack cannot take it. */
export function frameBuild(task: Task, signal: i32, action: usize, info: usize): bool {
  const flags = load<u64>(action, 8);
  if (!(flags & SA_RESTORER)) return false;
  let sp = load<u64>(CPU + RSP);
  const onStack = onAltStack(task, sp);
  let entering = false;
  if (flags & SA_ONSTACK && task.altSize && !onStack && !(task.altFlags & SS_DISABLE)) {
    sp = task.altStack + task.altSize;
    entering = true;
  } else sp -= 128;
  const fpBytes = fpstateBytes();
  const fp = (sp - fpBytes) & ~(<u64>63);
  const frame = ((fp - FRAME_BYTES) & ~(<u64>15)) - 8;
  if ((onStack || entering) && frame < task.altStack) return false;
  memory.fill(FRAME, 0, 512);
  store<u64>(FRAME, load<u64>(action, 16));
  store<u64>(FRAME + UCONTEXT, cpuLevel() < 2 ? UC_FLAGS : UC_FLAGS | UC_FP_XSTATE);
  store<u64>(FRAME + UCONTEXT + UC_STACK, task.altStack);
  store<u32>(FRAME + UCONTEXT + UC_STACK, altStackFlags(task, load<u64>(CPU + RSP)) | (task.altFlags & SS_AUTODISARM), 8);
  store<u64>(FRAME + UCONTEXT + UC_STACK, task.altSize, 16);
  contextOut(FRAME + UCONTEXT + UC_MCONTEXT, fp, task);
  store<u64>(FRAME + UCONTEXT + UC_SIGMASK, task.flags & TF_SIGMASK_SAVED ? task.savedMask : task.sigmask);
  memory.copy(FRAME + SIGINFO, info, SIZEOF_SIGINFO);
  fpstateOut();
  if (!copyOut(fp, FPSTATE, fpBytes) || !copyOut(frame, FRAME, FRAME_BYTES)) return false;
  if (task.altFlags & SS_AUTODISARM && entering) {
    task.altStack = 0;
    task.altSize = 0;
    task.altFlags = SS_DISABLE;
  }
  store<u64>(CPU + RSP, frame);
  store<u64>(CPU + RIP, load<u64>(action));
  store<u64>(CPU + RDI, signal);
  store<u64>(CPU + RSI, frame + SIGINFO);
  store<u64>(CPU + RDX, frame + UCONTEXT);
  store<u64>(CPU + RAX, 0);
  rflagsWrite(rflagsRead() & ~CLEARED);
  fpuReset();
  return true;
}

function fpstateBytes(): u32 {
  return cpuLevel() < 2 ? FXSAVE_BYTES : XSAVE_BYTES + MAGIC2_BYTES;
}

/** Leaves at FPSTATE what the frame holds; arch/x86/kernel/fpu/signal.c: save_xstate_epilog(). */
function fpstateOut(): void {
  memory.fill(FPSTATE, 0, 640);
  fxsave(FPSTATE);
  if (cpuLevel() < 2) return;
  store<u32>(FPSTATE + SW_BYTES, MAGIC1);
  store<u32>(FPSTATE + SW_BYTES, fpstateBytes(), 4);
  store<u64>(FPSTATE + SW_BYTES, XCR0, 8);
  store<u32>(FPSTATE + SW_BYTES, XSAVE_BYTES, 16);
  store<u64>(FPSTATE + FXSAVE_BYTES, XCR0);
  store<u32>(FPSTATE + XSAVE_BYTES, MAGIC2);
}

/** Restores from the area at fp; false when it cannot be. An area without its magic numbers is an FXSAVE image: check_xstate_in_sigframe(). */
function fpstateIn(fp: u64): bool {
  if (!copyIn(FPSTATE, fp, FXSAVE_BYTES)) return false;
  const sw = FPSTATE + SW_BYTES;
  const states = load<u64>(sw, 8);
  const size = load<u32>(sw, 16);
  const isWhole = cpuLevel() >= 2 && load<u32>(sw) == MAGIC1 && size >= FXSAVE_BYTES + 64 && size <= XSAVE_BYTES && size <= load<u32>(sw, 4);
  if (!isWhole || !copyIn(FPSTATE + FXSAVE_BYTES, fp + FXSAVE_BYTES, XSAVE_BYTES + MAGIC2_BYTES - FXSAVE_BYTES)) return fxrstor(FPSTATE);
  if (load<u32>(FPSTATE + size) != MAGIC2) return fxrstor(FPSTATE);
  if (!xrstor(FPSTATE, <u32>states & XCR0, true)) return false;
  // What the frame does not have is as at the start.
  if (~states & XCR0) {
    store<u64>(FPSTATE + FXSAVE_BYTES, 0);
    store<u32>(FPSTATE, 0x1f80, 24);
    return xrstor(FPSTATE, <u32>~states & XCR0, true);
  }
  return true;
}

function contextOut(to: usize, fp: u64, task: Task): void {
  for (let i: u32 = 0; i < 17; i++) store<u64>(to + (i << 3), load<u64>(CPU + slotOf(i)));
  store<u64>(to, rflagsRead(), 136);
  store<u64>(to, 0x002b000000000033, 144); // cs, gs, fs, ss
  store<u64>(to, load<u32>(CPU + FAULT_ERROR), 152);
  store<u64>(to, load<u32>(CPU + FAULT_VECTOR), 160);
  store<u64>(to, task.sigmask, 168);
  store<u64>(to, load<u64>(CPU + FAULT_CR2), 176);
  store<u64>(to, fp, 184);
}

/** Restores all that the frame at rsp − 8 holds; false when it cannot be read or is nonsense. */
export function frameRestore(): bool {
  const task = current;
  const frame = load<u64>(CPU + RSP) - 8;
  if (!copyIn(FRAME, frame, SIGINFO)) return false;
  const from = FRAME + UCONTEXT + UC_MCONTEXT;
  const fp = load<u64>(from, 184);
  if (fp) {
    if (fp & 63 || !fpstateIn(fp)) return false;
  } else fpuReset();
  for (let i: u32 = 0; i < 17; i++) store<u64>(CPU + slotOf(i), load<u64>(from + (i << 3)));
  if (load<u64>(CPU + RIP) >= TASK_SIZE) return false;
  rflagsWrite(load<u64>(from, 136));
  task.sigmask = load<u64>(FRAME + UCONTEXT + UC_SIGMASK) & ~(<u64>0x40100);
  const stackFlags = load<u32>(FRAME + UCONTEXT + UC_STACK, 8);
  altStackSet(task, load<u64>(FRAME + UCONTEXT + UC_STACK), stackFlags, load<u64>(FRAME + UCONTEXT + UC_STACK, 16));
  return true;
}

const MINSIGSTKSZ: u64 = 2048;

/** sigaltstack(2)'s change, without the checks against the stack in use; 0, −EINVAL or −ENOMEM. */
export function altStackSet(task: Task, sp: u64, flags: u32, size: u64): i32 {
  const mode = flags & ~SS_AUTODISARM;
  // Nothing to change: not even the size is looked at.
  if (task.altStack == sp && task.altSize == size && (task.altFlags == flags || !(size | mode))) return 0;
  if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) return -22;
  if (mode == SS_DISABLE) {
    task.altStack = 0;
    task.altSize = 0;
  } else {
    if (size < MINSIGSTKSZ) return -12;
    task.altStack = sp;
    task.altSize = size;
  }
  task.altFlags = flags;
  return 0;
}
