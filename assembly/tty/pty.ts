// Pseudo-terminals: /dev/ptmx makes a pair, the slave's name is /dev/pts/N. The host's terminal is /dev/pts/0 with the
// host as its master. pty(7), ptmx(4); kernel: drivers/tty/pty.c, fs/devpts/inode.c.
import { EBUSY, EIO, ENODEV, ENOMEM, ENOSPC, ENXIO } from "../abi/errno";
import { O_NOCTTY, O_RDWR } from "../abi/fcntl";
import { FILE_TTY, FMODE_READ, FMODE_WRITE, File, fileNew } from "../fs/file";
import { Dentry, dentryHold } from "../fs/inode";
import { current } from "../task/task";
import { devptsAdd, devptsRemove } from "./devpts";
import { Tty, groupTty, sessionForget, ttyFree, ttyNew, ttyTake, SIDE_MASTER, SIDE_SLAVE } from "./tty";
import { ttyOf } from "./ttyfile";

export const DEV_TTY: u32 = 0x500;
export const DEV_PTMX: u32 = 0x502;
const PTS_MAJOR: u32 = 136;
/** Minor numbers of one byte, as stat(2) of old shows them. */
export const PAIRS_MAX: u32 = 256;
const CAP_SYS_ADMIN: u64 = 1 << 21;
/** 0620 */
const SLAVE_MODE: u32 = 0x190;
const TTY_GROUP: u32 = 5;

/** Pairs by number. */
const TABLE = memory.data(1024, 8);

export function isTerminalDevice(rdev: u32): bool {
  return rdev == DEV_TTY || rdev == DEV_PTMX || rdev >> 8 == PTS_MAJOR;
}

export function pairAt(index: u32): Tty | null {
  return changetype<Tty | null>(<usize>load<u32>(TABLE + (index << 2)));
}

/** A new pair with a name in /dev/pts; −errno. */
function pairNew(hostStream: i32): i64 {
  let index: u32 = 0;
  while (index < PAIRS_MAX && load<u32>(TABLE + (index << 2))) index++;
  if (index == PAIRS_MAX) return -ENOSPC;
  const t = ttyNew(hostStream);
  if (!t) return -ENOMEM;
  t.index = index;
  t.masters = 1;
  const dentry = devptsAdd(index, SLAVE_MODE, TTY_GROUP, (PTS_MAJOR << 8) | index);
  if (!dentry) {
    ttyFree(t);
    return -ENOMEM;
  }
  t.dentry = <u32>changetype<usize>(dentry);
  store<u32>(TABLE + (index << 2), <u32>changetype<usize>(t));
  return <i64>changetype<usize>(t);
}

/** The pair goes when both sides are closed; the slave's name goes with the master. */
export function ptyForget(t: Tty): void {
  if (t.masters) return;
  if (t.dentry) {
    const dentry = changetype<Dentry>(<usize>t.dentry);
    t.dentry = 0;
    devptsRemove(dentry);
  }
  if (t.slaves) return;
  sessionForget(t);
  store<u32>(TABLE + (t.index << 2), 0);
  ttyFree(t);
}

/** An open file of a terminal's device, or −errno. */
export function terminalOpen(rdev: u32, flags: i32, mode: u32): i64 {
  if (rdev == DEV_PTMX) return masterOpen(flags, mode);
  if (rdev == DEV_TTY) {
    const t = groupTty(current.group);
    return t ? slaveOpen(t, flags | O_NOCTTY, mode) : -ENXIO;
  }
  const t = pairAt(rdev & 0xff);
  return t && t.masters ? slaveOpen(t, flags, mode) : -EIO;
}

function masterOpen(flags: i32, mode: u32): i64 {
  const made = pairNew(-1);
  if (made < 0) return made;
  const t = changetype<Tty>(<usize>made);
  const file = fileNew(FILE_TTY, <usize>made, flags & ~O_NOCTTY, mode);
  if (!file) {
    t.masters = 0;
    ptyForget(t);
    return -ENOMEM;
  }
  t.locked = 1;
  file.private0 = SIDE_MASTER;
  return <i64>changetype<usize>(file);
}

/** kernel: tty_open(); a session leader without a terminal gets this one. */
export function slaveOpen(t: Tty, flags: i32, mode: u32): i64 {
  if (t.locked) return -EIO;
  if (t.exclusive && !(current.cred.capEffective & CAP_SYS_ADMIN)) return -EBUSY;
  const file = fileNew(FILE_TTY, changetype<usize>(t), flags & ~O_NOCTTY, mode);
  if (!file) return -ENOMEM;
  file.private0 = SIDE_SLAVE;
  file.private1 = t.hangups;
  t.slaves++;
  t.slaveGone = 0;
  const group = current.group;
  const takes = !(flags & O_NOCTTY) && group.sessionLeader && !group.tty && !t.sid && mode & FMODE_READ;
  if (takes) ttyTake(t, group);
  return <i64>changetype<usize>(file);
}

/** The host's terminal, made when the first process gets it. Its output goes to `hostStream`. */
export function hostTerminal(hostStream: i32): i64 {
  for (let i: u32 = 0; i < PAIRS_MAX; i++) {
    const t = pairAt(i);
    if (t && t.hostStream >= 0) return <i64>changetype<usize>(t);
  }
  return pairNew(hostStream);
}

/** The host's terminal, if there is one. */
export function hostTty(): Tty | null {
  const t = pairAt(0);
  return t && t.hostStream >= 0 ? t : null;
}

/** TIOCGPTPEER: the slave, opened through the master. */
export function peerOpen(file: File, flags: i32): i64 {
  const t = ttyOf(file);
  if (!t.dentry) return -ENODEV;
  const access = flags & 3;
  const made = slaveOpen(t, flags, access == O_RDWR ? FMODE_READ | FMODE_WRITE : access ? FMODE_WRITE : FMODE_READ);
  if (made < 0) return made;
  const dentry = dentryHold(changetype<Dentry>(<usize>t.dentry));
  const slave = changetype<File>(<usize>made);
  slave.dentry = <u32>changetype<usize>(dentry);
  slave.inode = <u32>changetype<usize>(dentry.inode);
  return made;
}
