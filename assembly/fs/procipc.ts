// /proc/sysvipc, the IPC limits of /proc/sys and /proc/PID/ns: names, texts, and writing the limits.
// sysvipc(7), proc_sys_kernel(5), mq_overview(7), namespaces(7); kernel: ipc/ipc_sysctl.c, ipc/util.c.
import { EFAULT, EINVAL, ERANGE } from "../abi/errno";
import { IPCMNI, IpcIds, IpcPerm, idsAt } from "../ipc/ipcids";
import { IpcNs, ipcDrop, ipcHold, ipcOf, msgIds, semIds, shmIds } from "../ipc/ipcns";
import { MsgQueue } from "../ipc/msg";
import { SemArray, semOtime } from "../ipc/sem";
import { ShmSegment, shmDestroyOrphans } from "../ipc/shm";
import { text, textByte, textDecimal, textNumber, textSigned } from "../lib/text";
import { copyIn } from "../mm/usercopy";
import { Task, current } from "../task/task";
import { UtsNs, utsDrop, utsHold, utsOf } from "../task/uts";
import { mntNsOf } from "./context";
import { MntNs, mntNsDrop, mntNsHold } from "./mount";
import { locksText } from "./lockstext";
import { LEASES_ENABLE, LEASE_BREAK_TIME, PIPE_MAX_SIZE, sysctl, sysctlSet } from "./sysctl";
import { Dentry, FS_NSFS, Inode, S_IFREG, dentryNew, inodeDrop, inodeNew } from "./inode";

// Numbers of procipc's files in Inode.proc; proc.ts has the others.
export const PROC_IPC_FIRST: u32 = 96;
export const PROC_SYSVIPC_MSG: u32 = 96;
export const PROC_SYSVIPC_SEM: u32 = 97;
export const PROC_SYSVIPC_SHM: u32 = 98;
/** From here on: limits, some of several numbers. */
const LIMITS: u32 = 100;
export const PROC_MSGMAX: u32 = 100;
export const PROC_MSGMNB: u32 = 101;
export const PROC_MSGMNI: u32 = 102;
export const PROC_MSG_NEXT_ID: u32 = 103;
export const PROC_SEM_LIMITS: u32 = 104;
export const PROC_SEM_NEXT_ID: u32 = 105;
export const PROC_SHMALL: u32 = 106;
export const PROC_SHMMAX: u32 = 107;
export const PROC_SHMMNI: u32 = 108;
export const PROC_SHM_RMID_FORCED: u32 = 109;
export const PROC_SHM_NEXT_ID: u32 = 110;
export const PROC_MQ_QUEUES_MAX: u32 = 111;
export const PROC_MQ_MSG_MAX: u32 = 112;
export const PROC_MQ_MSG_DEFAULT: u32 = 113;
export const PROC_MQ_MSGSIZE_MAX: u32 = 114;
export const PROC_MQ_MSGSIZE_DEFAULT: u32 = 115;
export const PROC_AUTO_MSGMNI: u32 = 116;
/** Settings of fs/sysctl.ts: number PROC_FS_FIRST + i is setting i. */
export const PROC_FS_FIRST: u32 = 117;
export const PROC_FS_LAST: u32 = 124;
export const PROC_LOCKS: u32 = 125;
export const PROC_IPC_LAST: u32 = 125;

/** Limits of mqueue; kernel: include/linux/ipc_namespace.h. */
export const MQ_HARD_MSGMAX: u64 = 65536;
export const MQ_HARD_MSGSIZEMAX: u64 = 16 << 20;

/** Whether writing is allowed by the file's mode. */
export function ipcFileMode(what: u32): u32 {
  if (what < LIMITS || what == PROC_LOCKS || what == PROC_MSG_NEXT_ID || what == PROC_SEM_NEXT_ID || what == PROC_SHM_NEXT_ID) return 0x124;
  return 0x1a4;
}

