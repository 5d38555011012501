// ioctl(2) of terminals: ioctl_tty(2). Kernel: drivers/tty/{tty_io,tty_ioctl,tty_jobctrl,n_tty,pty}.c.
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM, ESRCH } from "../abi/errno";
import {
  EXTPROC, FIONREAD, ICANON, IXON, TCFLSH, TCGETA, TCGETS, TCGETS2, TCIFLUSH, TCIOFF, TCIOFLUSH, TCION, TCOFLUSH, TCOOFF, TCOON, TCSBRK, TCSBRKP, TCSETA, TCSETAF, TCSETAW, TCSETS, TCSETS2, TCSETSF, TCSETSF2, TCSETSW,
  TCSETSW2, TCXONC, TIOCCBRK, TIOCEXCL, TIOCGDEV, TIOCGETD, TIOCGEXCL, TIOCGPGRP, TIOCGPKT, TIOCGPTLCK, TIOCGPTN, TIOCGPTPEER, TIOCGSID, TIOCGWINSZ, TIOCNOTTY, TIOCNXCL, TIOCOUTQ, TIOCPKT, TIOCPKT_DOSTOP, TIOCPKT_IOCTL,
  TIOCPKT_NOSTOP, TIOCSBRK, TIOCSCTTY, TIOCSETD, TIOCSIG, TIOCSPGRP, TIOCSPTLCK, TIOCSTI, TIOCSWINSZ, TIOCVHANGUP, VSTART, VSTOP,
} from "../abi/ioctl";
import { SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU } from "../abi/signal";
import { O_CLOEXEC } from "../abi/fcntl";
import { fdInstall } from "../fs/fdtable";
import { FMODE_READ, File } from "../fs/file";
import { copyIn, copyOut, getUser32, getUser8, putUser32, userValue } from "../mm/usercopy";
import { groupFind, taskAfter, taskFirst } from "../task/table";
import { Task, current } from "../task/task";
import { inputBytes, inputCount, settingsChanged } from "./ldisc";
import { peerOpen } from "./pty";
import { CC, TERMIOS2_BYTES, TERMIOS_BYTES, Tty, cc, flowStart, flowStop, flushInput, flushOutput, groupTty, outFlush, packetTell, sessionForget, sessionLeaderLeaves, signalProcessGroup, ttyHangup, ttyResize, ttyTake, SIDE_MASTER } from "./tty";
import { backgroundCheck, isHungUp, ttyOf } from "./ttyfile";

const CAP_SYS_ADMIN: u64 = 1 << 21;
const N_TTY: u32 = 0;
const WINSIZE_BYTES: u32 = 8;
/** struct termio: four u16 of flags, u8 c_line, u8 c_cc[8]. */
const TERMIO_BYTES: u32 = 18;

const WORK = memory.data(64, 8);

function admin(): bool {
  return (current.cred.capEffective & CAP_SYS_ADMIN) != 0;
}

export function ttyIoctl(file: File, request: u32, arg: u64): i64 {
  const t = ttyOf(file);
  if (isHungUp(file)) return request == TIOCSPGRP ? -ENOTTY : -EIO;
  const master = file.private0 == SIDE_MASTER;
  switch (request) {
    case TCGETS: return copyOut(arg, changetype<usize>(t), TERMIOS_BYTES) ? 0 : -EFAULT;
    case TCGETS2: return copyOut(arg, changetype<usize>(t), TERMIOS2_BYTES) ? 0 : -EFAULT;
    case TCGETA: return getTermio(t, arg);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
    case TCSETA:
    case TCSETAW:
    case TCSETAF: return setTermios(t, request, arg);
    case TIOCGWINSZ: return copyOut(arg, changetype<usize>(t) + offsetof<Tty>("rows"), WINSIZE_BYTES) ? 0 : -EFAULT;
    case TIOCSWINSZ:
      if (!copyIn(WORK, arg, WINSIZE_BYTES)) return -EFAULT;
      ttyResize(t, load<u64>(WORK));
      return 0;
    case FIONREAD: return putUser32(arg, master ? t.outHead - t.outTail : inputCount(t)) ? 0 : -EFAULT;
    case TIOCOUTQ: return putUser32(arg, 0) ? 0 : -EFAULT;
    case TCFLSH: return flush(t, arg, master);
    case TCXONC: return flow(t, arg);
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK: return backgroundCheck(t, SIGTTOU);
    case TIOCEXCL: t.exclusive = 1; return 0;
    case TIOCNXCL: t.exclusive = 0; return 0;
    case TIOCGEXCL: return putUser32(arg, t.exclusive) ? 0 : -EFAULT;
    case TIOCGETD: return putUser32(arg, N_TTY) ? 0 : -EFAULT;
    case TIOCSETD:
      if (!getUser32(arg)) return -EFAULT;
      return userValue == N_TTY ? backgroundCheck(t, SIGTTOU) : -EINVAL;
    case TIOCGDEV: return putUser32(arg, master ? 0x502 : (136 << 8) | t.index) ? 0 : -EFAULT;
    case TIOCSTI: return simulateInput(t, arg);
    case TIOCVHANGUP:
      if (!admin()) return -EPERM;
      ttyHangup(t, 0);
      return 0;
    default: return master ? masterIoctl(file, t, request, arg) : sessionIoctl(file, t, request, arg, false);
  }
}

