// Terminals: a line discipline between a guest's side (the slave) and the other side, which is a guest's file
// (the master of a pseudo-terminal) or the host's terminal. pty(7), termios(3); kernel: drivers/tty.
//
//   master's write, or the host's input ──► inputChar (ldisc.ts) ──► buffer ──► slave's read
//   master's read,  or hostOutput       ◄── out ring             ◄── OPOST  ◄── slave's write, echo
import { ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ICANON, ICRNL, IEXTEN, ISIG, IXON, ONLCR, OPOST, B38400, CREAD, CS8, TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHWRITE, TIOCPKT_START, TIOCPKT_STOP } from "../abi/ioctl";
import { POLL_IN, SIGCONT, SIGHUP, SIGWINCH, SI_KERNEL } from "../abi/signal";
import { fasyncKill } from "../fs/fasync";
import { hostOutput } from "../imports";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Group, Task, WaitQueue } from "../task/task";
import { infoOfKernel, signalGroup } from "../task/signal";
import { taskAfter, taskFirst } from "../task/table";
import { wakeAll } from "../task/wait";

/** File.private0: which end it is. */
export const SIDE_SLAVE: u32 = 0;
export const SIDE_MASTER: u32 = 1;
/** N_TTY_BUF_SIZE */
export const BUFFER_BYTES: u32 = 4096;
/** What the slave may write ahead of the master's reads. */
export const OUT_BYTES: u32 = 8192;
/** struct ktermios: four flag words, c_line, c_cc[19], then the speeds of termios2. */
export const TERMIOS_BYTES: u32 = 36;
export const TERMIOS2_BYTES: u32 = 44;
export const CC: usize = 17;
const SPEED: u32 = 38400;

@unmanaged
export class Tty {
  iflag: u32;
  oflag: u32;
  cflag: u32;
  lflag: u32;
  /** c_line, c_cc[19] */
  line0: u32;
  line1: u32;
  line2: u32;
  line3: u32;
  line4: u32;
  ispeed: u32;
  ospeed: u32;
  /** struct winsize */
  rows: u16;
  columns: u16;
  xpixel: u16;
  ypixel: u16;
  /** Number in devpts. */
  index: u32;
  /** Host stream that shows the output; the other side is the host. −1: it is a master. */
  hostStream: i32;
  /** Session and foreground process group; 0 = none. */
  sid: i32;
  pgid: i32;
  /** Input: a ring, and a bit for each place that ends a line. */
  buffer: usize;
  marks: usize;
  head: u32;
  canonHead: u32;
  tail: u32;
  /** The end of the input is no line's end but is given to readers all the same (the mode has just changed). */
  push: u32;
  column: u32;
  canonColumn: u32;
  literalNext: u32;
  erasing: u32;
  /** Output is stopped by ^S or tcflow. */
  stopped: u32;
  out: usize;
  outHead: u32;
  outTail: u32;
  /** Open files of the sides. */
  slaves: u32;
  masters: u32;
  /** TIOCSPTLCK, TIOCEXCL, TIOCPKT, and what the master is to be told in packet mode. */
  locked: u32;
  exclusive: u32;
  packet: u32;
  packetStatus: u32;
  /** Counts hang-ups: files opened before the last one are dead. */
  hangups: u32;
  /** The slave was open once and is closed: the master reads EIO. */
  slaveGone: u32;
  /** Inode of the slave's device, while it has a name. */
  dentry: u32;
  slaveReaders: WaitQueue;
  slaveReadersPrev: u32;
  slaveWriters: WaitQueue;
  slaveWritersPrev: u32;
  masterReaders: WaitQueue;
  masterReadersPrev: u32;
  masterWriters: WaitQueue;
  masterWritersPrev: u32;
}

export function slaveReaders(t: Tty): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(t) + offsetof<Tty>("slaveReaders"));
}

export function slaveWriters(t: Tty): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(t) + offsetof<Tty>("slaveWriters"));
}

export function masterReaders(t: Tty): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(t) + offsetof<Tty>("masterReaders"));
}

