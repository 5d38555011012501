// Contents of the files of /proc, made when they are read from the start. Formats as Linux prints them; proc(5).
import { mapDataPages } from "../mm/map";
import { EACCES, EFAULT, EINVAL, EIO, ENOMEM, ESRCH } from "../abi/errno";
import { RLIMIT_SIGPENDING } from "../abi/resource";
import { cpuFlags, cpuLevel } from "../cpu/cpuid";
import { text, textBegin, textByte, textBytes, textCString, textDecimal, textEnd, textHex, textLength, textNumber, textSigned } from "../lib/text";
import { framesTotal, framesUsed } from "../mm/frames";
import { kfree, kmalloc } from "../mm/kmalloc";
import { AUXV_BYTES, Mm, VM_GROWSDOWN, VM_HEAP, VM_SHARED, VM_STACK, VM_VDSO, Vma, tableCount, vmaAt, vmaPresent } from "../mm/space";
import { currentMm, mmActivate } from "../mm/tlb";
import { copyInPartial, copyOut } from "../mm/usercopy";
import { now, realtime } from "../task/clock";
import { USER_SIGNALS, userCount } from "../task/user";
import { USAGE_FAULTS, USAGE_PREEMPTED, USAGE_VOLUNTARY, childUsage, switchesOfAll, usageOfGroup, usageOfTask } from "../task/usage";
import { fdtableRoom } from "./fdtable";
import { utsHostname } from "../task/uts";
import { lastPid, taskCount, taskAfter, taskFirst } from "../task/table";
import { groupTty } from "../tty/tty";
import { Group, TASK_BLOCKED, TASK_RUNNABLE, TASK_STOPPED, TASK_UNINTERRUPTIBLE, Task, current } from "../task/task";
import { FILE_REGULAR, FMODE_READ, FMODE_WRITE, File, fileNew } from "./file";
import { Dentry, Inode } from "./inode";
import { fsTypeAt, fsTypeName } from "./filesystems";
import { Mount } from "./mount";
import { MOUNTS_INFO, MOUNTS_PLAIN, MOUNTS_STATS, mountsProduce } from "./procmounts";
import { pathOf } from "./namei";
import {
  PROC_BOOT_ID, PROC_CAP_LAST_CAP, PROC_CMDLINE, PROC_CPUINFO, PROC_FILESYSTEMS, PROC_FILE_MAX, PROC_HOSTNAME, PROC_LOADAVG, PROC_MAP_COUNT, PROC_MEMINFO, PROC_NGROUPS_MAX,
  PROC_OSRELEASE, PROC_OSTYPE, PROC_OVERCOMMIT, PROC_PID_AUXV, PROC_PID_CMDLINE, PROC_PID_COMM, PROC_PID_ENVIRON, PROC_PID_LIMITS, PROC_PID_MAPS, PROC_PID_MAX, PROC_PID_MOUNTINFO, PROC_PID_MOUNTS, PROC_PID_MOUNTSTATS,
  PROC_PID_STAT, PROC_PID_STATM, PROC_PID_STATUS, PROC_STAT, PROC_SYS, PROC_SYS_MQUEUE, PROC_SYS_RANDOM, PROC_UPTIME, PROC_UTS_VERSION, PROC_VERSION, procTask,
} from "./proc";
import { MORE_FILE, moreProduce, moreWritable, moreWrite } from "./procmore";
import { PROC_IPC_FIRST, PROC_IPC_LAST, PROC_MSG_NEXT_ID, PROC_SEM_NEXT_ID, PROC_SHM_NEXT_ID, ipcProduce, ipcWrite } from "./procipc";
import { CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN } from "../abi/capability";
import { PROC_NET_FIRST, PROC_NET_LAST, netProduce, netWrite } from "./procnet";

/** What uname(2) says and /proc repeats. */
export const RELEASE = "6.18.0-ring3";

