// The tree of /proc: names, inodes made on look-up, magic links. Contents are in procfile.ts. proc(5).
import { nameIs } from "../lib/text";
import { kfree, kmalloc } from "../mm/kmalloc";
import { groupFind, taskAfter, taskFind, taskFirst } from "../task/table";
import { Task, current } from "../task/task";
import { anonDentry, anonIno, anonName } from "./anon";
import { fdGetFrom, fdNext } from "./fdtable";
import { FILE_PIPE, FILE_SOCKET, FILE_STDIO, FMODE_READ, FMODE_WRITE, File } from "./file";
import { Dentry, FS_ANON, FS_PROC, Inode, S_IFDIR, S_IFLNK, S_IFREG, dentryDrop, dentryHold, dentryLink, dentryNew, inodeDrop, inodeNew } from "./inode";
import { Mount } from "./mount";
import { fileMount, pathOf } from "./namei";
import { superAdopt, superOf } from "./super";
import {
  NS_KINDS, PROC_AUTO_MSGMNI, PROC_FS_FIRST, PROC_IPC_FIRST, PROC_IPC_LAST, PROC_LOCKS, PROC_MQ_MSGSIZE_DEFAULT, PROC_MQ_MSGSIZE_MAX, PROC_MQ_MSG_DEFAULT, PROC_MQ_MSG_MAX, PROC_MQ_QUEUES_MAX, PROC_MSGMAX, PROC_MSGMNB, PROC_MSGMNI, PROC_MSG_NEXT_ID,
  PROC_SEM_LIMITS, PROC_SEM_NEXT_ID, PROC_SHMALL, PROC_SHMMAX, PROC_SHMMNI, PROC_SHM_NEXT_ID, PROC_SHM_RMID_FORCED, PROC_SYSVIPC_MSG, PROC_SYSVIPC_SEM, PROC_SYSVIPC_SHM, ipcFileMode, nsDentry, nsInum, nsName, nsType,
} from "./procipc";
import {
  PROC_NET_DGRAM_QLEN, PROC_NET_FIRST, PROC_NET_LAST, PROC_NET_OPTMEM_MAX, PROC_NET_RMEM_DEFAULT, PROC_NET_RMEM_MAX, PROC_NET_SOMAXCONN, PROC_NET_TCP, PROC_NET_TCP6, PROC_NET_UDP, PROC_NET_UDP6, PROC_NET_UDPLITE, PROC_NET_UDPLITE6, PROC_NET_UNIX, PROC_NET_WMEM_DEFAULT,
  PROC_NET_WMEM_MAX, netFileMode,
} from "./procnet";
import { LEASES_ENABLE, LEASE_BREAK_TIME, PIPE_MAX_SIZE, PIPE_USER_PAGES_HARD, PIPE_USER_PAGES_SOFT } from "./sysctl";
import { MORE_DIR, MORE_FILE, PROC_FDINFO, PROC_FDINFO_FILE, moreEntry, moreMode } from "./procmore";

