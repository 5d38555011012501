// poll(2), ppoll(2), select(2), pselect6(2).
import { EBADF, EFAULT, EINTR, EINVAL, ENOMEM, ETIMEDOUT } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { RLIMIT_NOFILE } from "../abi/resource";
import { fdGet, fdRoom } from "../fs/fdtable";
import { FILE_PATH } from "../fs/file";
import { filePoll } from "../fs/ops";
import { kfree, kmalloc } from "../mm/kmalloc";
import { STICKY_TIMEOUTS } from "../abi/personality";
import { copyIn, copyOut, getUser64, userValue } from "../mm/usercopy";
import { now } from "../task/clock";
import { sigmaskRestore, sigmaskSwap } from "../task/signal";
import { TF_DEADLINE, current } from "../task/task";
import { BLOCKED, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, block, isRetry, isTimedOut, waitDeadline, waitersDrop } from "../task/wait";
import { timespecIn } from "./timespec";

/** No end of a wait. */
const FOREVER: u64 = u64.MAX_VALUE;

/** Events of one descriptor: POLLNVAL when there is none. */
function eventsOf(fd: i32, wanted: u32, watch: bool): u32 {
  const file = fdGet(fd);
  if (!file || file.kind == FILE_PATH) return POLLNVAL;
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

/** Restart data of poll: restart_syscall(2) goes on with it; Task.restartKind. */
export const RESTART_POLL: u32 = 2;

/** The end of a wait of `timeoutNs` (−1 = for ever): absolute, 0 = look once. */
function endOf(timeoutNs: i64): u64 {
  return timeoutNs < 0 ? FOREVER : timeoutNs ? now() + timeoutNs : 0;
}

function pollWait(fds: u64, count: u32, end: u64): i64 {
  if (<u64>count > load<u64>(current.group.rlimits + RLIMIT_NOFILE * 16)) return -EINVAL;
  const list = kmalloc(max<u32>(count << 3, 8));
  if (!list) return -ENOMEM;
  let result: i64 = -EFAULT;
  if (copyIn(list, fds, count << 3)) result = pollReady(list, count, end);
  if (result >= 0) {
    for (let i: u32 = 0; i < count && result >= 0; i++) if (!copyOut(fds + <u64>(i << 3) + 6, list + (i << 3) + 6, 2)) result = -EFAULT;
  }
  kfree(list);
  return result;
}

function pollReady(list: usize, n: u32, end: u64): i64 {
  const ready = pollOnce(list, n, false);
  if (ready || !end || isTimedOut()) return ready;
  if (end != FOREVER) waitDeadline(end);
  pollOnce(list, n, true);
  const r = block();
  if (r == BLOCKED) return r;
  waitersDrop(current);
  return r == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}

/** poll(2) goes on after a stop with what was left of its time: do_restart_poll(). */
function pollTo(fds: u64, count: u32, end: u64): i64 {
  const r = pollWait(fds, count, end);
  if (r != -ERESTARTNOHAND) return r;
  const task = current;
  task.restartKind = RESTART_POLL;
  task.restartArg = fds;
  task.restartPad = count;
  task.restartDeadline = task.flags & TF_DEADLINE ? task.deadline : FOREVER;
  return -ERESTART_RESTARTBLOCK;
}

export function sys_poll(fds: u64, count: u64, timeout: u64): i64 {
  const ms = <i32>timeout;
  return pollTo(fds, <u32>count, endOf(ms < 0 ? -1 : <i64>ms * 1_000_000));
}

export function pollRestart(): i64 {
  const task = current;
  return pollTo(task.restartArg, task.restartPad, task.restartDeadline);
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

const TIME = memory.data(16, 8);

/**
 * Linux leaves the time that is left in the timeout, select(2), and cannot restart the call where it could not be
 * written: poll_select_finish().
 */
function finish(result: i64, to: u64, timeoutNs: i64, unitNs: u64): i64 {
  if (result == BLOCKED || timeoutNs <= 0) return result;
  // Kernel: poll_select_finish().
  if (current.personality & STICKY_TIMEOUTS) return result == -ERESTARTNOHAND ? -EINTR : result;
  const t = now();
  const end = current.flags & TF_DEADLINE ? current.deadline : t + timeoutNs;
  const left = end > t ? end - t : 0;
  store<u64>(TIME, left / 1_000_000_000);
  store<u64>(TIME, (left % 1_000_000_000) / unitNs, 8);
  return !copyOut(to, TIME, 16) && result == -ERESTARTNOHAND ? -EINTR : result;
}

export function sys_ppoll(fds: u64, count: u64, timeout: u64, mask: u64, size: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    ns = timespecIn(timeout);
    if (ns < 0) return ns;
  }
  const error = maskBegin(mask, size);
  if (error) return error;
  return finish(maskEnd(pollWait(fds, <u32>count, endOf(ns))), timeout, ns, 1);
}

// ── select ──────────────────────────────────────────────────────────────────────────

/** Three sets in and three out, each of setBytes, of the call in progress: in SMALL when they fit. */
let sets: usize = 0;
let setBytes: u32 = 0;
const SMALL_BYTES: u32 = 128;
const SMALL = memory.data(768, 8);

// @ts-ignore: decorator
@inline
function word(set: u32, fd: u32): usize {
  return sets + set * setBytes + ((fd >> 6) << 3);
}

function bit(set: u32, fd: u32): bool {
  return ((load<u64>(word(set, fd)) >> (fd & 63)) & 1) != 0;
}

function setBit(set: u32, fd: u32): void {
  const at = word(set, fd);
  store<u64>(at, load<u64>(at) | (<u64>1 << (fd & 63)));
}

/** One pass over the sets: bits found, −EBADF. */
function selectOnce(n: u32, watch: bool): i64 {
  let found: i64 = 0;
  memory.fill(sets + 3 * setBytes, 0, 3 * setBytes);
  for (let fd: u32 = 0; fd < n; fd++) {
    if (!(fd & 63) && !(load<u64>(word(0, fd)) | load<u64>(word(1, fd)) | load<u64>(word(2, fd)))) {
      fd += 63;
      continue;
    }
    const r = bit(0, fd);
    const w = bit(1, fd);
    const x = bit(2, fd);
    if (!r && !w && !x) continue;
    const file = fdGet(fd);
    if (!file || file.kind == FILE_PATH) return -EBADF;
    const events = filePoll(file, watch);
    if (r && events & (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)) {
      setBit(3, fd);
      found++;
    }
    if (w && events & (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)) {
      setBit(4, fd);
      found++;
    }
    if (x && events & POLLPRI) {
      setBit(5, fd);
      found++;
    }
  }
  return found;
}

function setIn(set: u32, from: u64): bool {
  const to = word(set, 0);
  memory.fill(to, 0, setBytes);
  return !from || copyIn(to, from, setBytes);
}

function setOut(set: u32, to: u64): bool {
  return !to || copyOut(to, word(set, 0), setBytes);
}

function selectWait(count: u64, reads: u64, writes: u64, excepts: u64, end: u64): i64 {
  if (<i32>count < 0) return -EINVAL;
  // Bits past the descriptor table are not looked at: core_sys_select().
  const n = min<u32>(<u32>count, fdRoom());
  setBytes = ((n + 63) >> 6) << 3;
  if (setBytes <= SMALL_BYTES) {
    sets = SMALL;
    return selectSets(n, reads, writes, excepts, end);
  }
  sets = kmalloc(6 * setBytes);
  if (!sets) return -ENOMEM;
  const result = selectSets(n, reads, writes, excepts, end);
  kfree(sets);
  return result;
}

function selectSets(n: u32, reads: u64, writes: u64, excepts: u64, end: u64): i64 {
  if (!setIn(0, reads) || !setIn(1, writes) || !setIn(2, excepts)) return -EFAULT;
  let found = selectOnce(n, false);
  if (found < 0) return found;
  if (!found && end && !isTimedOut()) {
    if (end != FOREVER) waitDeadline(end);
    selectOnce(n, true);
    const r = block();
    if (r == BLOCKED) return r;
    waitersDrop(current);
    if (r != -ETIMEDOUT) return -ERESTARTNOHAND;
    memory.fill(word(3, 0), 0, 3 * setBytes);
    found = 0;
  }
  return setOut(3, reads) && setOut(4, writes) && setOut(5, excepts) ? found : -EFAULT;
}

export function sys_select(count: u64, reads: u64, writes: u64, excepts: u64, timeout: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    if (!copyIn(TIME, timeout, 16)) return -EFAULT;
    const micros = load<i64>(TIME, 8);
    const sec = load<i64>(TIME) + micros / 1_000_000;
    if (sec < 0 || micros < 0) return -EINVAL;
    ns = sec > 9_000_000_000 ? -1 : sec * 1_000_000_000 + (micros % 1_000_000) * 1000;
  }
  return finish(selectWait(count, reads, writes, excepts, endOf(ns)), timeout, ns, 1000);
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
  return finish(maskEnd(selectWait(count, reads, writes, excepts, endOf(ns))), timeout, ns, 1);
}