/** Opens a proc file. private0 = its text, made when it is read; private1 = length. */
export function procOpen(dentry: Dentry, flags: i32): i64 {
  const inode = dentry.inode;
  if (inode.procPid && !procTask(inode.procPid)) return -ESRCH;
  // Root may open any file of /proc, but no sysctl that is not to be written.
  if (flags & 3 && !(inode.mode & 0x92) && sysctlDirectory(dentry.parent.inode.proc) && !mayChooseIds(inode.proc)) return -EACCES;
  const file = fileNew(FILE_REGULAR, 0, flags, (flags & 3) == 1 ? FMODE_WRITE : (flags & 3) == 2 ? FMODE_READ | FMODE_WRITE : FMODE_READ);
  if (!file) return -ENOMEM;
  file.dentry = <u32>changetype<usize>(dentry);
  file.inode = <u32>changetype<usize>(inode);
  return <i64>changetype<usize>(file);
}

/** Makes the text as it is now; 0 or −errno. */
function makeText(file: File): i32 {
  const inode = changetype<Inode>(<usize>file.inode);
  const task = inode.procPid ? procTask(inode.procPid) : current;
  if (!task) return -ESRCH;
  textBegin();
  if (inode.proc >= PROC_IPC_FIRST && inode.proc <= PROC_IPC_LAST) ipcProduce(inode.proc, task);
  else if (inode.proc >= PROC_NET_FIRST && inode.proc <= PROC_NET_LAST) netProduce(inode.proc);
  else if (inode.proc >= MORE_FILE) moreProduce(inode, task);
  else produce(inode.proc, task);
  const length = textLength();
  const buffer = textEnd();
  if (!buffer) return -ENOMEM;
  kfree(file.private0);
  file.private0 = <u32>buffer;
  file.private1 = length;
  return 0;
}

/** Has the file's text made when it is read from its start: 0 or −errno. It stands at private0, private1 bytes long. */
export function procText(file: File, pos: u64): i32 {
  return pos && file.private0 ? 0 : makeText(file);
}

export function procRead(file: File, pos: u64, to: u64, count: u64): i64 {
  const error = procText(file, pos);
  if (error) return error;
  const length = file.private1;
  if (pos >= length) return 0;
  const n = min(count, length - pos);
  return copyOut(to, <usize>file.private0 + <usize>pos, n) ? <i64>n : -EFAULT;
}

/** The number of the next object may be written, whatever its mode says, by who may restore processes; kernel: ipc_permissions(). */
function mayChooseIds(what: u32): bool {
  const isNext = what == PROC_MSG_NEXT_ID || what == PROC_SEM_NEXT_ID || what == PROC_SHM_NEXT_ID;
  return isNext && (current.cred.capEffective & ((<u64>1 << CAP_CHECKPOINT_RESTORE) | (<u64>1 << CAP_SYS_ADMIN))) != 0;
}

/** Whether a directory of /proc/sys. */
export function sysctlDirectory(what: u32): bool {
  return (what >= PROC_SYS && what <= PROC_SYS_RANDOM) || what == PROC_SYS_MQUEUE;
}

export function procWrite(inode: Inode, pos: u64, from: u64, count: u64): i64 {
  const what = inode.proc;
  if (moreWritable(what)) return moreWrite(inode, from, count);
  if (what < PROC_IPC_FIRST) return inode.procPid ? -EINVAL : -EIO;
  return what >= PROC_NET_FIRST && what <= PROC_NET_LAST ? netWrite(what, pos, from, count) : ipcWrite(what, pos, from, count);
}

export function procRelease(file: File): void {
  kfree(file.private0);
}