// Directories.
export const PROC_ROOT: u32 = 0;
export const PROC_PID: u32 = 1;
export const PROC_FD: u32 = 2;
export const PROC_TASK: u32 = 3;
export const PROC_SYS: u32 = 4;
export const PROC_SYS_KERNEL: u32 = 5;
export const PROC_SYS_FS: u32 = 6;
export const PROC_SYS_VM: u32 = 7;
export const PROC_SYS_RANDOM: u32 = 8;
export const PROC_SYSVIPC: u32 = 12;
export const PROC_SYS_MQUEUE: u32 = 13;
export const PROC_PID_NS: u32 = 14;
/** Root of sysfs. */
export const PROC_SYSFS: u32 = 10;
// More directories stand behind the links.
export const PROC_NET: u32 = 28;
export const PROC_SYS_NET: u32 = 29;
export const PROC_SYS_NET_CORE: u32 = 30;
export const PROC_SYS_NET_UNIX: u32 = 31;
/** A thread's directory below task/: as a process's, without a task/ of its own. */
export const PROC_TID: u32 = 9;
// Links.
export const PROC_SELF: u32 = 16;
export const PROC_THREAD_SELF: u32 = 17;
export const PROC_MOUNTS_LINK: u32 = 18;
export const PROC_EXE: u32 = 19;
export const PROC_CWD: u32 = 20;
export const PROC_ROOT_LINK: u32 = 21;
export const PROC_FD_LINK: u32 = 22;
/** A link of /proc/PID/ns: Inode.procArg says which. */
export const PROC_NS_LINK: u32 = 23;
/** /proc/net, which is self/net. */
export const PROC_NET_LINK: u32 = 24;
// Files of the machine.
export const PROC_VERSION: u32 = 32;
export const PROC_UPTIME: u32 = 33;
export const PROC_LOADAVG: u32 = 34;
export const PROC_MEMINFO: u32 = 35;
export const PROC_CPUINFO: u32 = 36;
export const PROC_STAT: u32 = 37;
export const PROC_FILESYSTEMS: u32 = 38;
export const PROC_CMDLINE: u32 = 39;
export const PROC_OSTYPE: u32 = 40;
export const PROC_OSRELEASE: u32 = 41;
export const PROC_HOSTNAME: u32 = 42;
export const PROC_PID_MAX: u32 = 43;
export const PROC_BOOT_ID: u32 = 45;
export const PROC_OVERCOMMIT: u32 = 46;
export const PROC_MAP_COUNT: u32 = 47;
export const PROC_NGROUPS_MAX: u32 = 48;
export const PROC_CAP_LAST_CAP: u32 = 49;
export const PROC_FILE_MAX: u32 = 50;
export const PROC_UTS_VERSION: u32 = 51;
// Files of a process.
export const PROC_PID_CMDLINE: u32 = 64;
export const PROC_PID_ENVIRON: u32 = 65;
export const PROC_PID_COMM: u32 = 66;
export const PROC_PID_STAT: u32 = 67;
export const PROC_PID_STATUS: u32 = 68;
export const PROC_PID_MAPS: u32 = 69;
export const PROC_PID_STATM: u32 = 70;
export const PROC_PID_AUXV: u32 = 71;
export const PROC_PID_MOUNTS: u32 = 72;
export const PROC_PID_LIMITS: u32 = 73;
export const PROC_PID_MOUNTINFO: u32 = 74;
export const PROC_PID_MOUNTSTATS: u32 = 75;

const FIRST_LINK: u32 = PROC_SELF;
const MORE_DIRECTORIES: u32 = 26;
const FIRST_FILE: u32 = PROC_VERSION;

export function procIsMounts(what: u32): bool {
  return what == PROC_PID_MOUNTS || what == PROC_PID_MOUNTINFO;
}

/** Whether epoll takes the file: those of processes cannot be polled, but for the list of mounts. */
export function procCanPoll(what: u32): bool {
  return (what >= FIRST_FILE && what < PROC_PID_CMDLINE) || procIsMounts(what) || what >= PROC_IPC_FIRST;
}

let entryWhat: u32 = 0;
let entryText: string = "";

/** Entry number i of a directory whose names are fixed, through procPut(); false at the end. */
function fixedEntry(dir: u32, i: u32): bool {
  if (ownEntry(dir, i)) return true;
  let own: u32 = 0;
  while (ownEntry(dir, own)) own++;
  return moreEntry(dir, i - own);
}

/** A directory's entry: its name and what it is. */
export function procPut(text: string, what: u32): bool {
  return put(text, what);
}

function put(text: string, what: u32): bool {
  entryText = text;
  entryWhat = what;
  return true;
}

