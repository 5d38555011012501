// prctl(2), but for credentials (prctlcred.ts) and PR_SET_MM (prctlmm.ts). Kernel: kernel/sys.c.
import { EFAULT, EINVAL, ENODEV, ENXIO, EPERM } from "../abi/errno";
import { CAP_SYS_RESOURCE } from "../abi/capability";
import {
  PR_GET_CHILD_SUBREAPER, PR_GET_DUMPABLE, PR_GET_IO_FLUSHER, PR_GET_NAME, PR_GET_NO_NEW_PRIVS, PR_GET_PDEATHSIG, PR_GET_SECCOMP, PR_GET_SPECULATION_CTRL,
  PR_GET_THP_DISABLE, PR_GET_TID_ADDRESS, PR_GET_TIMERSLACK, PR_GET_TIMING, PR_GET_TSC, PR_MCE_KILL, PR_MCE_KILL_CLEAR, PR_MCE_KILL_DEFAULT, PR_MCE_KILL_EARLY,
  PR_MCE_KILL_GET, PR_MCE_KILL_LATE, PR_MCE_KILL_SET, PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, PR_SET_IO_FLUSHER, PR_SET_MM, PR_SET_NAME, PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG, PR_SET_SPECULATION_CTRL, PR_SET_SYSCALL_USER_DISPATCH, PR_SET_THP_DISABLE, PR_SET_TIMERSLACK, PR_SET_TIMING, PR_SET_TSC, PR_SPEC_FORCE_DISABLE,
  PR_SPEC_INDIRECT_BRANCH, PR_SPEC_L1D_FLUSH, PR_SPEC_STORE_BYPASS, PR_TASK_PERF_EVENTS_DISABLE, PR_TASK_PERF_EVENTS_ENABLE, PR_TIMING_STATISTICAL, PR_TSC_ENABLE,
  PR_TSC_SIGSEGV,
} from "../abi/prctl";
import { CPU, NO_TSC } from "../cpu/state";
import { AUXV_BYTES, MM_MDWE, MM_MDWE_NO_INHERIT, MM_NO_THP, MM_NO_THP_EXCEPT } from "../mm/space";
import { copyInString, copyOut, putUser32, putUser64 } from "../mm/usercopy";
import { capable } from "../task/cred";
import { TASK_IO_FLUSHER, TASK_MCE_EARLY, TASK_MCE_PROCESS, Task, current } from "../task/task";
import { prctlCred } from "./prctlcred";
import { prctlMm } from "./prctlmm";

// Newer than the C headers of Debian 12.
const PR_SET_MDWE: i32 = 65;
const PR_GET_MDWE: i32 = 66;
const PR_GET_AUXV: i32 = 0x41555856;
const PR_THP_DISABLE_EXCEPT_ADVISED: u64 = 2;

const NAME = memory.data(24, 8);

function setName(from: u64): i64 {
  memory.fill(NAME, 0, 17);
  const n = copyInString(NAME, from, 16);
  if (n == -EFAULT) return n;
  store<u8>(NAME + 15, 0);
  memory.copy(changetype<usize>(current) + offsetof<Task>("comm0"), NAME, 16);
  return 0;
}

function setTsc(mode: u64): i64 {
  if (<u32>mode != PR_TSC_ENABLE && <u32>mode != PR_TSC_SIGSEGV) return -EINVAL;
  store<u32>(CPU + NO_TSC, <u32>mode == PR_TSC_SIGSEGV ? 1 : 0);
  return 0;
}

/** What is to happen to the process when memory is found to be bad, which never is. */
function mceKill(what: u64, how: u64, c: u64, d: u64): i64 {
  if (c | d) return -EINVAL;
  const kept = current.modes & ~(TASK_MCE_PROCESS | TASK_MCE_EARLY);
  if (what == PR_MCE_KILL_CLEAR) {
    if (how) return -EINVAL;
    current.modes = kept;
    return 0;
  }
  if (what != PR_MCE_KILL_SET) return -EINVAL;
  switch (<i32>how) {
    case PR_MCE_KILL_EARLY: current.modes = kept | TASK_MCE_PROCESS | TASK_MCE_EARLY; return 0;
    case PR_MCE_KILL_LATE: current.modes = kept | TASK_MCE_PROCESS; return 0;
    case PR_MCE_KILL_DEFAULT: current.modes = kept; return 0;
    default: return -EINVAL;
  }
}

function mceKillGet(): i64 {
  const modes = current.modes;
  if (!(modes & TASK_MCE_PROCESS)) return PR_MCE_KILL_DEFAULT;
  return modes & TASK_MCE_EARLY ? PR_MCE_KILL_EARLY : PR_MCE_KILL_LATE;
}

/** There are no huge pages: kept for who asks. */
function setThp(off: u64, flags: u64, c: u64, d: u64): i64 {
  if (c | d || flags & ~PR_THP_DISABLE_EXCEPT_ADVISED || (!off && flags)) return -EINVAL;
  const mm = current.mm;
  mm.modes &= ~(MM_NO_THP | MM_NO_THP_EXCEPT);
  if (off) mm.modes |= flags ? MM_NO_THP | MM_NO_THP_EXCEPT : MM_NO_THP;
  return 0;
}

function thp(): i64 {
  const modes = current.mm.modes;
  return modes & MM_NO_THP_EXCEPT ? 3 : modes & MM_NO_THP ? 1 : 0;
}

