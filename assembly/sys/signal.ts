// rt_sigaction(2), rt_sigprocmask(2), rt_sigreturn(2), kill(2), tkill(2), sigaltstack(2), pause(2), rt_sigsuspend(2),
// rt_sigpending(2), rt_sigtimedwait(2), rt_sigqueueinfo(2).
import { EAGAIN, EFAULT, EINVAL, EPERM, ESRCH, ETIMEDOUT } from "../abi/errno";
import { SIGINFO_SI_CODE, SIGINFO_SI_SIGNO, SIGKILL, SIGSTOP, SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK, SIZEOF_SIGINFO, SI_TKILL } from "../abi/signal";
import { CPU, RAX, RSP } from "../cpu/state";
import { copyIn, copyOut, getUser64, putUser64, userValue } from "../mm/usercopy";
import { now } from "../task/clock";
import { IGNORED_BY_DEFAULT, NEVER_BLOCKED, SIGWAIT, SIG_DFL, SIG_IGN, actionOf, forceSegv, infoOfSender, killPermission, sigbit, sigmaskSwap, signalDiscard, signalGroup, signalKill, signalPendingSet, signalTake, signalTask } from "../task/signal";
import { altStackFlags, altStackSet, frameRestore, onAltStack } from "../task/sigframe";
import { groupFind, taskFind } from "../task/table";
import { Task, current } from "../task/task";
import { BLOCKED, ERESTARTNOHAND, NO_RESULT, block, isRetry, waitDeadline, endsEarly } from "../task/wait";

const BUFFER = memory.data(128, 8);
const SETSIZE: u64 = 8;

export function sys_rt_sigaction(signalArg: u64, action: u64, old: u64, size: u64): i64 {
  if (size != SETSIZE) return -EINVAL;
  const signal = <i32>signalArg;
  if (action && !copyIn(BUFFER, action, 32)) return -EFAULT;
  if (signal < 1 || signal > 64 || (action && (signal == SIGKILL || signal == SIGSTOP))) return -EINVAL;
  const task = current;
  const slot = actionOf(task.sighand, signal);
  memory.copy(OLD, slot, 32);
  if (action) {
    memory.copy(slot, BUFFER, 32);
    store<u64>(slot, load<u64>(slot, 24) & ~NEVER_BLOCKED, 24);
    // Flags that Linux does not know are cleared, so that a program can find out.
    store<u64>(slot, load<u64>(slot, 8) & 0xdc000c07, 8);
    const handler = load<u64>(slot);
    if (handler == SIG_IGN || (handler == SIG_DFL && IGNORED_BY_DEFAULT & sigbit(signal))) signalDiscard(task.group, sigbit(signal));
  }
  return old && !copyOut(old, OLD, 32) ? -EFAULT : 0;
}

const OLD = memory.data(32, 8);

export function sys_rt_sigprocmask(how: u64, set: u64, old: u64, size: u64): i64 {
  if (size != SETSIZE) return -EINVAL;
  const task = current;
  const before = task.sigmask;
  if (set) {
    if (!getUser64(set)) return -EFAULT;
    const mask = userValue & ~NEVER_BLOCKED;
    switch (<i32>how) {
      case SIG_BLOCK: task.sigmask = before | mask; break;
      case SIG_UNBLOCK: task.sigmask = before & ~mask; break;
      case SIG_SETMASK: task.sigmask = mask; break;
      default: return -EINVAL;
    }
  }
  return old && !putUser64(old, before) ? -EFAULT : 0;
}

export function sys_rt_sigpending(set: u64, size: u64): i64 {
  if (size > SETSIZE) return -EINVAL;
  store<u64>(BUFFER, signalPendingSet(current) & current.sigmask);
  return copyOut(set, BUFFER, size) ? 0 : -EFAULT;
}

export function sys_rt_sigreturn(): i64 {
  if (!frameRestore()) {
    store<u64>(CPU + RAX, 0);
    forceSegv(current, 0);
  }
  return NO_RESULT;
}

export function sys_rt_sigsuspend(set: u64, size: u64): i64 {
  if (size != SETSIZE) return -EINVAL;
  if (!isRetry()) {
    if (!getUser64(set)) return -EFAULT;
    sigmaskSwap(userValue);
  }
  const r = block();
  return r == BLOCKED ? r : -ERESTARTNOHAND;
}

export function sys_pause(): i64 {
  const r = block();
  return r == BLOCKED ? r : -ERESTARTNOHAND;
}

export function sys_kill(pid: u64, signal: u64): i64 {
  if (<i32>pid == i32.MIN_VALUE) return -ESRCH;
  return signalKill(<i32>pid, <i32>signal);
}

function toThread(tgid: i32, tid: i32, signal: i32, info: usize): i64 {
  const task = taskFind(tid);
  if (!task || (tgid > 0 && task.group.pid != tgid)) return -ESRCH;
  if (<u32>signal > 64) return -EINVAL;
  const error = killPermission(task, signal);
  if (error) return error;
  return signal ? signalTask(task, signal, info) : 0;
}