function ownEntry(dir: u32, i: u32): bool {
  switch (dir) {
    case PROC_ROOT: return rootEntry(i);
    case PROC_PID: return pidEntry(i);
    case PROC_TID: return pidEntry(i ? i + 1 : 0);
    case PROC_SYS:
      switch (i) {
        case 0: return put("kernel", PROC_SYS_KERNEL);
        case 1: return put("fs", PROC_SYS_FS);
        case 2: return put("vm", PROC_SYS_VM);
        case 3: return put("net", PROC_SYS_NET);
        default: return false;
      }
    case PROC_SYS_KERNEL: return kernelEntry(i);
    case PROC_SYS_FS:
      switch (i) {
        case 0: return put("pipe-max-size", PROC_FS_FIRST + PIPE_MAX_SIZE);
        case 1: return put("file-max", PROC_FILE_MAX);
        case 2: return put("mqueue", PROC_SYS_MQUEUE);
        case 3: return put("pipe-user-pages-soft", PROC_FS_FIRST + PIPE_USER_PAGES_SOFT);
        case 4: return put("pipe-user-pages-hard", PROC_FS_FIRST + PIPE_USER_PAGES_HARD);
        case 5: return put("lease-break-time", PROC_FS_FIRST + LEASE_BREAK_TIME);
        case 6: return put("leases-enable", PROC_FS_FIRST + LEASES_ENABLE);
        default: return false;
      }
    case PROC_SYS_VM:
      switch (i) {
        case 0: return put("overcommit_memory", PROC_OVERCOMMIT);
        case 1: return put("max_map_count", PROC_MAP_COUNT);
        default: return false;
      }
    case PROC_SYSVIPC:
      switch (i) {
        case 0: return put("shm", PROC_SYSVIPC_SHM);
        case 1: return put("sem", PROC_SYSVIPC_SEM);
        case 2: return put("msg", PROC_SYSVIPC_MSG);
        default: return false;
      }
    case PROC_NET:
      switch (i) {
        case 0: return put("unix", PROC_NET_UNIX);
        case 1: return put("tcp", PROC_NET_TCP);
        case 2: return put("tcp6", PROC_NET_TCP6);
        case 3: return put("udp", PROC_NET_UDP);
        case 4: return put("udp6", PROC_NET_UDP6);
        case 5: return put("udplite", PROC_NET_UDPLITE);
        case 6: return put("udplite6", PROC_NET_UDPLITE6);
        default: return false;
      }
    case PROC_SYS_NET: return i == 0 ? put("core", PROC_SYS_NET_CORE) : i == 1 && put("unix", PROC_SYS_NET_UNIX);
    case PROC_SYS_NET_UNIX: return i == 0 && put("max_dgram_qlen", PROC_NET_DGRAM_QLEN);
    case PROC_SYS_NET_CORE:
      switch (i) {
        case 0: return put("somaxconn", PROC_NET_SOMAXCONN);
        case 1: return put("rmem_default", PROC_NET_RMEM_DEFAULT);
        case 2: return put("wmem_default", PROC_NET_WMEM_DEFAULT);
        case 3: return put("rmem_max", PROC_NET_RMEM_MAX);
        case 4: return put("wmem_max", PROC_NET_WMEM_MAX);
        case 5: return put("optmem_max", PROC_NET_OPTMEM_MAX);
        default: return false;
      }
    case PROC_SYS_MQUEUE:
      switch (i) {
        case 0: return put("msg_default", PROC_MQ_MSG_DEFAULT);
        case 1: return put("msg_max", PROC_MQ_MSG_MAX);
        case 2: return put("msgsize_default", PROC_MQ_MSGSIZE_DEFAULT);
        case 3: return put("msgsize_max", PROC_MQ_MSGSIZE_MAX);
        case 4: return put("queues_max", PROC_MQ_QUEUES_MAX);
        default: return false;
      }
    case PROC_PID_NS: return i < NS_KINDS && put(nsName(i), PROC_NS_LINK);
    case PROC_SYS_RANDOM: return i == 0 && put("boot_id", PROC_BOOT_ID);
    default: return false;
  }
}