/** The text of a file. */
export function ipcProduce(what: u32, task: Task): void {
  if (!task.ipcNs) return;
  const ns = ipcOf(task);
  switch (what) {
    case PROC_SYSVIPC_MSG:
      text("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
      table(msgIds(ns), what);
      return;
    case PROC_SYSVIPC_SEM:
      text("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
      table(semIds(ns), what);
      return;
    case PROC_SYSVIPC_SHM:
      text("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n");
      table(shmIds(ns), what);
      return;
  }
  if (what == PROC_LOCKS) {
    locksText();
    return;
  }
  const count = fields(what);
  for (let i: u32 = 0; i < count; i++) {
    if (i) textByte(9);
    if (isLong(what)) textDecimal(limitGet(ns, what, i));
    else textSigned(limitGet(ns, what, i));
  }
  textByte(10);
}

/** A number in a column of its own, one blank before it. */
function column(value: i64, width: i32): void {
  textByte(32);
  if (value >= 0) {
    textNumber(value, 10, width, 32);
    return;
  }
  let digits = 1;
  for (let v = -value; v >= 10; v /= 10) digits++;
  for (let i = digits + 1; i < width; i++) textByte(32);
  textSigned(value);
}

function table(ids: IpcIds, what: u32): void {
  for (let i = 0; i <= ids.maxIdx; i++) {
    const perm = idsAt(ids, i);
    if (!perm) continue;
    const key = perm.key;
    let digits = key < 0 ? 2 : 1;
    for (let v = key; v >= 10 || v <= -10; v /= 10) digits++;
    for (; digits < 10; digits++) textByte(32);
    textSigned(key);
    column(perm.id, 10);
    textByte(32);
    textByte(32);
    textNumber(perm.mode, 8, 4, 32);
    if (what == PROC_SYSVIPC_MSG) msgLine(changetype<MsgQueue>(changetype<usize>(perm)));
    else if (what == PROC_SYSVIPC_SEM) semLine(changetype<SemArray>(changetype<usize>(perm)));
    else shmLine(changetype<ShmSegment>(changetype<usize>(perm)));
    textByte(10);
  }
}

function owners(perm: IpcPerm): void {
  column(perm.uid, 5);
  column(perm.gid, 5);
  column(perm.cuid, 5);
  column(perm.cgid, 5);
}

function msgLine(q: MsgQueue): void {
  column(q.bytes, 11);
  column(q.count, 10);
  column(q.lastSender, 5);
  column(q.lastReceiver, 5);
  owners(q);
  column(q.stime, 10);
  column(q.rtime, 10);
  column(q.ctime, 10);
}

function semLine(set: SemArray): void {
  column(set.count, 10);
  owners(set);
  column(semOtime(set), 10);
  column(set.ctime, 10);
}

function shmLine(s: ShmSegment): void {
  column(s.size, 21);
  column(s.cpid, 5);
  column(s.lpid, 5);
  column(s.attached, 6);
  owners(s);
  column(s.atime, 10);
  column(s.dtime, 10);
  column(s.ctime, 10);
  column(<i64>s.mapping.pages * 4096, 21);
  column(0, 21);
}

// ── limits ──────────────────────────────────────────────────────────────────────────

function fields(what: u32): u32 {
  return what == PROC_SEM_LIMITS ? 4 : 1;
}

/** unsigned long rather than int. */
function isLong(what: u32): bool {
  return what == PROC_SHMMAX || what == PROC_SHMALL;
}

function limitGet(ns: IpcNs, what: u32, i: u32): u64 {
  switch (what) {
    case PROC_MSGMAX: return ns.msgMax;
    case PROC_MSGMNB: return ns.msgMnb;
    case PROC_MSGMNI: return ns.msgMni;
    case PROC_MSG_NEXT_ID: return <i64>msgIds(ns).nextId;
    case PROC_SEM_LIMITS: return <i64>(i == 0 ? ns.semMsl : i == 1 ? ns.semMns : i == 2 ? ns.semOpm : ns.semMni);
    case PROC_SEM_NEXT_ID: return <i64>semIds(ns).nextId;
    case PROC_SHMALL: return ns.shmAll;
    case PROC_SHMMAX: return ns.shmMax;
    case PROC_SHMMNI: return ns.shmMni;
    case PROC_SHM_RMID_FORCED: return ns.shmRmidForced;
    case PROC_SHM_NEXT_ID: return <i64>shmIds(ns).nextId;
    case PROC_MQ_QUEUES_MAX: return <i64><i32>ns.mqQueuesMax;
    case PROC_MQ_MSG_MAX: return ns.mqMsgMax;
    case PROC_MQ_MSG_DEFAULT: return ns.mqMsgDefault;
    case PROC_MQ_MSGSIZE_MAX: return ns.mqMsgSizeMax;
    case PROC_MQ_MSGSIZE_DEFAULT: return ns.mqMsgSizeDefault;
    default: return what >= PROC_FS_FIRST && what <= PROC_FS_LAST ? <i64><i32>sysctl(what - PROC_FS_FIRST) : 0;
  }
}

function inRange(value: i64, low: i64, high: i64): bool {
  return value >= low && value <= high;
}

/** A setting of the machine; pipe-max-size is rounded up as F_SETPIPE_SZ does. Kernel: do_proc_dopipe_max_size_conv(). */
function settingSet(which: u32, value: i64): i32 {
  if (which == PIPE_MAX_SIZE) {
    if (value <= 0 || value > 0x80000000) return -EINVAL;
    let bytes: u32 = 4096;
    while (<i64>bytes < value) bytes <<= 1;
    sysctlSet(which, bytes);
    return 0;
  }
  if (value < 0 && which != LEASES_ENABLE && which != LEASE_BREAK_TIME) return -EINVAL;
  sysctlSet(which, <u32>value);
  return 0;
}

/** Sets number i of a limit: 0 or −EINVAL when it is out of range. */
function limitSet(ns: IpcNs, what: u32, i: u32, value: i64): i32 {
  if (!isLong(what) && !inRange(value, i32.MIN_VALUE, i32.MAX_VALUE)) return -EINVAL;
  const n = <i32>value;
  if (what >= PROC_FS_FIRST && what <= PROC_FS_LAST) return settingSet(what - PROC_FS_FIRST, value);
  let low: i64 = 0;
  let high: i64 = i32.MAX_VALUE;
  switch (what) {
    case PROC_MSGMNI:
    case PROC_SHMMNI: high = IPCMNI; break;
    case PROC_SHM_RMID_FORCED:
    case PROC_AUTO_MSGMNI: high = 1; break;
    case PROC_MQ_QUEUES_MAX: low = i32.MIN_VALUE; break;
    case PROC_SEM_LIMITS: low = i == 3 ? 0 : i32.MIN_VALUE; high = i == 3 ? IPCMNI : i32.MAX_VALUE; break;
    case PROC_MQ_MSG_MAX:
    case PROC_MQ_MSG_DEFAULT: low = 1; high = MQ_HARD_MSGMAX; break;
    case PROC_MQ_MSGSIZE_MAX:
    case PROC_MQ_MSGSIZE_DEFAULT: low = 128; high = MQ_HARD_MSGSIZEMAX; break;
  }
  if (!isLong(what) && !inRange(value, low, high)) return what == PROC_SEM_LIMITS ? -ERANGE : -EINVAL;
  switch (what) {
    case PROC_MSGMAX: ns.msgMax = n; break;
    case PROC_MSGMNB: ns.msgMnb = n; break;
    case PROC_MSGMNI: ns.msgMni = n; break;
    case PROC_MSG_NEXT_ID: msgIds(ns).nextId = n; break;
    case PROC_SEM_LIMITS:
      if (i == 0) ns.semMsl = n;
      else if (i == 1) ns.semMns = n;
      else if (i == 2) ns.semOpm = n;
      else ns.semMni = n;
      break;
    case PROC_SEM_NEXT_ID: semIds(ns).nextId = n; break;
    case PROC_SHMALL: ns.shmAll = value; break;
    case PROC_SHMMAX: ns.shmMax = value; break;
    case PROC_SHMMNI: ns.shmMni = n; break;
    case PROC_SHM_RMID_FORCED:
      ns.shmRmidForced = n;
      if (n) shmDestroyOrphans(ns);
      break;
    case PROC_SHM_NEXT_ID: shmIds(ns).nextId = n; break;
    case PROC_MQ_QUEUES_MAX: ns.mqQueuesMax = n; break;
    case PROC_MQ_MSG_MAX: ns.mqMsgMax = n; break;
    case PROC_MQ_MSG_DEFAULT: ns.mqMsgDefault = n; break;
    case PROC_MQ_MSGSIZE_MAX: ns.mqMsgSizeMax = n; break;
    case PROC_MQ_MSGSIZE_DEFAULT: ns.mqMsgSizeDefault = n; break;
  }
  return 0;
}

const WORDS = memory.data(128, 8);
let wordsAt: usize = 0;
let wordsEnd: usize = 0;

/** Copies the text that is written to a limit; false = EFAULT. */
export function numbersIn(from: u64, count: u64): bool {
  const n = <u32>min<u64>(count, 127);
  wordsAt = WORDS;
  wordsEnd = WORDS + n;
  return copyIn(WORDS, from, n);
}

function blank(c: u32): bool {
  return c == 32 || (c >= 9 && c <= 13);
}

/** What numberNext read. */
export let parsed: i64 = 0;

/** The next number of the text: 1, 0 when there is none, −EINVAL. */
export function numberNext(): i32 {
  const end = wordsEnd;
  while (wordsAt < end && blank(load<u8>(wordsAt))) wordsAt++;
  if (wordsAt == end || !load<u8>(wordsAt)) return 0;
  const negative = load<u8>(wordsAt) == 45;
  if (negative) wordsAt++;
  const begin = wordsAt;
  let base: u64 = 10;
  if (wordsAt + 1 < end && load<u8>(wordsAt) == 48) {
    base = 8;
    if ((load<u8>(wordsAt + 1) | 32) == 120) {
      base = 16;
      wordsAt += 2;
    }
  }
  let value: u64 = 0;
  for (; wordsAt < end; wordsAt++) {
    const c = load<u8>(wordsAt);
    const digit: u64 = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : 99;
    if (digit >= base) break;
    value = value * base + digit;
  }
  if (wordsAt == begin || (wordsAt < end && load<u8>(wordsAt) && !blank(load<u8>(wordsAt)))) return -EINVAL;
  parsed = negative ? -<i64>value : <i64>value;
  return 1;
}

/** write(2) to a limit: bytes taken or −errno. Kernel: proc_dointvec_minmax(), proc_doulongvec_minmax(). */
export function ipcWrite(what: u32, pos: u64, from: u64, count: u64): i64 {
  if (what < LIMITS || what == PROC_LOCKS || what > PROC_IPC_LAST) return -EINVAL;
  if (pos || !count) return count;
  if (!numbersIn(from, count)) return -EFAULT;
  const ns = ipcOf(current);
  for (let i: u32 = 0; i < fields(what); i++) {
    const found = numberNext();
    if (!found) return i ? <i64>count : -EINVAL;
    if (found < 0) return found;
    // A number that does not fit into an unsigned long limit is left alone.
    if (isLong(what) && parsed < 0) continue;
    const error = limitSet(ns, what, i, parsed);
    if (error) return error;
  }
  return count;
}

// ── /proc/PID/ns ────────────────────────────────────────────────────────────────────

/** Kinds of namespaces, in the order of /proc/PID/ns; the machine has one of each but for IPC, mounts and UTS. */
export const NS_KINDS: u32 = 10;
export const NS_IPC: u32 = 1;
export const NS_MNT: u32 = 2;
export const NS_UTS: u32 = 9;

export function nsName(kind: u32): string {
  switch (kind) {
    case 0: return "cgroup";
    case 1: return "ipc";
    case 2: return "mnt";
    case 3: return "net";
    case 4: return "pid";
    case 5: return "pid_for_children";
    case 6: return "time";
    case 7: return "time_for_children";
    case 8: return "user";
    default: return "uts";
  }
}

/** The word before the number in the link's text. */
export function nsType(kind: u32): string {
  return kind == 5 ? "pid" : kind == 7 ? "time" : nsName(kind);
}

/** The flag of clone(2) for a kind. */
export function nsFlag(kind: u32): u32 {
  switch (kind) {
    case 0: return 0x02000000;
    case 1: return 0x08000000;
    case 2: return 0x00020000;
    case 3: return 0x40000000;
    case 4:
    case 5: return 0x20000000;
    case 6:
    case 7: return 0x00000080;
    case 8: return 0x10000000;
    default: return 0x04000000;
  }
}

/** Inode number of a task's namespace of this kind, as in include/linux/proc_ns.h. */
export function nsInum(task: Task, kind: u32): u32 {
  switch (kind) {
    case 0: return 4026531835;
    case 1: return task.ipcNs ? ipcOf(task).inum : 0;
    case 2: return changetype<usize>(task.fs) ? mntNsOf(task.fs).inum : 0;
    case 3: return 4026531833;
    case 4:
    case 5: return 4026531836;
    case 6:
    case 7: return 4026531834;
    case 8: return 4026531837;
    default: return task.utsNs ? utsOf(task).inum : 0;
  }
}

const NAME = memory.data(8, 8);

/** The file behind a link of /proc/PID/ns: a held dentry, 0 = out of memory or nothing there. */
export function nsDentry(task: Task, kind: u32): usize {
  if (!task.ipcNs || !task.utsNs || !changetype<usize>(task.fs)) return 0;
  const inode = inodeNew(FS_NSFS, S_IFREG | 0x124, 0, 0);
  if (!inode) return 0;
  inode.ino = nsInum(task, kind);
  inode.dev = 4;
  inode.procArg = kind;
  if (kind == NS_IPC) inode.special = changetype<usize>(ipcHold(ipcOf(task)));
  else if (kind == NS_MNT) inode.special = changetype<usize>(mntNsHold(mntNsOf(task.fs)));
  else if (kind == NS_UTS) inode.special = changetype<usize>(utsHold(utsOf(task)));
  const dentry = dentryNew(null, NAME, 0, inode);
  if (!dentry) {
    inodeDrop(inode);
    return 0;
  }
  return changetype<usize>(dentry);
}

/** The last use of such a file ends. */
export function nsInodeFree(inode: Inode): void {
  if (inode.procArg == NS_IPC) ipcDrop(changetype<IpcNs>(inode.special));
  else if (inode.procArg == NS_MNT) mntNsDrop(changetype<MntNs>(inode.special));
  else if (inode.procArg == NS_UTS) utsDrop(changetype<UtsNs>(inode.special));
}