/** Job control: ioctls of a session's terminal. `through`: asked of the master. kernel: tty_jobctrl_ioctl() */
function sessionIoctl(file: File, t: Tty, request: u32, arg: u64, through: bool): i64 {
  const group = current.group;
  const mine = group.tty == <u32>changetype<usize>(t);
  switch (request) {
    case TIOCGPGRP:
      if (!mine && !through) return -ENOTTY;
      return putUser32(arg, t.pgid) ? 0 : -EFAULT;
    case TIOCSPGRP: return setForeground(t, arg, mine);
    case TIOCGSID:
      if ((!mine && !through) || !t.sid) return -ENOTTY;
      return putUser32(arg, t.sid) ? 0 : -EFAULT;
    case TIOCSCTTY: return setControlling(file, t, arg);
    case TIOCNOTTY:
      if (!mine) return -ENOTTY;
      if (group.sessionLeader) sessionLeaderLeaves(group, 0);
      group.tty = 0;
      return 0;
    default: return -ENOTTY;
  }
}

function setForeground(t: Tty, arg: u64, mine: bool): i64 {
  const refused = backgroundCheck(t, SIGTTOU);
  if (refused) return refused;
  if (!mine || t.sid != current.group.sid) return -ENOTTY;
  if (!getUser32(arg)) return -EFAULT;
  const pgid = <i32>userValue;
  if (pgid < 0) return -EINVAL;
  let sid = 0;
  for (let task: Task | null = taskFirst(); task && !sid; task = taskAfter(task)) if (task.group.pgid == pgid) sid = task.group.sid;
  if (!sid) return -ESRCH;
  if (sid != current.group.sid) return -EPERM;
  t.pgid = pgid;
  return 0;
}

function setControlling(file: File, t: Tty, steal: u64): i64 {
  const group = current.group;
  if (group.sessionLeader && t.sid == group.sid) return 0;
  if (!group.sessionLeader || group.tty) return -EPERM;
  if (t.sid) {
    if (steal != 1 || !admin()) return -EPERM;
    sessionForget(t);
  }
  if (!(file.mode & FMODE_READ) && !admin()) return -EPERM;
  ttyTake(t, group);
  return 0;
}

function masterIoctl(file: File, t: Tty, request: u32, arg: u64): i64 {
  switch (request) {
    case TIOCSPTLCK:
      if (!getUser32(arg)) return -EFAULT;
      t.locked = userValue ? 1 : 0;
      return 0;
    case TIOCGPTLCK: return putUser32(arg, t.locked) ? 0 : -EFAULT;
    case TIOCGPTN: return putUser32(arg, t.index) ? 0 : -EFAULT;
    case TIOCPKT:
      if (!getUser32(arg)) return -EFAULT;
      if (userValue && !t.packet) t.packetStatus = 0;
      t.packet = userValue ? 1 : 0;
      return 0;
    case TIOCGPKT: return putUser32(arg, t.packet) ? 0 : -EFAULT;
    case TIOCSIG: {
      const signal = <i32>arg;
      if (signal != SIGINT && signal != SIGQUIT && signal != SIGTSTP) return -EINVAL;
      signalProcessGroup(t.pgid, signal);
      return 0;
    }
    case TIOCGPTPEER: {
      const made = peerOpen(file, <i32>arg);
      return made < 0 ? made : fdInstall(changetype<File>(<usize>made), (arg & O_CLOEXEC) != 0);
    }
    default: return sessionIoctl(file, t, request, arg, true);
  }
}