function rootEntry(i: u32): bool {
  switch (i) {
    case 0: return put("self", PROC_SELF);
    case 1: return put("thread-self", PROC_THREAD_SELF);
    case 2: return put("mounts", PROC_MOUNTS_LINK);
    case 3: return put("version", PROC_VERSION);
    case 4: return put("uptime", PROC_UPTIME);
    case 5: return put("loadavg", PROC_LOADAVG);
    case 6: return put("meminfo", PROC_MEMINFO);
    case 7: return put("cpuinfo", PROC_CPUINFO);
    case 8: return put("stat", PROC_STAT);
    case 9: return put("filesystems", PROC_FILESYSTEMS);
    case 10: return put("cmdline", PROC_CMDLINE);
    case 11: return put("sys", PROC_SYS);
    case 12: return put("sysvipc", PROC_SYSVIPC);
    case 13: return put("net", PROC_NET_LINK);
    case 14: return put("locks", PROC_LOCKS);
    default: return false;
  }
}

function kernelEntry(i: u32): bool {
  switch (i) {
    case 0: return put("ostype", PROC_OSTYPE);
    case 1: return put("osrelease", PROC_OSRELEASE);
    case 2: return put("hostname", PROC_HOSTNAME);
    case 3: return put("pid_max", PROC_PID_MAX);
    case 4: return put("random", PROC_SYS_RANDOM);
    case 5: return put("ngroups_max", PROC_NGROUPS_MAX);
    case 6: return put("cap_last_cap", PROC_CAP_LAST_CAP);
    case 7: return put("version", PROC_UTS_VERSION);
    case 8: return put("auto_msgmni", PROC_AUTO_MSGMNI);
    case 9: return put("msg_next_id", PROC_MSG_NEXT_ID);
    case 10: return put("msgmax", PROC_MSGMAX);
    case 11: return put("msgmnb", PROC_MSGMNB);
    case 12: return put("msgmni", PROC_MSGMNI);
    case 13: return put("sem", PROC_SEM_LIMITS);
    case 14: return put("sem_next_id", PROC_SEM_NEXT_ID);
    case 15: return put("shm_next_id", PROC_SHM_NEXT_ID);
    case 16: return put("shm_rmid_forced", PROC_SHM_RMID_FORCED);
    case 17: return put("shmall", PROC_SHMALL);
    case 18: return put("shmmax", PROC_SHMMAX);
    case 19: return put("shmmni", PROC_SHMMNI);
    default: return false;
  }
}

function pidEntry(i: u32): bool {
  switch (i) {
    case 0: return put("fd", PROC_FD);
    case 1: return put("task", PROC_TASK);
    case 2: return put("exe", PROC_EXE);
    case 3: return put("cwd", PROC_CWD);
    case 4: return put("root", PROC_ROOT_LINK);
    case 5: return put("cmdline", PROC_PID_CMDLINE);
    case 6: return put("environ", PROC_PID_ENVIRON);
    case 7: return put("comm", PROC_PID_COMM);
    case 8: return put("stat", PROC_PID_STAT);
    case 9: return put("status", PROC_PID_STATUS);
    case 10: return put("maps", PROC_PID_MAPS);
    case 11: return put("statm", PROC_PID_STATM);
    case 12: return put("auxv", PROC_PID_AUXV);
    case 13: return put("mounts", PROC_PID_MOUNTS);
    case 14: return put("limits", PROC_PID_LIMITS);
    case 15: return put("ns", PROC_PID_NS);
    case 16: return put("mountinfo", PROC_PID_MOUNTINFO);
    case 17: return put("mountstats", PROC_PID_MOUNTSTATS);
    case 18: return put("net", PROC_NET);
    default: return false;
  }
}