export function sys_tkill(tid: u64, signal: u64): i64 {
  if (<i32>tid <= 0) return -EINVAL;
  return toThread(0, <i32>tid, <i32>signal, infoOfSender(<i32>signal, SI_TKILL));
}

export function sys_tgkill(tgid: u64, tid: u64, signal: u64): i64 {
  if (<i32>tgid <= 0 || <i32>tid <= 0) return -EINVAL;
  return toThread(<i32>tgid, <i32>tid, <i32>signal, infoOfSender(<i32>signal, SI_TKILL));
}

/** Copies a siginfo in and checks that it does not pretend to come from the kernel. */
function infoIn(pid: i32, signal: i32, info: u64): i32 {
  if (!copyIn(BUFFER, info, SIZEOF_SIGINFO)) return -EFAULT;
  store<i32>(BUFFER + SIGINFO_SI_SIGNO, signal);
  const code = load<i32>(BUFFER + SIGINFO_SI_CODE);
  if ((code >= 0 || code == SI_TKILL) && current.tid != pid) return -EPERM;
  return 0;
}

export function sys_rt_sigqueueinfo(pid: u64, signal: u64, info: u64): i64 {
  const error = infoIn(<i32>pid, <i32>signal, info);
  if (error) return error;
  const leading = groupFind(<i32>pid);
  const thread = taskFind(<i32>pid);
  if (!leading && !thread) return -ESRCH;
  const group = leading ? leading : changetype<Task>(changetype<usize>(thread)).group;
  if (<u32>signal > 64) return -EINVAL;
  const refused = killPermission(group.leader, <i32>signal);
  if (refused) return refused;
  return signal ? signalGroup(group, <i32>signal, BUFFER) : 0;
}

export function sys_rt_tgsigqueueinfo(tgid: u64, tid: u64, signal: u64, info: u64): i64 {
  if (!copyIn(BUFFER, info, SIZEOF_SIGINFO)) return -EFAULT;
  if (<i32>tgid <= 0 || <i32>tid <= 0) return -EINVAL;
  const error = infoIn(<i32>tid, <i32>signal, info);
  if (error) return error;
  return toThread(<i32>tgid, <i32>tid, <i32>signal, BUFFER);
}

export function sys_sigaltstack(stack: u64, old: u64): i64 {
  const task = current;
  const sp = load<u64>(CPU + RSP);
  store<u64>(OLD, task.altStack);
  store<u64>(OLD, altStackFlags(task, sp) | (task.altFlags & 0x80000000), 8);
  store<u64>(OLD, task.altSize, 16);
  if (stack) {
    if (!copyIn(BUFFER, stack, 24)) return -EFAULT;
    if (onAltStack(task, sp)) return -EPERM;
    const error = altStackSet(task, load<u64>(BUFFER), load<u32>(BUFFER, 8), load<u64>(BUFFER, 16));
    if (error) return error;
  }
  return old && !copyOut(old, OLD, 24) ? -EFAULT : 0;
}

/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
const STOPS: u64 = 0x3c0000;

/** Signals of `set` that end the process although it waits for them: it did not block them before; kernel: complete_signal(). */
function deadly(task: Task, set: u64): u64 {
  let left = set & ~(task.sigmask | IGNORED_BY_DEFAULT | STOPS);
  let found: u64 = 0;
  while (left) {
    const n = <i32>ctz(left);
    left &= left - 1;
    if (load<u64>(actionOf(task.sighand, n + 1)) == SIG_DFL) found |= <u64>1 << n;
  }
  return found;
}

export function sys_rt_sigtimedwait(set: u64, info: u64, timeout: u64, size: u64): i64 {
  if (size != SETSIZE) return -EINVAL;
  if (!getUser64(set)) return -EFAULT;
  const task = current;
  const wanted = userValue & ~NEVER_BLOCKED;
  let ns: u64 = u64.MAX_VALUE;
  if (timeout) {
    if (!copyIn(BUFFER, timeout, 16)) return -EFAULT;
    const sec = load<i64>(BUFFER);
    const nsec = load<u64>(BUFFER, 8);
    if (sec < 0 || nsec >= 1_000_000_000) return -EINVAL;
    ns = <u64>sec * 1_000_000_000 + nsec;
  }
  const signal = signalTake(task, wanted & ~deadly(task, wanted), BUFFER);
  if (signal) {
    task.sysProgress = 0;
    return info && !copyOut(info, BUFFER, SIZEOF_SIGINFO) ? -EFAULT : signal;
  }
  if (!ns) return -EAGAIN;
  if (endsEarly()) return -4;
  if (ns != u64.MAX_VALUE) waitDeadline(now() + ns);
  task.sysProgress = SIGWAIT;
  task.restartArg = wanted;
  const r = block();
  if (r == BLOCKED) return r;
  task.sysProgress = 0;
  // Interrupted by another signal's handler: EINTR, never restarted.
  return r == -ETIMEDOUT ? -EAGAIN : -4;
}