function produce(what: u32, task: Task): void {
  switch (what) {
    case PROC_VERSION: text("Linux version "); text(RELEASE); text(" (ring3@ring3) #1 SMP PREEMPT_DYNAMIC\n"); return;
    case PROC_UPTIME: hundredths(now()); textByte(32); hundredths(idleTime()); textByte(10); return;
    case PROC_LOADAVG: text("0.00 0.00 0.00 "); textDecimal(tasksIn(TASK_RUNNABLE)); textByte(47); textDecimal(taskCount()); textByte(32); textDecimal(lastPid()); textByte(10); return;
    case PROC_MEMINFO: meminfo(); return;
    case PROC_CPUINFO: cpuinfo(); return;
    case PROC_STAT: machineStat(); return;
    case PROC_FILESYSTEMS: filesystems(); return;
    case PROC_CMDLINE: text("ring3\n"); return;
    case PROC_OSTYPE: text("Linux\n"); return;
    case PROC_OSRELEASE: text(RELEASE); textByte(10); return;
    case PROC_UTS_VERSION: text("#1 SMP PREEMPT_DYNAMIC\n"); return;
    case PROC_HOSTNAME: textCString(utsHostname()); textByte(10); return;
    case PROC_PID_MAX: text("4194304\n"); return;
    case PROC_FILE_MAX: text("9223372036854775807\n"); return;
    case PROC_OVERCOMMIT: text("0\n"); return;
    case PROC_MAP_COUNT: text("65530\n"); return;
    case PROC_NGROUPS_MAX: text("65536\n"); return;
    case PROC_CAP_LAST_CAP: text("40\n"); return;
    case PROC_BOOT_ID: text("72696e67-3300-4000-8000-000000000001\n"); return;
    case PROC_PID_COMM: textCString(changetype<usize>(task) + offsetof<Task>("comm0")); textByte(10); return;
    case PROC_PID_STAT: pidStat(task); return;
    case PROC_PID_MOUNTS: mountsProduce(task, MOUNTS_PLAIN); return;
    case PROC_PID_MOUNTINFO: mountsProduce(task, MOUNTS_INFO); return;
    case PROC_PID_MOUNTSTATS: mountsProduce(task, MOUNTS_STATS); return;
    case PROC_PID_STATUS: pidStatus(task); return;
    case PROC_PID_LIMITS: pidLimits(task.group); return;
  }
  const mm = task.mm;
  if (!changetype<usize>(mm)) return;
  switch (what) {
    case PROC_PID_CMDLINE: guestBytes(mm, mm.argStart, mm.argEnd); return;
    case PROC_PID_ENVIRON: guestBytes(mm, mm.envStart, mm.envEnd); return;
    case PROC_PID_AUXV: auxvOf(mm); return;
    case PROC_PID_MAPS: for (let i: u32 = 0; i < mm.vmaCount; i++) mapsLine(mm, vmaAt(mm, i)); return;
    case PROC_PID_STATM: statm(mm); return;
  }
}

function filesystems(): void {
  for (let i: u32 = 0; fsTypeAt(i); i++) {
    text("nodev\t");
    text(fsTypeName(fsTypeAt(i)));
    textByte(10);
  }
}

function hundredths(ns: u64): void {
  textDecimal(ns / 1_000_000_000);
  textByte(46);
  textNumber(ns / 10_000_000 % 100, 10, 2, 48);
}

function kilobytes(name: string, pages: u64): void {
  text(name);
  textByte(58);
  for (let i = name.length + 1; i < 16; i++) textByte(32);
  textNumber(pages * 4, 10, 8, 32);
  text(" kB\n");
}

function meminfo(): void {
  const total = <u64>framesTotal();
  const free = total - framesUsed();
  kilobytes("MemTotal", total);
  kilobytes("MemFree", free);
  kilobytes("MemAvailable", free);
  kilobytes("Buffers", 0);
  kilobytes("Cached", 0);
  kilobytes("SwapCached", 0);
  kilobytes("Active", 0);
  kilobytes("Inactive", 0);
  kilobytes("Unevictable", 0);
  kilobytes("Mlocked", 0);
  kilobytes("SwapTotal", 0);
  kilobytes("SwapFree", 0);
  kilobytes("Dirty", 0);
  kilobytes("Writeback", 0);
  kilobytes("AnonPages", 0);
  kilobytes("Mapped", 0);
  kilobytes("Shmem", 0);
  kilobytes("Slab", 0);
  kilobytes("SReclaimable", 0);
  kilobytes("SUnreclaim", 0);
  kilobytes("PageTables", 0);
  kilobytes("CommitLimit", total / 2);
  kilobytes("Committed_AS", total - free);
  kilobytes("AnonHugePages", 0);
  text("HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n");
  kilobytes("Hugepagesize", 512);
}