function parseNumber(name: usize, length: u32): i32 {
  if (!length || length > 9 || (load<u8>(name) == 48 && length > 1)) return -1;
  let v = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(name + i);
    if (c < 48 || c > 57) return -1;
    v = v * 10 + c - 48;
  }
  return v;
}

/** The task that a directory of a process is about. */
export function procTask(pid: i32): Task | null {
  const task = taskFind(pid);
  if (task) return task;
  const group = groupFind(pid);
  return group ? group.leader : null;
}

function make(parent: Dentry, name: usize, length: u32, what: u32, pid: i32, arg: u32, perm: u32): Dentry | null {
  const type = isDirectory(what) ? S_IFDIR : what < FIRST_FILE ? S_IFLNK : S_IFREG;
  const task = pid ? procTask(pid) : null;
  const owner = task && changetype<usize>(task.cred) ? task.cred.euid : 0;
  const ownerGroup = task && changetype<usize>(task.cred) ? task.cred.egid : 0;
  const inode = inodeNew(FS_PROC, type | (type == S_IFDIR && !perm ? 0x16d : perm), owner, ownerGroup);
  if (!inode) return null;
  const sb = superOf(parent.inode);
  if (sb) superAdopt(sb, inode);
  inode.proc = what;
  inode.procPid = pid;
  inode.procArg = arg;
  const dentry = dentryNew(parent, name, length, inode);
  if (!dentry) {
    inodeDrop(inode);
    return null;
  }
  dentryLink(dentry, false);
  return dentry;
}

function isDirectory(what: u32): bool {
  return what < FIRST_LINK || (what >= MORE_DIRECTORIES && what < FIRST_FILE) || (what >= MORE_DIR && what < MORE_FILE);
}

function permissions(what: u32): u32 {
  if (!isDirectory(what) && what < FIRST_FILE) return 0x1ff;
  if (what >= MORE_DIR) return moreMode(what);
  if (what == PROC_PID_COMM || what == PROC_HOSTNAME) return 0x1a4;
  if (isDirectory(what)) return what == PROC_FD ? 0x140 : what == PROC_PID_NS ? 0x149 : 0x16d;
  if (what >= PROC_IPC_FIRST && what <= PROC_IPC_LAST) return ipcFileMode(what);
  if (what >= PROC_NET_FIRST && what <= PROC_NET_LAST) return netFileMode(what);
  return what == PROC_PID_ENVIRON || what == PROC_PID_AUXV ? 0x100 : 0x124;
}

/** Looks a name up in a directory of /proc: a held dentry, or null. */
export function procLookup(parent: Dentry, name: usize, length: u32): Dentry | null {
  const dir = parent.inode;
  const pid = dir.procPid;
  if (pid && !procTask(pid)) return null;
  for (let i: u32 = 0; fixedEntry(dir.proc, i); i++) {
    if (nameIs(name, length, entryText)) return make(parent, name, length, entryWhat, pid, dir.proc == PROC_PID_NS ? i : 0, permissions(entryWhat));
  }
  const number = parseNumber(name, length);
  if (number < 0) return null;
  if (dir.proc == PROC_ROOT) return procTask(number) ? make(parent, name, length, PROC_PID, number, 0, 0x16d) : null;
  if (dir.proc == PROC_TASK) {
    const task = taskFind(number);
    const owner = procTask(pid);
    return task && owner && task.group === owner.group ? make(parent, name, length, PROC_TID, number, 0, 0x16d) : null;
  }
  if (dir.proc == PROC_FD) return fdEntry(parent, name, length, pid, number);
  if (dir.proc == PROC_FDINFO) return fdinfoEntry(parent, name, length, pid, number);
  return null;
}

function fdEntry(parent: Dentry, name: usize, length: u32, pid: i32, number: i32): Dentry | null {
  const task = procTask(pid);
  if (!task || !task.files) return null;
  const file = fdGetFrom(task.files, number);
  if (!file) return null;
  const perm = (file.mode & FMODE_READ ? 0x140 : 0) | (file.mode & FMODE_WRITE ? 0xc0 : 0);
  return make(parent, name, length, PROC_FD_LINK, pid, number, perm);
}

