// poll(2), ppoll(2), select(2), pselect6(2).
import { EBADF, EFAULT, EINTR, EINVAL, ENOMEM, ETIMEDOUT } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { RLIMIT_NOFILE } from "../abi/resource";
import { fdGet } from "../fs/fdtable";
import { filePoll } from "../fs/ops";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copyIn, copyOut, getUser64, userValue } from "../mm/usercopy";
import { now } from "../task/clock";
import { sigmaskRestore, sigmaskSwap } from "../task/signal";
import { TF_DEADLINE, current } from "../task/task";
import { BLOCKED, ERESTARTNOHAND, block, isRetry, isTimedOut, waitDeadline, waitersDrop } from "../task/wait";
import { timespecIn } from "./time";

/** Events of one descriptor: POLLNVAL when there is none. */
function eventsOf(fd: i32, wanted: u32, watch: bool): u32 {
  const file = fdGet(fd);
  if (!file) return POLLNVAL;
  return filePoll(file, watch) & (wanted | POLLERR | POLLHUP);
}

/** Polls the array of struct pollfd at `list` (kernel memory): how many have events. */
function pollOnce(list: usize, count: u32, watch: bool): i64 {
  let ready: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const p = list + (i << 3);
    const fd = load<i32>(p);
    const events = fd < 0 ? 0 : eventsOf(fd, load<u16>(p, 4), watch);
    store<u16>(p, <u16>events, 6);
    if (events) ready++;
  }
  return ready;
}

/** timeout in ns, −1 = for ever. */
function pollWait(fds: u64, count: u64, timeout: i64): i64 {
  if (count > load<u64>(current.group.rlimits + RLIMIT_NOFILE * 16)) return -EINVAL;
  const n = <u32>count;
  const list = kmalloc(max<u32>(n << 3, 8));
  if (!list) return -ENOMEM;
  let result: i64 = -EFAULT;
  if (copyIn(list, fds, n << 3)) result = pollReady(list, n, timeout);
  if (result >= 0) {
    for (let i: u32 = 0; i < n && result >= 0; i++) if (!copyOut(fds + <u64>(i << 3) + 6, list + (i << 3) + 6, 2)) result = -EFAULT;
  }
  kfree(list);
  return result;
}

function pollReady(list: usize, n: u32, timeout: i64): i64 {
  const ready = pollOnce(list, n, false);
  if (ready || !timeout || isTimedOut()) return ready;
  if (timeout > 0) waitDeadline(now() + timeout);
  pollOnce(list, n, true);
  const r = block();
  if (r == BLOCKED) return r;
  waitersDrop(current);
  return r == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}

export function sys_poll(fds: u64, count: u64, timeout: u64): i64 {
  const ms = <i32>timeout;
  return pollWait(fds, <u64><u32>count, ms < 0 ? -1 : <i64>ms * 1_000_000);
}

/** Installs the mask of a p-call at its first run; 0 or −errno. */
export function maskBegin(mask: u64, size: u64): i64 {
  if (!mask || isRetry()) return 0;
  if (size != 8) return -EINVAL;
  if (!getUser64(mask)) return -EFAULT;
  sigmaskSwap(userValue);
  return 0;
}

/** The mask stays until a handler has run when the call was interrupted; else it goes at once. */
export function maskEnd(result: i64): i64 {
  if (result != BLOCKED && result != -ERESTARTNOHAND && result != -EINTR) sigmaskRestore();
  return result;
}

export function sys_ppoll(fds: u64, count: u64, timeout: u64, mask: u64, size: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    ns = timespecIn(timeout);
    if (ns < 0) return ns;
  }
  const error = maskBegin(mask, size);
  if (error) return error;
  return maskEnd(pollWait(fds, <u64><u32>count, ns));
}

const SETS = memory.data(768, 8); // three sets in, three out, 128 bytes each

function bit(set: usize, fd: u32): bool {
  return ((load<u8>(SETS + set + (fd >> 3)) >> (fd & 7)) & 1) != 0;
}