function cpuinfo(): void {
  text("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 26\nmodel name\t: ");
  text(cpuLevel() < 2 ? "ring3 x86-64-v1 virtual CPU" : "ring3 x86-64-v2 virtual CPU");
  text("\nstepping\t: 5\n");
  text("cpu MHz\t\t: 1000.000\ncache size\t: 256 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: ");
  text(cpuLevel() < 2 ? "7" : "13");
  text("\nwp\t\t: yes\nflags\t\t:");
  cpuFlags();
  text("\n");
  text("bogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: 48 bits physical, 48 bits virtual\n\n");
}

/** Instructions that all processes and those before them ran. */
function retired(): u64 {
  let sum: u64 = 0;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    sum += task.instructions;
    if (task.tid == task.group.pid) sum += task.group.instructions + task.group.childInstructions;
  }
  return sum;
}

/** ns that no guest ran: an instruction counts one. */
function idleTime(): u64 {
  const busy = retired();
  return now() > busy ? now() - busy : 0;
}

function machineStat(): void {
  for (let i = 0; i < 2; i++) {
    text(i ? "cpu0 " : "cpu  ");
    textDecimal(retired() / 10_000_000);
    text(" 0 0 ");
    textDecimal(idleTime() / 10_000_000);
    text(" 0 0 0 0 0 0\n");
  }
  text("intr 0\nctxt ");
  textDecimal(switchesOfAll());
  text("\nbtime ");
  textDecimal((realtime() - now()) / 1_000_000_000);
  text("\nprocesses ");
  textDecimal(lastPid());
  text("\nprocs_running ");
  textDecimal(tasksIn(TASK_RUNNABLE));
  text("\nprocs_blocked ");
  textDecimal(tasksIn(TASK_UNINTERRUPTIBLE));
  textByte(10);
}

/** Tasks in a state; a reader of /proc is running itself. */
function tasksIn(state: u32): u32 {
  let n: u32 = 0;
  for (let task = taskFirst(); task; task = taskAfter(task)) if (task.state == state) n++;
  return n;
}

function state(task: Task): u32 {
  if (task.group.zombie) return 90; // Z
  switch (task.state) {
    case TASK_RUNNABLE: return 82; // R
    case TASK_BLOCKED: return 83; // S
    case TASK_STOPPED: return 84; // T
    case TASK_UNINTERRUPTIBLE: return 68; // D
    default: return task === current ? 82 : 83;
  }
}

function field(value: i64): void {
  textByte(32);
  textSigned(value);
}