function fdinfoEntry(parent: Dentry, name: usize, length: u32, pid: i32, number: i32): Dentry | null {
  const task = procTask(pid);
  if (!task || !task.files || !fdGetFrom(task.files, number)) return null;
  return make(parent, name, length, PROC_FDINFO_FILE, pid, number, permissions(PROC_FDINFO_FILE));
}

/** The file behind a link of /proc/PID/fd. */
function fdFile(inode: Inode): File | null {
  const task = procTask(inode.procPid);
  return task && task.files ? fdGetFrom(task.files, inode.procArg) : null;
}

/** The mount of where procFollow leads. */
export let jumpMount: Mount = changetype<Mount>(0);

/** Where a magic link leads: a held dentry and jumpMount, or 0 (it has a text, or nothing is there). */
export function procFollow(inode: Inode): i64 {
  const task = inode.procPid ? procTask(inode.procPid) : current;
  let dentry: u32 = 0;
  jumpMount = changetype<Mount>(<usize>current.fs.rootMount);
  switch (inode.proc) {
    case PROC_EXE: {
      const exe = task && changetype<usize>(task.mm) ? changetype<File | null>(<usize>task.mm.exe) : null;
      if (exe) {
        dentry = exe.dentry;
        jumpMount = fileMount(exe);
      }
      break;
    }
    case PROC_CWD:
    case PROC_ROOT_LINK:
      if (task && changetype<usize>(task.fs)) {
        const cwd = inode.proc == PROC_CWD;
        dentry = cwd ? task.fs.cwdDentry : task.fs.rootDentry;
        jumpMount = changetype<Mount>(<usize>(cwd ? task.fs.cwdMount : task.fs.rootMount));
      }
      break;
    case PROC_FD_LINK: {
      const file = fdFile(inode);
      if (!file) break;
      if (!file.dentry) return <i64>anonDentry(file);
      dentry = file.dentry;
      jumpMount = fileMount(file);
      break;
    }
    case PROC_NS_LINK: return task ? <i64>nsDentry(task, inode.procArg) : 0;
    default: setText(inode); return 0;
  }
  return dentry ? <i64>changetype<usize>(dentryHold(changetype<Dentry>(<usize>dentry))) : 0;
}

const LINK = memory.data(64, 8);

/** Keeps the text of /proc/self and friends as the link's own. */
function setText(inode: Inode): void {
  const text = procReadlink(inode, LINK, 64);
  kfree(inode.text);
  inode.text = kmalloc(64);
  if (inode.text && text) {
    let n: u32 = 0;
    do store<u8>(inode.text + n, load<u8>(text + n));
    while (load<u8>(text + n++));
  }
}

function number(to: usize, value: u64): usize {
  let p = to;
  do {
    store<u8>(--p, <u8>(48 + value % 10));
    value /= 10;
  } while (value);
  return p;
}

function prefix(p: usize, s: string): usize {
  p -= s.length;
  for (let i = 0; i < s.length; i++) store<u8>(p + i, load<u8>(changetype<usize>(s) + (i << 1)));
  return p;
}