export function masterWriters(t: Tty): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(t) + offsetof<Tty>("masterWriters"));
}

/** INIT_C_CC: ^C ^\ DEL ^U ^D, TIME 0, MIN 1, no SWTC, ^Q ^S ^Z, no EOL, ^R ^O ^W ^V, no EOL2. */
const CONTROL = memory.data<u8>([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0]);

export function ttyNew(hostStream: i32): Tty | null {
  const t = changetype<Tty>(kzalloc(offsetof<Tty>()));
  if (!changetype<usize>(t)) return null;
  t.buffer = kmalloc(BUFFER_BYTES + BUFFER_BYTES / 8);
  t.out = hostStream < 0 ? kmalloc(OUT_BYTES) : 0;
  if (!t.buffer || (hostStream < 0 && !t.out)) {
    ttyFree(t);
    return null;
  }
  t.marks = t.buffer + BUFFER_BYTES;
  memory.fill(t.marks, 0, BUFFER_BYTES / 8);
  t.hostStream = hostStream;
  t.iflag = ICRNL | IXON;
  t.oflag = OPOST | ONLCR;
  t.cflag = B38400 | CS8 | CREAD;
  t.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  memory.copy(changetype<usize>(t) + CC, CONTROL, 19);
  t.ispeed = SPEED;
  t.ospeed = SPEED;
  slaveReaders(t).reset();
  slaveWriters(t).reset();
  masterReaders(t).reset();
  masterWriters(t).reset();
  return t;
}

export function ttyFree(t: Tty): void {
  if (t.buffer) kfree(t.buffer);
  if (t.out) kfree(t.out);
  kfree(changetype<usize>(t));
}

/** A control character of the settings; 0 = that one is off. */
// @ts-ignore: decorator
@inline
export function cc(t: Tty, index: u32): u32 {
  return load<u8>(changetype<usize>(t) + CC + index);
}

// ── output ──────────────────────────────────────────────────────────────────────────

/** Bytes that can be put out at once. */
export function outRoom(t: Tty): u32 {
  if (t.stopped) return 0;
  return t.hostStream >= 0 ? OUT_BYTES : OUT_BYTES - (t.outHead - t.outTail);
}

const HOST_BYTES: u32 = 1024;
const HOST = memory.data(1024, 8);
const HOST_STATE = memory.data(8, 8); // u32 bytes that wait at HOST

/** Puts out a byte for which there is room. */
export function outByte(t: Tty, c: u32): void {
  if (t.hostStream >= 0) {
    if (load<u32>(HOST_STATE) == HOST_BYTES) outFlush(t);
    const n = load<u32>(HOST_STATE);
    store<u8>(HOST + n, <u8>c);
    store<u32>(HOST_STATE, n + 1);
    return;
  }
  if (t.outHead - t.outTail == OUT_BYTES) return;
  store<u8>(t.out + (t.outHead & (OUT_BYTES - 1)), <u8>c);
  t.outHead++;
}

/** The other side gets what was put out. */
export function outFlush(t: Tty): void {
  if (t.hostStream < 0) {
    if (t.outHead == t.outTail) return;
    wakeAll(masterReaders(t));
    fasyncKill(changetype<usize>(t), 1 << SIDE_MASTER, POLL_IN);
    return;
  }
  const n = load<u32>(HOST_STATE);
  store<u32>(HOST_STATE, 0);
  let done: u32 = 0;
  while (done < n) {
    const r = hostOutput(t.hostStream, HOST + done, <i32>(n - done));
    if (r <= 0) return; // the host's terminal is gone: nobody sees it
    done += r;
  }
}

/** ^S and ^Q, tcflow(3); kernel: stop_tty(), start_tty(). */
export function flowStop(t: Tty): void {
  if (t.stopped) return;
  t.stopped = 1;
  if (t.packet) packetTell(t, TIOCPKT_STOP, TIOCPKT_START);
}

export function flowStart(t: Tty): void {
  if (!t.stopped) return;
  t.stopped = 0;
  if (t.packet) packetTell(t, TIOCPKT_START, TIOCPKT_STOP);
  wakeAll(slaveWriters(t));
}