function setMdwe(bits: u64): i64 {
  if (bits & ~<u64>(MM_MDWE | MM_MDWE_NO_INHERIT) || bits == MM_MDWE_NO_INHERIT) return -EINVAL;
  const mm = current.mm;
  const old = mm.modes & (MM_MDWE | MM_MDWE_NO_INHERIT);
  if (old && old != <u32>bits) return -EPERM;
  mm.modes |= <u32>bits;
  return 0;
}

function ioFlusher(set: bool, on: u64, b: u64, c: u64, d: u64): i64 {
  if (!capable(CAP_SYS_RESOURCE)) return -EPERM;
  if (b | c | d || on > (set ? 1 : 0)) return -EINVAL;
  if (!set) return current.modes & TASK_IO_FLUSHER ? 1 : 0;
  current.modes = on ? current.modes | TASK_IO_FLUSHER : current.modes & ~TASK_IO_FLUSHER;
  return 0;
}

/** The CPU speculates on nothing. */
function speculation(set: bool, which: u64, how: u64, c: u64, d: u64): i64 {
  if (c | d || (!set && how)) return -EINVAL;
  if (which == PR_SPEC_L1D_FLUSH) return set ? -EPERM : PR_SPEC_FORCE_DISABLE;
  if (which != PR_SPEC_STORE_BYPASS && which != PR_SPEC_INDIRECT_BRANCH) return -ENODEV;
  return set ? -ENXIO : 0;
}

function getAuxv(to: u64, size: u64): i64 {
  const n = min<u64>(size, AUXV_BYTES);
  return n && !copyOut(to, current.mm.savedAuxv, n) ? -EFAULT : AUXV_BYTES;
}

function setSlack(ns: u64): i64 {
  current.timerSlackNs = <i64>ns <= 0 ? current.defaultSlackNs : ns;
  return 0;
}

function setDumpable(value: u64): i64 {
  if (value > 1) return -EINVAL;
  current.mm.dumpable = <u32>value;
  return 0;
}

function setNoNewPrivs(a: u64, b: u64, c: u64, d: u64): i64 {
  if (a != 1 || b | c | d) return -EINVAL;
  current.noNewPrivs = 1;
  return 0;
}

function setDeathSignal(signal: u64): i64 {
  if (signal > 64) return -EINVAL;
  current.pdeathSignal = <i32>signal;
  return 0;
}

export function sys_prctl(option: u64, a: u64, b: u64, c: u64, d: u64): i64 {
  const task = current;
  switch (<i32>option) {
    case PR_SET_NAME: return setName(a);
    case PR_GET_NAME: return copyOut(a, changetype<usize>(task) + offsetof<Task>("comm0"), 16) ? 0 : -EFAULT;
    case PR_SET_PDEATHSIG: return setDeathSignal(a);
    case PR_GET_PDEATHSIG: return putUser32(a, task.pdeathSignal) ? 0 : -EFAULT;
    case PR_GET_DUMPABLE: return task.mm.dumpable;
    case PR_SET_DUMPABLE: return setDumpable(a);
    case PR_GET_NO_NEW_PRIVS: return a | b | c | d ? -EINVAL : <i64>task.noNewPrivs;
    case PR_SET_NO_NEW_PRIVS: return setNoNewPrivs(a, b, c, d);
    case PR_SET_TIMERSLACK: return setSlack(a);
    case PR_GET_TIMERSLACK: return task.timerSlackNs;
    case PR_SET_CHILD_SUBREAPER: task.group.subreaper = a ? 1 : 0; return 0;
    case PR_GET_CHILD_SUBREAPER: return putUser32(a, task.group.subreaper) ? 0 : -EFAULT;
    case PR_GET_TID_ADDRESS: return putUser64(a, task.clearChildTid) ? 0 : -EFAULT;
    case PR_SET_TSC: return setTsc(a);
    case PR_GET_TSC: return putUser32(a, load<u32>(CPU + NO_TSC) ? PR_TSC_SIGSEGV : PR_TSC_ENABLE) ? 0 : -EFAULT;
    case PR_MCE_KILL: return mceKill(a, b, c, d);
    case PR_MCE_KILL_GET: return a | b | c | d ? -EINVAL : mceKillGet();
    case PR_SET_THP_DISABLE: return setThp(a, b, c, d);
    case PR_GET_THP_DISABLE: return a | b | c | d ? -EINVAL : thp();
    case PR_SET_MDWE: return b | c | d ? -EINVAL : setMdwe(a);
    case PR_GET_MDWE: return a | b | c | d ? -EINVAL : <i64>(task.mm.modes & (MM_MDWE | MM_MDWE_NO_INHERIT));
    case PR_SET_IO_FLUSHER: return ioFlusher(true, a, b, c, d);
    case PR_GET_IO_FLUSHER: return ioFlusher(false, a, b, c, d);
    case PR_GET_TIMING: return PR_TIMING_STATISTICAL;
    case PR_SET_TIMING: return a == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
    // There are no performance events to switch.
    case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE: return 0;
    case PR_GET_SPECULATION_CTRL: return speculation(false, a, b, c, d);
    case PR_SET_SPECULATION_CTRL: return speculation(true, a, b, c, d);
    case PR_SET_SYSCALL_USER_DISPATCH: return a | b | c | d ? -EINVAL : 0;
    case PR_GET_SECCOMP: return task.seccomp;
    case PR_GET_AUXV: return c | d ? -EINVAL : getAuxv(a, b);
    case PR_SET_MM: return prctlMm(a, b, c, d);
    default: return prctlCred(<i32>option, a, b, c, d);
  }
}