// ── settings ────────────────────────────────────────────────────────────────────────

function isFlushing(request: u32): bool {
  return request == TCSETSF || request == TCSETSF2 || request == TCSETAF;
}

/** kernel: set_termios(); what is to be drained has always been drained. */
function setTermios(t: Tty, request: u32, arg: u64): i64 {
  const refused = backgroundCheck(t, SIGTTOU);
  if (refused) return refused;
  const self = changetype<usize>(t);
  memory.copy(WORK, self, TERMIOS2_BYTES);
  if (request == TCSETA || request == TCSETAW || request == TCSETAF) {
    if (!takeTermio(arg)) return -EFAULT;
  } else {
    const bytes = request == TCSETS || request == TCSETSW || request == TCSETSF ? TERMIOS_BYTES : TERMIOS2_BYTES;
    if (!copyIn(WORK, arg, bytes)) return -EFAULT;
  }
  if (isFlushing(request)) flushInput(t);
  const iflag = t.iflag;
  const lflag = t.lflag;
  const flowed = flowing(t);
  memory.copy(self, WORK, TERMIOS2_BYTES);
  settingsChanged(t, iflag, lflag);
  if (t.packet) tellMaster(t, flowed, lflag);
  return 0;
}

/** ^S and ^Q are the usual ones, so that a master may do flow control itself. */
function flowing(t: Tty): bool {
  return (t.iflag & IXON) != 0 && cc(t, VSTOP) == 19 && cc(t, VSTART) == 17;
}

/** kernel: pty_set_termios() */
function tellMaster(t: Tty, flowed: bool, lflag: u32): void {
  const now = flowing(t);
  if (flowed != now) packetTell(t, now ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
  if ((lflag | t.lflag) & EXTPROC) packetTell(t, TIOCPKT_IOCTL, 0);
}

function getTermio(t: Tty, arg: u64): i64 {
  memory.fill(WORK, 0, TERMIO_BYTES);
  store<u16>(WORK, <u16>t.iflag);
  store<u16>(WORK + 2, <u16>t.oflag);
  store<u16>(WORK + 4, <u16>t.cflag);
  store<u16>(WORK + 6, <u16>t.lflag);
  memory.copy(WORK + 8, changetype<usize>(t) + CC - 1, 9);
  return copyOut(arg, WORK, TERMIO_BYTES) ? 0 : -EFAULT;
}

/** The low halves of the flags and the first control characters, into the settings at WORK. */
function takeTermio(arg: u64): bool {
  const old = WORK + 44;
  if (!copyIn(old, arg, TERMIO_BYTES)) return false;
  for (let i: u32 = 0; i < 4; i++) store<u16>(WORK + i * 4, load<u16>(old + i * 2));
  memory.copy(WORK + CC - 1, old + 8, 9);
  return true;
}

// ── flow, flushing, input ───────────────────────────────────────────────────────────

function flush(t: Tty, queue: u64, master: bool): i64 {
  const refused = backgroundCheck(t, SIGTTOU);
  if (refused) return refused;
  if (queue != TCIFLUSH && queue != TCOFLUSH && queue != TCIOFLUSH) return -EINVAL;
  // What is the master's input is the slave's output.
  const input = queue == TCIFLUSH || queue == TCIOFLUSH;
  const output = queue == TCOFLUSH || queue == TCIOFLUSH;
  if (master ? output : input) flushInput(t);
  if (master ? input : output) flushOutput(t);
  return 0;
}

function flow(t: Tty, action: u64): i64 {
  const refused = backgroundCheck(t, SIGTTOU);
  if (refused) return refused;
  switch (<u32>action) {
    case TCOOFF: flowStop(t); return 0;
    case TCOON: flowStart(t); return 0;
    case TCIOFF:
    case TCION: return 0; // there is no wire to send START or STOP on
    default: return -EINVAL;
  }
}

/** TIOCSTI: a byte as if it were typed. */
function simulateInput(t: Tty, arg: u64): i64 {
  if (!admin()) return -EIO;
  if (!getUser8(arg)) return -EFAULT;
  store<u8>(WORK, <u8>userValue);
  inputBytes(t, WORK, 1);
  outFlush(t);
  return 0;
}
