// Terminals as open files: reading, writing, polling and closing both sides. Kernel: drivers/tty/{n_tty,pty,tty_io}.c.
import { chooseShort } from "../lib/choose";
import { EAGAIN, EFAULT, EIO } from "../abi/errno";
import { ICANON, EXTPROC, TIOCPKT_DATA, TOSTOP, VMIN, VTIME } from "../abi/ioctl";
import { O_NONBLOCK } from "../abi/fcntl";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { SIGTTIN, SIGTTOU } from "../abi/signal";
import { hostWantInput } from "../imports";
import { File } from "../fs/file";
import { copyOutPartial, pagePiece, putUser8, userRead } from "../mm/usercopy";
import { now } from "../task/clock";
import { orphaned, signalBlockedOrIgnored } from "../task/signal";
import { TF_DEADLINE, TF_TIMED_OUT, WaitQueue, current } from "../task/task";
import { BLOCKED, ERESTARTSYS, isRetry, isTimedOut, sleepOn, waitDeadline, waitOn, wakeAll } from "../task/wait";
import { endsFile, inputAddress, inputBytes, inputTake, inputThere, inputTogether, lineEnds, lineLength, outputChar } from "./ldisc";
import { OUT_BYTES, SIDE_MASTER, SIDE_SLAVE, Tty, cc, masterReaders, masterWriters, outFlush, outRoom, signalProcessGroup, slaveReaders, slaveWriters, ttyHangup } from "./tty";
import { ptyForget } from "./pty";

// @ts-ignore: decorator
@inline
export function ttyOf(file: File): Tty {
  return changetype<Tty>(file.object);
}

/** A slave that was open when its terminal was hung up. */
export function isHungUp(file: File): bool {
  return file.private0 == SIDE_SLAVE && <u32>file.private1 != ttyOf(file).hangups;
}

/**
 * Whether a process of the background may do this: 0, −EIO, or −ERESTARTSYS after `signal` was sent to its group.
 * kernel: __tty_check_change()
 */
export function backgroundCheck(t: Tty, signal: i32): i64 {
  const group = current.group;
  if (group.tty != <u32>changetype<usize>(t) || !t.pgid || group.pgid == t.pgid) return 0;
  if (signalBlockedOrIgnored(current, signal)) return signal == SIGTTIN ? -EIO : 0;
  if (orphaned(group.pgid)) return -EIO;
  signalProcessGroup(group.pgid, signal);
  return -ERESTARTSYS;
}

export function ttyRead(file: File, to: u64, count: u64): i64 {
  if (!count) return 0;
  return file.private0 == SIDE_MASTER ? masterRead(file, to, count) : slaveRead(file, to, count);
}

function nonblocking(file: File): bool {
  return (file.flags & O_NONBLOCK) != 0;
}

function slaveRead(file: File, to: u64, count: u64): i64 {
  const t = ttyOf(file);
  if (isHungUp(file)) return isRetry() ? -EIO : 0;
  const refused = backgroundCheck(t, SIGTTIN);
  if (refused) return refused;
  return t.lflag & ICANON && !(t.lflag & EXTPROC) ? readLine(file, t, to, count) : readBytes(file, t, to, count);
}

/** The host is asked for input before a reader of its terminal sleeps. */
function waitForInput(t: Tty): i64 {
  if (t.hostStream >= 0) hostWantInput(0);
  return sleepOn(slaveReaders(t));
}

/** A line, or what of it fits. kernel: canon_copy_from_read_buf() */
function readLine(file: File, t: Tty, to: u64, count: u64): i64 {
  if (!inputThere(t, 1)) {
    if (!t.masters) return -EIO;
    return nonblocking(file) ? -EAGAIN : waitForInput(t);
  }
  const n = lineLength(t, <u32>min<u64>(count, 4096));
  const mark: u32 = lineEnds && endsFile(t, n - 1) ? 1 : 0;
  const got = giveInput(t, to, n - mark);
  if (got < 0) return got;
  if (mark) inputTake(t, 1);
  // An end of file right behind what was read whole belongs to it.
  else if (!lineEnds && <u64>n == count && t.canonHead != t.tail && endsFile(t, 0)) inputTake(t, 1);
  wakeAll(masterWriters(t));
  return got;
}

/** Moves input to the guest. */
function giveInput(t: Tty, to: u64, n: u32): i64 {
  let done: u32 = 0;
  while (done < n) {
    const piece = inputTogether(t, n - done);
    const left = copyOutPartial(to + done, inputAddress(t), piece);
    if (left) return done ? <i64>done : -EFAULT;
    inputTake(t, piece);
    done += piece;
  }
  return done;
}

/** VMIN and VTIME; sysProgress keeps what earlier runs got. termios(3): noncanonical mode. */
function readBytes(file: File, t: Tty, to: u64, count: u64): i64 {
  const task = current;
  const least = <u64>cc(t, VMIN);
  const timeNs = <u64>cc(t, VTIME) * 100_000_000;
  let done = task.sysProgress;
  const there = min<u64>(count - done, t.head - t.tail);
  const n = <u32>max(chooseShort(there), min(there, max<u64>(least, done) - done));
  if (n) {
    const got = giveInput(t, to + done, n);
    if (got < 0) return done ? <i64>done : got;
    done += got;
    wakeAll(masterWriters(t));
    if (done >= min(max<u64>(least, 1), count)) return done;
    // The timer runs from the last byte.
    task.flags &= ~(TF_DEADLINE | TF_TIMED_OUT);
  }
  if (!t.masters) return done ? <i64>done : -EIO;
  if (!least && !timeNs) return 0;
  if (isTimedOut()) return done;
  if (nonblocking(file)) return done ? <i64>done : -EAGAIN;
  if (timeNs && (done || !least)) waitDeadline(now() + timeNs);
  task.sysProgress = done;
  const r = waitForInput(t);
  if (r == BLOCKED) return r;
  return done || r != -ERESTARTSYS ? <i64>done : r;
}