/** The master is to read `set` as a packet's control byte; bits of `clear` no longer hold. */
export function packetTell(t: Tty, set: u32, clear: u32): void {
  t.packetStatus = (t.packetStatus & ~clear) | set;
  wakeAll(masterReaders(t));
}

/** TCIFLUSH: what was typed and not read is forgotten. */
export function flushInput(t: Tty): void {
  t.head = t.canonHead = t.tail = 0;
  t.push = 0;
  t.erasing = 0;
  t.literalNext = 0;
  memory.fill(t.marks, 0, BUFFER_BYTES / 8);
  if (t.packet) packetTell(t, TIOCPKT_FLUSHREAD, 0);
  wakeAll(masterWriters(t));
}

/** TCOFLUSH: what was written and not seen is forgotten. */
export function flushOutput(t: Tty): void {
  t.outTail = t.outHead;
  if (t.packet) packetTell(t, TIOCPKT_FLUSHWRITE, 0);
  wakeAll(slaveWriters(t));
}

// ── sessions ────────────────────────────────────────────────────────────────────────

export function groupTty(group: Group): Tty | null {
  return changetype<Tty | null>(<usize>group.tty);
}

/** Sends a signal of the kernel to each process of a group. */
export function signalProcessGroup(pgid: i32, signal: i32): void {
  if (!pgid) return;
  for (let task: Task | null = taskFirst(); task; task = taskAfter(task)) {
    if (task.group.leader === task && task.group.pgid == pgid && !task.group.zombie) signalGroup(task.group, signal, infoOfKernel(signal, SI_KERNEL));
  }
}

/** The terminal is the session's of `group`, and its group is the foreground; kernel: __proc_set_tty(). */
export function ttyTake(t: Tty, group: Group): void {
  t.sid = group.sid;
  t.pgid = group.pgid;
  group.tty = <u32>changetype<usize>(t);
}

/** No process of the session has the terminal any more. */
export function sessionForget(t: Tty): void {
  for (let task: Task | null = taskFirst(); task; task = taskAfter(task)) {
    if (task.group.tty == <u32>changetype<usize>(t)) task.group.tty = 0;
  }
  t.sid = 0;
  t.pgid = 0;
}

/**
 * Everything that is open is dead, the session's leader hears of it; kernel: __tty_hangup(). `foreground`: whether
 * the foreground group does, too.
 */
export function ttyHangup(t: Tty, foreground: i32): void {
  t.hangups++;
  const sid = t.sid;
  const pgid = t.pgid;
  sessionForget(t);
  for (let task: Task | null = taskFirst(); sid && task; task = taskAfter(task)) {
    const group = task.group;
    if (group.leader !== task || group.sid != sid || group.pid != sid || group.zombie) continue;
    signalGroup(group, SIGHUP, infoOfKernel(SIGHUP, SI_KERNEL));
    signalGroup(group, SIGCONT, infoOfKernel(SIGCONT, SI_KERNEL));
  }
  if (foreground) signalProcessGroup(pgid, SIGHUP);
  wakeAll(slaveReaders(t));
  wakeAll(slaveWriters(t));
}

/** A session leader exits, or gives its terminal up (TIOCNOTTY); kernel: disassociate_ctty(). */
export function sessionLeaderLeaves(group: Group, exiting: i32): void {
  const t = groupTty(group);
  if (!t) return;
  const pgid = t.pgid;
  signalProcessGroup(pgid, SIGHUP);
  if (!exiting) signalProcessGroup(pgid, SIGCONT);
  sessionForget(t);
}

/** TIOCSWINSZ, or the host's window changed. */
export function ttyResize(t: Tty, size: u64): void {
  if (load<u64>(changetype<usize>(t) + offsetof<Tty>("rows")) == size) return;
  store<u64>(changetype<usize>(t) + offsetof<Tty>("rows"), size);
  signalProcessGroup(t.pgid, SIGWINCH);
}
