// signalfd(2): pending signals that are read. Its readers sleep on the queue of their signal handlers, which is told
// of every signal. Kernel: fs/signalfd.c.
import { EAGAIN, EFAULT, EINVAL } from "../abi/errno";
import { POLLIN } from "../abi/poll";
import {
  SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGINFO_SI_ADDR, SIGINFO_SI_BAND, SIGINFO_SI_CODE, SIGINFO_SI_ERRNO, SIGINFO_SI_FD, SIGINFO_SI_OVERRUN, SIGINFO_SI_PID, SIGINFO_SI_SIGNO, SIGINFO_SI_STATUS,
  SIGINFO_SI_STIME, SIGINFO_SI_TIMERID, SIGINFO_SI_UID, SIGINFO_SI_UTIME, SIGINFO_SI_VALUE, SIGKILL, SIGNALFD_SIGINFO_SSI_ADDR, SIGNALFD_SIGINFO_SSI_BAND, SIGNALFD_SIGINFO_SSI_CODE,
  SIGNALFD_SIGINFO_SSI_ERRNO, SIGNALFD_SIGINFO_SSI_FD, SIGNALFD_SIGINFO_SSI_INT, SIGNALFD_SIGINFO_SSI_OVERRUN, SIGNALFD_SIGINFO_SSI_PID, SIGNALFD_SIGINFO_SSI_PTR, SIGNALFD_SIGINFO_SSI_SIGNO,
  SIGNALFD_SIGINFO_SSI_STATUS, SIGNALFD_SIGINFO_SSI_STIME, SIGNALFD_SIGINFO_SSI_TID, SIGNALFD_SIGINFO_SSI_UID, SIGNALFD_SIGINFO_SSI_UTIME, SIGPOLL, SIGSEGV, SIGSTOP, SIGTRAP, SIZEOF_SIGINFO,
  SIZEOF_SIGNALFD_SIGINFO, SI_KERNEL, SI_TIMER, SI_USER,
} from "../abi/signal";
import { kzalloc } from "../mm/kmalloc";
import { messageOut, messageVector } from "../net/message";
import { copyOut } from "../mm/usercopy";
import { sighandQueue, signalPendingSet, signalTake } from "../task/signal";
import { current } from "../task/task";
import { sleepOn, waitOn, wakeAll } from "../task/wait";

@unmanaged
export class SignalFd {
  mask: u64;
}

export function signalfdNew(mask: u64): SignalFd | null {
  const s = changetype<SignalFd>(kzalloc(offsetof<SignalFd>()));
  if (!changetype<usize>(s)) return null;
  signalfdSet(s, mask);
  return s;
}

/** Which signals are read; SIGKILL and SIGSTOP never. */
export function signalfdSet(s: SignalFd, mask: u64): void {
  s.mask = mask & ~(((<u64>1) << (SIGKILL - 1)) | ((<u64>1) << (SIGSTOP - 1)));
  wakeAll(sighandQueue(current.sighand), POLLIN);
}

const INFO = memory.data(SIZEOF_SIGINFO, 8);
const RECORD = memory.data(SIZEOF_SIGNALFD_SIGINFO, 8);

// What a siginfo holds besides its three first numbers; kernel: siginfo_layout().
const KILL: u32 = 0;
const TIMER: u32 = 1;
const POLL: u32 = 2;
const FAULT: u32 = 3;
const CHILD: u32 = 4;
const QUEUED: u32 = 5;
const SI_SIGIO: i32 = -5;
/** The codes that SIGPOLL has. */
const POLL_CODES: i32 = 6;

function layoutOf(signal: i32, code: i32): u32 {
  if (code <= SI_USER || code >= SI_KERNEL) return code == SI_TIMER ? TIMER : code == SI_SIGIO ? POLL : code < 0 ? QUEUED : KILL;
  switch (signal) {
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP: return FAULT;
    case SIGCHLD: return CHILD;
    default: return signal == SIGPOLL || code <= POLL_CODES ? POLL : KILL;
  }
}

/** A word of the siginfo to the record. */
// @ts-ignore: decorator
@inline
function word(to: usize, from: usize): void {
  store<u32>(RECORD + to, load<u32>(INFO + from));
}