/** /proc/PID/stat: 52 fields; proc_pid_stat(5). */
function pidStat(task: Task): void {
  const group = task.group;
  const mm = task.mm;
  const has = changetype<usize>(mm) != 0;
  textDecimal(task.tid);
  text(" (");
  textCString(changetype<usize>(task) + offsetof<Task>("comm0"));
  text(") ");
  textByte(state(task));
  field(changetype<usize>(group.parent) ? group.parent.pid : 0);
  field(group.pgid);
  field(group.sid);
  const tty = groupTty(group);
  field(tty ? 34816 + tty.index : 0);
  field(tty ? tty.pgid || -1 : -1);
  field(4194304);
  field(load<u64>(usageOfGroup(group) + USAGE_FAULTS));
  field(load<u64>(childUsage(group) + USAGE_FAULTS));
  field(0);
  field(0);
  field((group.instructions + task.instructions) / 10_000_000);
  field(0);
  field(group.childInstructions / 10_000_000);
  field(0);
  field(task.prio - 100);
  field(task.nice);
  field(group.threadCount);
  field(0);
  field(group.startTime / 10_000_000);
  field(has ? <i64>mm.totalPages * 4096 : 0);
  field(has ? <i64>mm.rss : 0);
  text(" 18446744073709551615");
  field(has ? <i64>mm.codeStart : 0);
  field(has ? <i64>mm.codeEnd : 0);
  field(has ? <i64>mm.startStack : 0);
  field(0);
  field(0);
  field(task.pendingMask & 0x7fffffff);
  field(task.sigmask & 0x7fffffff);
  field(0);
  field(0);
  field(0);
  field(0);
  field(0);
  field(group.exitSignal);
  field(0);
  field(task.rtPriority);
  field(task.policy);
  field(0);
  field(0);
  field(0);
  field(has ? <i64>mm.startData : 0);
  field(has ? <i64>mm.endData : 0);
  field(has ? <i64>mm.brkStart : 0);
  field(has ? <i64>mm.argStart : 0);
  field(has ? <i64>mm.argEnd : 0);
  field(has ? <i64>mm.envStart : 0);
  field(has ? <i64>mm.envEnd : 0);
  field(group.zombie ? group.exitStatus : 0);
  textByte(10);
}

function row(name: string): void {
  text(name);
  text(":\t");
}

function size(name: string, pages: u64): void {
  row(name);
  textNumber(pages * 4, 10, 8, 32);
  text(" kB\n");
}

function ids(a: u32, b: u32, c: u32, d: u32): void {
  textDecimal(a);
  textByte(9);
  textDecimal(b);
  textByte(9);
  textDecimal(c);
  textByte(9);
  textDecimal(d);
  textByte(10);
}

function mask(name: string, value: u64): void {
  row(name);
  textHex(value, 16);
  textByte(10);
}

/** /proc/PID/status; proc_pid_status(5). */
function pidStatus(task: Task): void {
  const group = task.group;
  row("Name");
  textCString(changetype<usize>(task) + offsetof<Task>("comm0"));
  text("\n");
  row("Umask");
  textNumber(changetype<usize>(task.fs) ? task.fs.umask : 0, 8, 4, 48);
  text("\n");
  row("State");
  const s = state(task);
  textByte(s);
  text(s == 82 ? " (running)\n" : s == 83 ? " (sleeping)\n" : s == 84 ? " (stopped)\n" : s == 90 ? " (zombie)\n" : " (disk sleep)\n");
  row("Tgid"); textDecimal(group.pid); text("\n");
  row("Ngid"); text("0\n");
  row("Pid"); textDecimal(task.tid); text("\n");
  row("PPid"); textDecimal(changetype<usize>(group.parent) ? group.parent.pid : 0); text("\n");
  row("TracerPid"); text("0\n");
  const cred = task.cred;
  if (changetype<usize>(cred)) {
    row("Uid"); ids(cred.uid, cred.euid, cred.suid, cred.fsuid);
    row("Gid"); ids(cred.gid, cred.egid, cred.sgid, cred.fsgid);
  }
  row("FDSize"); textDecimal(task.files ? fdtableRoom(task.files) : 0); text("\n");
  row("Groups");
  if (changetype<usize>(cred)) for (let i: u32 = 0; i < cred.groupCount; i++) { textDecimal(load<u32>(cred.groups + (i << 2))); textByte(32); }
  text("\n");
  row("NStgid"); textDecimal(group.pid); text("\n");
  row("NSpid"); textDecimal(task.tid); text("\n");
  row("NSpgid"); textDecimal(group.pgid); text("\n");
  row("NSsid"); textDecimal(group.sid); text("\nKthread:\t0\n");
  const mm = task.mm;
  if (changetype<usize>(mm)) {
    size("VmPeak", mm.totalPages);
    size("VmSize", mm.totalPages);
    size("VmLck", 0);
    size("VmPin", 0);
    size("VmHWM", mm.rssPeak);
    size("VmRSS", mm.rss);
    memoryParts(mm);
    text("HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n");
  }
  row("Threads"); textDecimal(group.threadCount); text("\n");
  row("SigQ"); textDecimal(changetype<usize>(cred) ? userCount(cred.uid, USER_SIGNALS) : 0); textByte(47); textDecimal(load<u64>(group.rlimits + RLIMIT_SIGPENDING * 16)); text("\n");
  mask("SigPnd", task.pendingMask);
  mask("ShdPnd", group.pendingMask);
  mask("SigBlk", task.sigmask);
  mask("SigIgn", handlers(task, 1));
  mask("SigCgt", handlers(task, 2));
  if (changetype<usize>(cred)) {
    mask("CapInh", cred.capInheritable);
    mask("CapPrm", cred.capPermitted);
    mask("CapEff", cred.capEffective);
    mask("CapBnd", cred.capBounding);
    mask("CapAmb", cred.capAmbient);
  }
  row("NoNewPrivs"); textDecimal(task.noNewPrivs); text("\n");
  row("Seccomp"); textDecimal(task.seccomp); text("\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tnot affected\n");
  row("Cpus_allowed"); text("1\n");
  row("Cpus_allowed_list"); text("0\n");
  text("Mems_allowed:\t1\nMems_allowed_list:\t0\n");
  const usage = usageOfTask(task);
  row("voluntary_ctxt_switches"); textDecimal(load<u64>(usage + USAGE_VOLUNTARY)); text("\n");
  row("nonvoluntary_ctxt_switches"); textDecimal(load<u64>(usage + USAGE_PREEMPTED)); text("\n");
}