function setBit(set: usize, fd: u32): void {
  const at = SETS + set + (fd >> 3);
  store<u8>(at, load<u8>(at) | <u8>(<u32>1 << (fd & 7)));
}

/** One pass over the sets: bits found, −EBADF. */
function selectOnce(n: u32, watch: bool): i64 {
  let found: i64 = 0;
  memory.fill(SETS + 384, 0, 384);
  for (let fd: u32 = 0; fd < n; fd++) {
    const r = bit(0, fd);
    const w = bit(128, fd);
    const x = bit(256, fd);
    if (!r && !w && !x) continue;
    const file = fdGet(fd);
    if (!file) return -EBADF;
    const events = filePoll(file, watch);
    if (r && events & (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)) {
      setBit(384, fd);
      found++;
    }
    if (w && events & (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)) {
      setBit(512, fd);
      found++;
    }
    if (x && events & POLLPRI) {
      setBit(640, fd);
      found++;
    }
  }
  return found;
}

function setIn(to: usize, from: u64, bytes: u32): bool {
  memory.fill(SETS + to, 0, 128);
  return !from || copyIn(SETS + to, from, bytes);
}

function selectWait(count: u64, reads: u64, writes: u64, excepts: u64, timeout: i64): i64 {
  if (<i32>count < 0) return -EINVAL;
  const n = min<u32>(<u32>count, 1024);
  const bytes = ((n + 63) >> 6) << 3;
  if (!setIn(0, reads, bytes) || !setIn(128, writes, bytes) || !setIn(256, excepts, bytes)) return -EFAULT;
  let found = selectOnce(n, false);
  if (found < 0) return found;
  if (!found && timeout && !isTimedOut()) {
    if (timeout > 0) waitDeadline(now() + timeout);
    selectOnce(n, true);
    const r = block();
    if (r == BLOCKED) return r;
    waitersDrop(current);
    if (r != -ETIMEDOUT) return -ERESTARTNOHAND;
    memory.fill(SETS + 384, 0, 384);
    found = 0;
  }
  if (reads && !copyOut(reads, SETS + 384, bytes)) return -EFAULT;
  if (writes && !copyOut(writes, SETS + 512, bytes)) return -EFAULT;
  if (excepts && !copyOut(excepts, SETS + 640, bytes)) return -EFAULT;
  return found;
}

const TIME = memory.data(16, 8);

/** Linux leaves the time that is left in the timeout; select(2). */
function leftOut(to: u64, timeout: i64, micro: bool): void {
  if (!to || timeout < 0) return;
  const deadline = current.flags & TF_DEADLINE ? current.deadline : now() + timeout
  const t = now();
  const left = deadline > t ? deadline - t : 0;
  store<u64>(TIME, left / 1_000_000_000);
  store<u64>(TIME, micro ? (left % 1_000_000_000) / 1000 : left % 1_000_000_000, 8);
  copyOut(to, TIME, 16);
}

export function sys_select(count: u64, reads: u64, writes: u64, excepts: u64, timeout: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    if (!copyIn(TIME, timeout, 16)) return -EFAULT;
    const sec = load<i64>(TIME);
    const usec = load<i64>(TIME, 8);
    if (sec < 0 || usec < 0) return -EINVAL;
    ns = sec > 9_000_000_000 ? -1 : sec * 1_000_000_000 + usec * 1000;
  }
  const r = selectWait(count, reads, writes, excepts, ns);
  if (r != BLOCKED && ns >= 0) leftOut(timeout, ns, true);
  return r;
}

export function sys_pselect6(count: u64, reads: u64, writes: u64, excepts: u64, timeout: u64, maskArgument: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    ns = timespecIn(timeout);
    if (ns < 0) return ns;
  }
  if (maskArgument) {
    if (!copyIn(TIME, maskArgument, 16)) return -EFAULT;
    const error = maskBegin(load<u64>(TIME), load<u64>(TIME, 8));
    if (error) return error;
  }
  const r = maskEnd(selectWait(count, reads, writes, excepts, ns));
  if (r != BLOCKED && ns >= 0) leftOut(timeout, ns, false);
  return r;
}