/** The siginfo at INFO as struct signalfd_siginfo at RECORD: signalfd_copyinfo(). */
function convert(): void {
  memory.fill(RECORD, 0, SIZEOF_SIGNALFD_SIGINFO);
  word(SIGNALFD_SIGINFO_SSI_SIGNO, SIGINFO_SI_SIGNO);
  word(SIGNALFD_SIGINFO_SSI_ERRNO, SIGINFO_SI_ERRNO);
  word(SIGNALFD_SIGINFO_SSI_CODE, SIGINFO_SI_CODE);
  const layout = layoutOf(load<i32>(INFO + SIGINFO_SI_SIGNO), load<i32>(INFO + SIGINFO_SI_CODE));
  if (layout == KILL || layout == CHILD || layout == QUEUED) {
    word(SIGNALFD_SIGINFO_SSI_PID, SIGINFO_SI_PID);
    word(SIGNALFD_SIGINFO_SSI_UID, SIGINFO_SI_UID);
  }
  if (layout == TIMER) {
    word(SIGNALFD_SIGINFO_SSI_TID, SIGINFO_SI_TIMERID);
    word(SIGNALFD_SIGINFO_SSI_OVERRUN, SIGINFO_SI_OVERRUN);
  }
  if (layout == TIMER || layout == QUEUED) {
    store<u64>(RECORD + SIGNALFD_SIGINFO_SSI_PTR, load<u64>(INFO + SIGINFO_SI_VALUE));
    word(SIGNALFD_SIGINFO_SSI_INT, SIGINFO_SI_VALUE);
  }
  if (layout == POLL) {
    word(SIGNALFD_SIGINFO_SSI_BAND, SIGINFO_SI_BAND);
    word(SIGNALFD_SIGINFO_SSI_FD, SIGINFO_SI_FD);
  }
  if (layout == FAULT) store<u64>(RECORD + SIGNALFD_SIGINFO_SSI_ADDR, load<u64>(INFO + SIGINFO_SI_ADDR));
  if (layout == CHILD) {
    word(SIGNALFD_SIGINFO_SSI_STATUS, SIGINFO_SI_STATUS);
    store<u64>(RECORD + SIGNALFD_SIGINFO_SSI_UTIME, load<u64>(INFO + SIGINFO_SI_UTIME));
    store<u64>(RECORD + SIGNALFD_SIGINFO_SSI_STIME, load<u64>(INFO + SIGINFO_SI_STIME));
  }
}

/** Takes a signal to RECORD: 0, −EAGAIN, BLOCKED. */
function take(s: SignalFd, nonblock: bool): i64 {
  if (!signalTake(current, s.mask, INFO)) return nonblock ? -EAGAIN : sleepOn(sighandQueue(current.sighand));
  convert();
  return 0;
}

/** Reads as many as there are and fit; only the first is waited for. */
export function signalfdRead(s: SignalFd, to: u64, size: u64, nonblock: bool): i64 {
  let room = size / SIZEOF_SIGNALFD_SIGINFO;
  if (!room) return -EINVAL;
  let done: i64 = 0;
  for (; room; room--) {
    const r = take(s, nonblock || done != 0);
    if (r) return done ? done : r;
    if (!copyOut(to + done, RECORD, SIZEOF_SIGNALFD_SIGINFO)) return done ? done : -EFAULT;
    done += SIZEOF_SIGNALFD_SIGINFO;
  }
  return done;
}

/** …over the pieces of a vector. */
export function signalfdReadVector(s: SignalFd, iov: usize, count: u32, total: u64, nonblock: bool): i64 {
  let room = total / SIZEOF_SIGNALFD_SIGINFO;
  if (!room) return -EINVAL;
  const m = messageVector(iov, count, total);
  let done: i64 = 0;
  for (; room; room--) {
    const r = take(s, nonblock || done != 0);
    if (r) return done ? done : r;
    if (!messageOut(m, RECORD, SIZEOF_SIGNALFD_SIGINFO)) return done ? done : -EFAULT;
    done += SIZEOF_SIGNALFD_SIGINFO;
  }
  return done;
}

export function signalfdPoll(s: SignalFd, watch: bool): u32 {
  const task = current;
  if (watch) waitOn(sighandQueue(task.sighand));
  return signalPendingSet(task) & s.mask ? POLLIN : 0;
}