/** Lines of status from RssAnon to VmSwap; kernel: task_mem(). */
function memoryParts(mm: Mm): void {
  let stack: u64 = 0;
  let library: u64 = 0;
  let anonymous: u64 = 0;
  let shared: u64 = 0;
  for (let i: u32 = 0; i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    const pages = (vma.end - vma.start) >> 12;
    if (vma.flags & VM_GROWSDOWN) stack += pages;
    else if (vma.prot & 4 && !(vma.prot & 2)) library += pages;
    if (!vma.mapping) anonymous += vmaPresent(mm, vma);
    else if (vma.flags & VM_SHARED && !vma.file) shared += vmaPresent(mm, vma);
  }
  const code = min<u64>((mm.codeEnd - mm.codeStart + 4095) >> 12, library);
  size("RssAnon", anonymous);
  size("RssFile", mm.rss - min<u64>(anonymous + shared, mm.rss));
  size("RssShmem", shared);
  size("VmData", mapDataPages(mm));
  size("VmStk", stack);
  size("VmExe", code);
  size("VmLib", library - code);
  size("VmPTE", (tableCount(mm) + 1) / 2);
  size("VmSwap", 0);
}

/** Bit set of signals that are ignored (1) or caught (2). */
function handlers(task: Task, kind: u32): u64 {
  let set: u64 = 0;
  if (!changetype<usize>(task.sighand)) return 0;
  for (let i: usize = 0; i < 64; i++) {
    const h = load<u64>(changetype<usize>(task.sighand) + 8 + i * 32);
    if (kind == 1 ? h == 1 : h > 1) set |= <u64>1 << i;
  }
  return set;
}

/** Up to AT_NULL. */
function auxvOf(mm: Mm): void {
  if (!mm.savedAuxv) return;
  let bytes: u32 = 0;
  do bytes += 16;
  while (bytes < AUXV_BYTES && load<u64>(mm.savedAuxv + bytes - 16));
  textBytes(mm.savedAuxv, bytes);
}

function guestBytes(mm: Mm, from: u64, to: u64): void {
  if (to <= from || to - from > 2 << 20) return;
  const n = <u32>(to - from);
  const buffer = kmalloc(n);
  if (!buffer) return;
  const before = currentMm;
  mmActivate(mm);
  const left = <u32>copyInPartial(buffer, from, n);
  if (changetype<usize>(before)) mmActivate(before);
  textBytes(buffer, n - left);
  kfree(buffer);
}