function masterRead(file: File, to: u64, count: u64): i64 {
  const t = ttyOf(file);
  if (t.packet && t.packetStatus) {
    if (!putUser8(to, t.packetStatus)) return -EFAULT;
    t.packetStatus = 0;
    return 1;
  }
  const there = t.outHead - t.outTail;
  if (!there) {
    if (t.slaveGone) return -EIO;
    return nonblocking(file) ? -EAGAIN : sleepOn(masterReaders(t));
  }
  let done: u64 = 0;
  if (t.packet) {
    if (!putUser8(to, TIOCPKT_DATA)) return -EFAULT;
    done = 1;
  }
  while (done < count && t.outHead != t.outTail) {
    const at = t.outTail & (OUT_BYTES - 1);
    const n = <u32>min<u64>(min(OUT_BYTES - at, t.outHead - t.outTail), count - done);
    const left = copyOutPartial(to + done, t.out + at, n);
    if (left) return done ? <i64>done : -EFAULT;
    t.outTail += n;
    done += n;
  }
  wakeAll(slaveWriters(t));
  return done;
}

export function ttyWrite(file: File, from: u64, count: u64): i64 {
  return file.private0 == SIDE_MASTER ? masterWrite(file, from, count) : slaveWrite(file, from, count);
}

function slaveWrite(file: File, from: u64, count: u64): i64 {
  const t = ttyOf(file);
  if (isHungUp(file)) return -EIO;
  if (t.lflag & TOSTOP) {
    const refused = backgroundCheck(t, SIGTTOU);
    if (refused) return refused;
  }
  let done = current.sysProgress;
  if (!t.masters) return done ? <i64>done : -EIO;
  let full = false;
  while (done < count && !full) {
    const n = pagePiece(from + done, count - done);
    const host = userRead(from + done);
    if (!host) {
      outFlush(t);
      return done ? <i64>done : -EFAULT;
    }
    let i: u32 = 0;
    while (i < n && outputChar(t, load<u8>(host + i))) i++;
    full = i < n;
    done += i;
  }
  outFlush(t);
  return full ? waitToWrite(file, slaveWriters(t), done) : <i64>done;
}

function waitToWrite(file: File, queue: WaitQueue, done: u64): i64 {
  if (nonblocking(file)) return done ? <i64>done : -EAGAIN;
  current.sysProgress = done;
  const r = sleepOn(queue);
  return r == BLOCKED || !done ? r : <i64>done;
}

function masterWrite(file: File, from: u64, count: u64): i64 {
  const t = ttyOf(file);
  let done = current.sysProgress;
  let full = false;
  while (done < count && !full) {
    const n = pagePiece(from + done, count - done);
    const host = userRead(from + done);
    if (!host) return done ? <i64>done : -EFAULT;
    const taken = inputBytes(t, host, n);
    full = taken < n;
    done += taken;
  }
  return full ? waitToWrite(file, masterWriters(t), done) : <i64>done;
}

/** kernel: n_tty_poll(), hung_up_tty_poll() */
export function ttyPoll(file: File, watch: bool): u32 {
  const t = ttyOf(file);
  if (file.private0 == SIDE_MASTER) return masterPoll(t, watch);
  if (isHungUp(file)) return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
  if (watch) {
    if (t.hostStream >= 0) hostWantInput(0);
    waitOn(slaveReaders(t));
    waitOn(slaveWriters(t));
  }
  let mask: u32 = 0;
  const least = cc(t, VTIME) || !cc(t, VMIN) ? 1 : cc(t, VMIN);
  if (inputThere(t, least)) mask |= POLLIN | POLLRDNORM;
  if (!t.masters) mask |= POLLHUP;
  if (outRoom(t)) mask |= POLLOUT | POLLWRNORM;
  return mask;
}

function masterPoll(t: Tty, watch: bool): u32 {
  if (watch) {
    waitOn(masterReaders(t));
    waitOn(masterWriters(t));
  }
  let mask: u32 = 0;
  if (t.outHead != t.outTail) mask |= POLLIN | POLLRDNORM;
  if (t.packet && t.packetStatus) mask |= POLLPRI | POLLIN | POLLRDNORM;
  if (t.slaveGone) mask |= POLLHUP;
  if (t.head - t.tail < 4095) mask |= POLLOUT | POLLWRNORM;
  return mask;
}

/** The last descriptor of an open file is closed. kernel: pty_close() */
export function ttyRelease(file: File): void {
  const t = ttyOf(file);
  if (file.private0 == SIDE_MASTER) {
    t.masters = 0;
    t.packet = 0;
    ttyHangup(t, 0);
  } else if (--t.slaves == 0) {
    t.slaveGone = 1;
    t.packetStatus = 0;
    t.exclusive = 0;
    wakeAll(masterReaders(t));
    wakeAll(masterWriters(t));
  }
  ptyForget(t);
}