/** The text of a link, written at the end of [to, to + room); 0 when it leads nowhere. */
export function procReadlink(inode: Inode, to: usize, room: u32): usize {
  const end = to + room - 1;
  store<u8>(end, 0);
  switch (inode.proc) {
    case PROC_SELF: return number(end, current.group.pid);
    case PROC_THREAD_SELF: return number(prefix(number(end, current.tid), "/task/"), current.group.pid);
    case PROC_MOUNTS_LINK: return prefix(end, "self/mounts");
    case PROC_NET_LINK: return prefix(end, "self/net");
    case PROC_FD_LINK: {
      const file = fdFile(inode);
      if (!file) return 0;
      if (file.dentry && changetype<Dentry>(<usize>file.dentry).inode.fs != FS_ANON) return pathOf(changetype<Mount>(<usize>file.mount), changetype<Dentry>(<usize>file.dentry), to, room);
      const kind = anonName(file);
      if (kind.length) return prefix(end, kind);
      const close = prefix(end, "]");
      if (file.kind == FILE_SOCKET) return prefix(number(close, anonIno(file)), "socket:[");
      return prefix(number(close, anonIno(file)), "pipe:[");
    }
    case PROC_NS_LINK: {
      const task = procTask(inode.procPid);
      if (!task) return 0;
      return prefix(prefix(number(prefix(end, "]"), nsInum(task, inode.procArg)), ":["), nsType(inode.procArg));
    }
    default: {
      const target = procFollow(inode);
      if (target <= 0) return 0;
      const dentry = changetype<Dentry>(<usize>target);
      const p = pathOf(jumpMount, dentry, to, room);
      dentryDrop(dentry);
      return p;
    }
  }
}

// ── listing ─────────────────────────────────────────────────────────────────────────

const NAME = memory.data(32, 8);
let entryIno: u64 = 0;
let entryType: u32 = 0;
let entryNext: u64 = 0;

export function procEntryName(): usize {
  return NAME;
}

export function procEntryIno(): u64 {
  return entryIno;
}

export function procEntryType(): u32 {
  return entryType;
}

/** The position behind the entry. */
export function procEntryNext(): u64 {
  return entryNext;
}

function listed(type: u32, ino: u64): bool {
  entryType = type;
  entryIno = ino;
  return true;
}

function listNumber(value: u64): void {
  const p = number(NAME + 31, value);
  const n = NAME + 31 - p;
  memory.copy(NAME, p, n);
  store<u8>(NAME + n, 0);
}

/** The entry at position n of a directory (without dots), or the one behind it; false at the end. */
export function procEntry(dir: Inode, n: u64): bool {
  let fixed: u32 = 0;
  while (fixedEntry(dir.proc, fixed)) {
    if (fixed == <u32>n) {
      for (let i = 0; i < entryText.length; i++) store<u8>(NAME + i, load<u8>(changetype<usize>(entryText) + (i << 1)));
      store<u8>(NAME + entryText.length, 0);
      entryNext = n + 1;
      return listed(isDirectory(entryWhat) ? 4 : entryWhat < FIRST_FILE ? 10 : 8, 0x10000 + entryWhat);
    }
    fixed++;
  }
  // Then numbers, which come and go: a position is the least number to tell.
  const least = <i32>min<u64>(n - fixed, i32.MAX_VALUE);
  const ids = dir.proc == PROC_ROOT || dir.proc == PROC_TASK;
  const found = ids ? taskFrom(dir, least) : dir.proc == PROC_FD || dir.proc == PROC_FDINFO ? descriptorFrom(dir, least) : -1;
  if (found < 0) return false;
  listNumber(found);
  entryNext = <u64>found + fixed + 1;
  return ids ? listed(4, 0x20000 + found) : listed(dir.proc == PROC_FD ? 10 : 8, 0x30000 + found);
}

/** The least id from `least` of a process (of a thread in /proc/PID/task), or −1. */
function taskFrom(dir: Inode, least: i32): i32 {
  const owner = dir.proc == PROC_TASK ? procTask(dir.procPid) : null;
  if (!owner && dir.proc == PROC_TASK) return -1;
  let found = i32.MAX_VALUE;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const tid = task.tid;
    if (tid >= least && tid < found && (owner ? task.group === owner.group : tid == task.group.pid)) found = tid;
  }
  return found == i32.MAX_VALUE ? -1 : found;
}

function descriptorFrom(dir: Inode, least: i32): i32 {
  const task = procTask(dir.procPid);
  return task && task.files ? fdNext(task.files, least) : -1;
}