const PATH = memory.data(4096, 8);

function mountOfFile(file: File | null): Mount {
  return changetype<Mount>(<usize>(file ? file.mount : 0));
}

/** A line of /proc/PID/maps; proc_pid_maps(5). */
export function mapsHead(mm: Mm, vma: Vma): void {
  mapsLine(mm, vma);
}

function mapsLine(mm: Mm, vma: Vma): void {
  const before = textLength();
  textHex(vma.start, 8);
  textByte(45);
  textHex(vma.end, 8);
  textByte(32);
  textByte(vma.prot & 1 ? 114 : 45);
  textByte(vma.prot & 2 ? 119 : 45);
  textByte(vma.prot & 4 ? 120 : 45);
  textByte(vma.flags & VM_SHARED ? 115 : 112);
  textByte(32);
  textHex(vma.file ? vma.pgoff << 12 : 0, 8);
  textByte(32);
  const file = changetype<File | null>(<usize>vma.file);
  const dentry = file ? changetype<Dentry | null>(<usize>file.dentry) : null;
  const dev = dentry ? dentry.inode.dev : 0;
  textHex(dev >> 8, 2);
  textByte(58);
  textHex(dev & 0xff, 2);
  textByte(32);
  textDecimal(dentry ? dentry.inode.ino : 0);
  const heap = vma.flags & VM_HEAP && vma.start < mm.brk;
  const stack = (vma.flags & (VM_STACK | VM_GROWSDOWN)) == (VM_STACK | VM_GROWSDOWN);
  const vdso = (vma.flags & VM_VDSO) != 0;
  if (dentry || heap || stack || vdso) {
    for (let at = textLength() - before; at < 73; at++) textByte(32);
    if (vdso) text("[vdso]");
    else if (heap) text("[heap]");
    else if (stack) text("[stack]");
    else if (dentry) textCString(pathOf(mountOfFile(file), dentry, PATH, 4096));
  } else textByte(32);
  textByte(10);
}

function statm(mm: Mm): void {
  textDecimal(mm.totalPages);
  field(mm.rss);
  text(" 0");
  field((mm.codeEnd - mm.codeStart + 4095) >> 12);
  text(" 0");
  field(mm.totalPages);
  text(" 0\n");
}

function limitValue(value: u64): void {
  const before = textLength();
  if (value == u64.MAX_VALUE) text("unlimited");
  else textDecimal(value);
  for (let at = textLength() - before; at < 21; at++) textByte(32);
}

function limitLine(group: Group, index: u32, name: string, unit: string): void {
  const before = textLength();
  text(name);
  for (let at = textLength() - before; at < 26; at++) textByte(32);
  limitValue(load<u64>(group.rlimits + (index << 4)));
  limitValue(load<u64>(group.rlimits + (index << 4), 8));
  text(unit);
  for (let i = unit.length; i < 10; i++) textByte(32);
  textByte(10);
}

function pidLimits(group: Group): void {
  text("Limit                     Soft Limit           Hard Limit           Units     \n");
  limitLine(group, 0, "Max cpu time", "seconds");
  limitLine(group, 1, "Max file size", "bytes");
  limitLine(group, 2, "Max data size", "bytes");
  limitLine(group, 3, "Max stack size", "bytes");
  limitLine(group, 4, "Max core file size", "bytes");
  limitLine(group, 5, "Max resident set", "bytes");
  limitLine(group, 6, "Max processes", "processes");
  limitLine(group, 7, "Max open files", "files");
  limitLine(group, 8, "Max locked memory", "bytes");
  limitLine(group, 9, "Max address space", "bytes");
  limitLine(group, 10, "Max file locks", "locks");
  limitLine(group, 11, "Max pending signals", "signals");
  limitLine(group, 12, "Max msgqueue size", "bytes");
  limitLine(group, 13, "Max nice priority", "");
  limitLine(group, 14, "Max realtime priority", "");
  limitLine(group, 15, "Max realtime timeout", "us");
}
