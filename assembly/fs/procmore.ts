// Further files of /proc and those of /sys: names, modes, texts, and what may be written. proc(5), sysfs(5).
// Numbers of directories begin at MORE_DIR, those of files at MORE_FILE.
import { EACCES, EFAULT, EINVAL, EIO } from "../abi/errno";
import { text, textByte, textCString, textDecimal, textHex, textNumber, textSigned } from "../lib/text";
import { random64 } from "../lib/random";
import { framesTotal, framesUsed } from "../mm/frames";
import { pagePresent } from "../mm/map";
import { Mm, Vma, vmaAt } from "../mm/space";
import { copyIn } from "../mm/usercopy";
import { lastPid } from "../task/table";
import { taskInstructions } from "../task/clocks";
import { Task, current } from "../task/task";
import { USAGE_PREEMPTED, USAGE_READS, USAGE_READ_BYTES, USAGE_VOLUNTARY, USAGE_WRITES, USAGE_WRITTEN_BYTES, faultsOfAll, usageOfGroup, usageOfTask } from "../task/usage";
import { UTS_BYTES, utsDomainname, utsHostname } from "../task/uts";
import { fdinfoText } from "./fdinfo";
import { Inode } from "./inode";
import { PROC_HOSTNAME, PROC_PID, PROC_PID_COMM, PROC_ROOT, PROC_SYS_FS, PROC_SYS_KERNEL, PROC_SYS_RANDOM, PROC_SYS_VM, PROC_SYSFS, PROC_TID, procPut, procTask } from "./proc";
import { mapsHead } from "./procfile";
import { PROC_FS_FIRST } from "./procipc";
import { INOTIFY_INSTANCES, INOTIFY_QUEUED, INOTIFY_WATCHES } from "./sysctl";

export const MORE_DIR: u32 = 256;
const FS_INOTIFY: u32 = 256;
const FS_EPOLL: u32 = 257;
export const PROC_FDINFO: u32 = 258;
const TTY: u32 = 259;
const DEVICES: u32 = 260;
const SYSTEM: u32 = 261;
const CPUS: u32 = 262;
const CPU0: u32 = 263;
const TOPOLOGY: u32 = 264;
const KERNEL: u32 = 265;
const KERNEL_MM: u32 = 266;
const HUGEPAGE: u32 = 267;
const SYS_FS: u32 = 268;
const EMPTY: u32 = 269; // /sys/fs/cgroup, block, bus, class, dev, firmware, module, power: nothing is there
export const MORE_FILE: u32 = 320;
const SWAPS: u32 = 320;
const PARTITIONS: u32 = 321;
const DEVICE_NUMBERS: u32 = 322;
const DISKSTATS: u32 = 323;
const VMSTAT: u32 = 324;
const CGROUPS: u32 = 325;
const MODULES: u32 = 326;
const TTY_DRIVERS: u32 = 327;
const CONSOLES: u32 = 328;
// Files of a process.
const CGROUP: u32 = 340;
const WCHAN: u32 = 341;
const OOM_SCORE: u32 = 342;
const OOM_SCORE_ADJ: u32 = 343;
const PERSONALITY: u32 = 344;
const SMAPS: u32 = 345;
const SMAPS_ROLLUP: u32 = 346;
const TIMERSLACK: u32 = 347;
const ID_MAP: u32 = 348;
const SETGROUPS: u32 = 349;
const LOGINUID: u32 = 350;
const COREDUMP_FILTER: u32 = 351;
const FDINFO_FILE: u32 = 352;
const IO: u32 = 353;
const SCHED: u32 = 354;
const SCHEDSTAT: u32 = 355;
// sysctls: numbers that cannot be changed here.
const SYSCTL: u32 = 400;
const DOMAINNAME: u32 = 400;
const CORE_PATTERN: u32 = 401;
const ZERO: u32 = 402;
const ONE: u32 = 403;
const NS_LAST_PID: u32 = 404;
const THREADS_MAX: u32 = 405;
const UUID: u32 = 406;
const PRINTK: u32 = 407;
const OVERFLOW_ID: u32 = 408;
const ENTROPY: u32 = 409;
const NR_OPEN: u32 = 410;
const FILE_NR: u32 = 411;
const INODE_NR: u32 = 412;
const MILLION: u32 = 413;
const MOUNT_MAX: u32 = 414;
const WATCHES: u32 = 415;
const SIXTY: u32 = 418;
const FIFTY: u32 = 419;
const MMAP_MIN: u32 = 420;
const TWO: u32 = 421;
const SCHED_RR: u32 = 422;
const RT_PERIOD: u32 = 423;
const RT_RUNTIME: u32 = 424;
// /sys.
const CPU_LIST: u32 = 450;
const CPU_MAX: u32 = 451;
const EMPTY_LINE: u32 = 452;
const THP_ENABLED: u32 = 453;
const THP_SIZE: u32 = 454;
const CPU_ZERO: u32 = 455;

/** Entry i of a directory, counted behind those that proc.ts has, through procPut(); false at the end. */
export function moreEntry(dir: u32, i: u32): bool {
  switch (dir) {
    case PROC_ROOT: return rootEntry(i);
    case PROC_PID:
    case PROC_TID: return pidEntry(i);
    case PROC_SYS_KERNEL: return kernelEntry(i);
    case PROC_SYS_RANDOM: return i == 0 ? procPut("uuid", UUID) : i == 1 ? procPut("entropy_avail", ENTROPY) : i == 2 && procPut("poolsize", ENTROPY);
    case PROC_SYS_FS: return fsEntry(i);
    case PROC_SYS_VM: return vmEntry(i);
    case FS_INOTIFY: return i == 0 ? procPut("max_queued_events", PROC_FS_FIRST + INOTIFY_QUEUED) : i == 1 ? procPut("max_user_instances", PROC_FS_FIRST + INOTIFY_INSTANCES) : i == 2 && procPut("max_user_watches", PROC_FS_FIRST + INOTIFY_WATCHES);
    case FS_EPOLL: return i == 0 && procPut("max_user_watches", WATCHES);
    case TTY: return i == 0 && procPut("drivers", TTY_DRIVERS);
    case PROC_SYSFS: return sysfsEntry(i);
    case DEVICES: return i == 0 && procPut("system", SYSTEM);
    case SYSTEM: return i == 0 && procPut("cpu", CPUS);
    case CPUS: return cpuEntry(i);
    case CPU0: return i == 0 && procPut("topology", TOPOLOGY);
    case TOPOLOGY:
      switch (i) {
        case 0: return procPut("core_id", CPU_ZERO);
        case 1: return procPut("physical_package_id", CPU_ZERO);
        case 2: return procPut("thread_siblings_list", CPU_LIST);
        case 3: return procPut("core_siblings_list", CPU_LIST);
        default: return false;
      }
    case KERNEL: return i == 0 && procPut("mm", KERNEL_MM);
    case KERNEL_MM: return i == 0 && procPut("transparent_hugepage", HUGEPAGE);
    case HUGEPAGE: return i == 0 ? procPut("enabled", THP_ENABLED) : i == 1 && procPut("hpage_pmd_size", THP_SIZE);
    case SYS_FS: return i == 0 && procPut("cgroup", EMPTY);
    default: return false;
  }
}

function rootEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("swaps", SWAPS);
    case 1: return procPut("partitions", PARTITIONS);
    case 2: return procPut("devices", DEVICE_NUMBERS);
    case 3: return procPut("diskstats", DISKSTATS);
    case 4: return procPut("vmstat", VMSTAT);
    case 5: return procPut("cgroups", CGROUPS);
    case 6: return procPut("modules", MODULES);
    case 7: return procPut("consoles", CONSOLES);
    case 8: return procPut("tty", TTY);
    default: return false;
  }
}

function pidEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("fdinfo", PROC_FDINFO);
    case 1: return procPut("cgroup", CGROUP);
    case 2: return procPut("wchan", WCHAN);
    case 3: return procPut("oom_score", OOM_SCORE);
    case 4: return procPut("oom_score_adj", OOM_SCORE_ADJ);
    case 5: return procPut("personality", PERSONALITY);
    case 6: return procPut("smaps", SMAPS);
    case 7: return procPut("smaps_rollup", SMAPS_ROLLUP);
    case 8: return procPut("timerslack_ns", TIMERSLACK);
    case 9: return procPut("uid_map", ID_MAP);
    case 10: return procPut("gid_map", ID_MAP);
    case 11: return procPut("setgroups", SETGROUPS);
    case 12: return procPut("loginuid", LOGINUID);
    case 13: return procPut("sessionid", LOGINUID);
    case 14: return procPut("coredump_filter", COREDUMP_FILTER);
    case 15: return procPut("io", IO);
    case 16: return procPut("sched", SCHED);
    case 17: return procPut("schedstat", SCHEDSTAT);
    default: return false;
  }
}

function kernelEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("domainname", DOMAINNAME);
    case 1: return procPut("core_pattern", CORE_PATTERN);
    case 2: return procPut("core_uses_pid", ZERO);
    case 3: return procPut("randomize_va_space", ZERO);
    case 4: return procPut("ns_last_pid", NS_LAST_PID);
    case 5: return procPut("threads-max", THREADS_MAX);
    case 6: return procPut("printk", PRINTK);
    case 7: return procPut("tainted", ZERO);
    case 8: return procPut("panic", ZERO);
    case 9: return procPut("overflowuid", OVERFLOW_ID);
    case 10: return procPut("overflowgid", OVERFLOW_ID);
    case 11: return procPut("dmesg_restrict", ZERO);
    case 12: return procPut("kptr_restrict", ZERO);
    case 13: return procPut("perf_event_paranoid", TWO);
    case 14: return procPut("unprivileged_bpf_disabled", TWO);
    case 15: return procPut("sched_rr_timeslice_ms", SCHED_RR);
    case 16: return procPut("sched_rt_period_us", RT_PERIOD);
    case 17: return procPut("sched_rt_runtime_us", RT_RUNTIME);
    default: return false;
  }
}

function fsEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("nr_open", NR_OPEN);
    case 1: return procPut("file-nr", FILE_NR);
    case 2: return procPut("inode-nr", INODE_NR);
    case 3: return procPut("mount-max", MOUNT_MAX);
    case 4: return procPut("protected_hardlinks", ZERO);
    case 5: return procPut("protected_symlinks", ZERO);
    case 6: return procPut("protected_fifos", ZERO);
    case 7: return procPut("protected_regular", ZERO);
    case 8: return procPut("suid_dumpable", ZERO);
    case 9: return procPut("overflowuid", OVERFLOW_ID);
    case 10: return procPut("overflowgid", OVERFLOW_ID);
    case 11: return procPut("inotify", FS_INOTIFY);
    case 12: return procPut("epoll", FS_EPOLL);
    default: return false;
  }
}

function vmEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("swappiness", SIXTY);
    case 1: return procPut("overcommit_ratio", FIFTY);
    case 2: return procPut("overcommit_kbytes", ZERO);
    case 3: return procPut("mmap_min_addr", MMAP_MIN);
    case 4: return procPut("nr_hugepages", ZERO);
    case 5: return procPut("panic_on_oom", ZERO);
    case 6: return procPut("legacy_va_layout", ZERO);
    default: return false;
  }
}

function sysfsEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("block", EMPTY);
    case 1: return procPut("bus", EMPTY);
    case 2: return procPut("class", EMPTY);
    case 3: return procPut("dev", EMPTY);
    case 4: return procPut("devices", DEVICES);
    case 5: return procPut("firmware", EMPTY);
    case 6: return procPut("fs", SYS_FS);
    case 7: return procPut("kernel", KERNEL);
    case 8: return procPut("module", EMPTY);
    case 9: return procPut("power", EMPTY);
    default: return false;
  }
}

function cpuEntry(i: u32): bool {
  switch (i) {
    case 0: return procPut("online", CPU_LIST);
    case 1: return procPut("possible", CPU_LIST);
    case 2: return procPut("present", CPU_LIST);
    case 3: return procPut("offline", EMPTY_LINE);
    case 4: return procPut("isolated", EMPTY_LINE);
    case 5: return procPut("kernel_max", CPU_MAX);
    case 6: return procPut("cpu0", CPU0);
    default: return false;
  }
}

/** Permission bits. */
export function moreMode(what: u32): u32 {
  switch (what) {
    case OOM_SCORE_ADJ:
    case COREDUMP_FILTER:
    case ID_MAP:
    case SETGROUPS:
    case DOMAINNAME:
    case LOGINUID: return 0x1a4;
    case TIMERSLACK: return 0x1b6;
    case FDINFO_FILE: return 0x124;
    case IO: return 0x100;
    case SCHED: return 0x1a4;
    default: return what == PROC_FDINFO ? 0x16d : what < MORE_FILE ? 0x16d : 0x124;
  }
}

/** The number of a file of /proc/PID/fdinfo. */
export const PROC_FDINFO_FILE: u32 = FDINFO_FILE;

/** The text of a file. */
export function moreProduce(inode: Inode, task: Task): void {
  const what = inode.proc;
  if (what >= SYSCTL) {
    sysctlText(what);
    return;
  }
  switch (what) {
    case SWAPS: text("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"); return;
    case PARTITIONS: text("major minor  #blocks  name\n\n"); return;
    case DEVICE_NUMBERS: text("Character devices:\n  1 mem\n  5 /dev/tty\n\nBlock devices:\n"); return;
    case VMSTAT: vmstat(); return;
    case CGROUPS: text("#subsys_name\thierarchy\tnum_cgroups\tenabled\n"); return;
    case TTY_DRIVERS: text("/dev/tty             /dev/tty        5       0 system:/dev/tty\n"); return;
    case CGROUP: text("0::/\n"); return;
    case WCHAN: text("0"); return;
    case OOM_SCORE: textDecimal(oomScore(task)); textByte(10); return;
    case OOM_SCORE_ADJ: textSigned(task.group.oomScoreAdj); textByte(10); return;
    case PERSONALITY: textHex(task.personality, 8); textByte(10); return;
    case SMAPS: smaps(task.mm); return;
    case SMAPS_ROLLUP: smapsRollup(task.mm); return;
    case TIMERSLACK: textDecimal(task.timerSlackNs); textByte(10); return;
    case ID_MAP: text("         0          0 4294967295\n"); return;
    case SETGROUPS: text("allow\n"); return;
    case LOGINUID: text("4294967295"); return;
    case IO: io(task); return;
    case SCHED: sched(task); return;
    case SCHEDSTAT: schedstat(task); return;
    case COREDUMP_FILTER: text("00000033\n"); return;
    case FDINFO_FILE: fdinfoText(task, inode.procArg); return;
  }
}

function sysctlText(what: u32): void {
  switch (what) {
    case DOMAINNAME: name(utsDomainname()); return;
    case CORE_PATTERN: text("core\n"); return;
    case ZERO:
    case CPU_ZERO: text("0\n"); return;
    case ONE: text("1\n"); return;
    case TWO: text("2\n"); return;
    case NS_LAST_PID: textDecimal(lastPid()); textByte(10); return;
    case THREADS_MAX: text("96365\n"); return;
    case UUID: uuid(); return;
    case PRINTK: text("4\t4\t1\t7\n"); return;
    case OVERFLOW_ID: text("65534\n"); return;
    case ENTROPY: text("256\n"); return;
    case NR_OPEN: text("1048576\n"); return;
    case FILE_NR: text("0\t0\t9223372036854775807\n"); return;
    case INODE_NR: text("0\t0\n"); return;
    case MILLION: text("1000000\n"); return;
    case MOUNT_MAX: text("100000\n"); return;
    case WATCHES: text("1048576\n"); return;
    case SIXTY: text("60\n"); return;
    case FIFTY: text("50\n"); return;
    case MMAP_MIN: text("65536\n"); return;
    case SCHED_RR: text("100\n"); return;
    case RT_PERIOD: text("1000000\n"); return;
    case RT_RUNTIME: text("950000\n"); return;
    case CPU_LIST: text("0\n"); return;
    case CPU_MAX: text("0\n"); return;
    case EMPTY_LINE: textByte(10); return;
    case THP_ENABLED: text("always madvise [never]\n"); return;
    case THP_SIZE: text("2097152\n"); return;
  }
}

function name(at: usize): void {
  while (load<u8>(at)) textByte(load<u8>(at++));
  textByte(10);
}

/** A random UUID of version 4. */
function uuid(): void {
  const high = (random64() & ~(<u64>0xf000)) | 0x4000;
  const low = (random64() & 0x3fffffffffffffff) | (<u64>1 << 63);
  textHex(high >> 32, 8);
  textByte(45);
  textHex((high >> 16) & 0xffff, 4);
  textByte(45);
  textHex(high & 0xffff, 4);
  textByte(45);
  textHex(low >> 48, 4);
  textByte(45);
  textHex(low & 0xffffffffffff, 12);
  textByte(10);
}

function vmstat(): void {
  text("nr_free_pages ");
  textDecimal(<u64>(framesTotal() - framesUsed()));
  text("\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault ");
  textDecimal(faultsOfAll());
  text("\npgmajfault 0\noom_kill 0\n");
}

function line(name: string, value: u64): void {
  text(name);
  textDecimal(value);
  textByte(10);
}

/** proc_pid_io(5): the directory of a thread counts that thread. */
function io(task: Task): void {
  const usage = task === task.group.leader ? usageOfGroup(task.group) : usageOfTask(task);
  line("rchar: ", load<u64>(usage + USAGE_READ_BYTES));
  line("wchar: ", load<u64>(usage + USAGE_WRITTEN_BYTES));
  line("syscr: ", load<u64>(usage + USAGE_READS));
  line("syscw: ", load<u64>(usage + USAGE_WRITES));
  text("read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
}

/** A line of /proc/PID/sched: a name in 45 columns, a number in 14. */
function schedLine(name: string, value: u64): void {
  text(name);
  for (let i = name.length; i < 45; i++) textByte(32);
  textByte(58);
  textNumber(value, 10, 21, 32);
  textByte(10);
}

function sched(task: Task): void {
  const usage = usageOfTask(task);
  textCString(changetype<usize>(task) + offsetof<Task>("comm0"));
  text(" (");
  textDecimal(task.tid);
  text(", #threads: ");
  textDecimal(task.group.threadCount);
  text(")\n-------------------------------------------------------------------\n");
  schedLine("nr_switches", load<u64>(usage + USAGE_VOLUNTARY) + load<u64>(usage + USAGE_PREEMPTED));
  schedLine("nr_voluntary_switches", load<u64>(usage + USAGE_VOLUNTARY));
  schedLine("nr_involuntary_switches", load<u64>(usage + USAGE_PREEMPTED));
  schedLine("policy", task.policy);
  schedLine("prio", task.prio);
}

function schedstat(task: Task): void {
  const usage = usageOfTask(task);
  textDecimal(taskInstructions(task));
  text(" 0 ");
  textDecimal(load<u64>(usage + USAGE_VOLUNTARY) + load<u64>(usage + USAGE_PREEMPTED));
  textByte(10);
}

/** Kernel: oom_badness(): resident pages in thousandths of the memory, moved by the adjustment. */
function oomScore(task: Task): u64 {
  const rss = changetype<usize>(task.mm) ? <i64>task.mm.rss : 0;
  const points = 1000 + rss * 1000 / <i64>framesTotal() + task.group.oomScoreAdj;
  return <u64>max<i64>(points * 2 / 3, 0);
}

// ── smaps ───────────────────────────────────────────────────────────────────────────

function kilobytes(label: string, pages: u64): void {
  text(label);
  for (let i = label.length; i < 15; i++) textByte(32);
  textNumber(pages * 4, 10, 9, 32);
  text(" kB\n");
}

function resident(mm: Mm, vma: Vma): u64 {
  let pages: u64 = 0;
  for (let a = vma.start; a < vma.end; a += 4096) if (pagePresent(mm, a)) pages++;
  return pages;
}

/** What smaps tells of pages: all are private, and dirty when no file has them. */
function pages(rss: u64, anonymous: u64): void {
  kilobytes("Rss:", rss);
  kilobytes("Pss:", rss);
  kilobytes("Shared_Clean:", 0);
  kilobytes("Shared_Dirty:", 0);
  kilobytes("Private_Clean:", rss - anonymous);
  kilobytes("Private_Dirty:", anonymous);
  kilobytes("Referenced:", rss);
  kilobytes("Anonymous:", anonymous);
  kilobytes("AnonHugePages:", 0);
  kilobytes("Swap:", 0);
  kilobytes("SwapPss:", 0);
  kilobytes("Locked:", 0);
}

function smaps(mm: Mm): void {
  if (!changetype<usize>(mm)) return;
  for (let i: u32 = 0; i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    const rss = resident(mm, vma);
    mapsHead(mm, vma);
    kilobytes("Size:", (vma.end - vma.start) >> 12);
    text("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n");
    pages(rss, vma.mapping ? 0 : rss);
    text("THPeligible:           0\nVmFlags:");
    if (vma.prot & 1) text(" rd");
    if (vma.prot & 2) text(" wr");
    if (vma.prot & 4) text(" ex");
    if (vma.flags & 1) text(" sh");
    text(" mr mw me\n");
  }
}

function smapsRollup(mm: Mm): void {
  if (!changetype<usize>(mm) || !mm.vmaCount) return;
  let rss: u64 = 0;
  let anonymous: u64 = 0;
  for (let i: u32 = 0; i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    const n = resident(mm, vma);
    rss += n;
    if (!vma.mapping) anonymous += n;
  }
  textHex(vmaAt(mm, 0).start, 8);
  textByte(45);
  textHex(vmaAt(mm, mm.vmaCount - 1).end, 8);
  text(" ---p 00000000 00:00 0                          [rollup]\n");
  pages(rss, anonymous);
}

// ── writing ─────────────────────────────────────────────────────────────────────────

const INPUT = memory.data(256, 8);

/** Whether proc.ts's own file may be written: comm and the host name. */
export function moreWritable(what: u32): bool {
  return what >= MORE_FILE || what == PROC_PID_COMM || what == PROC_HOSTNAME;
}

/** write(2) of a file that moreWritable() names: bytes or −errno. */
export function moreWrite(inode: Inode, from: u64, count: u64): i64 {
  const n = <u32>min<u64>(count, 255);
  if (!copyIn(INPUT, from, n)) return -EFAULT;
  let length = n;
  if (length && load<u8>(INPUT + length - 1) == 10) length--;
  const task = procTask(inode.procPid);
  switch (inode.proc) {
    case PROC_PID_COMM: {
      if (!task || task.group !== current.group) return -EINVAL;
      memory.fill(changetype<usize>(task) + offsetof<Task>("comm0"), 0, 16);
      memory.copy(changetype<usize>(task) + offsetof<Task>("comm0"), INPUT, min<u32>(n, 15));
      return count;
    }
    case PROC_HOSTNAME:
    case DOMAINNAME: {
      const to = inode.proc == PROC_HOSTNAME ? utsHostname() : utsDomainname();
      length = min<u32>(length, UTS_BYTES - 1);
      memory.fill(to, 0, UTS_BYTES);
      memory.copy(to, INPUT, length);
      return count;
    }
    case OOM_SCORE_ADJ:
      if (!numberIn(length) || parsed < -1000 || parsed > 1000 || !task) return -EINVAL;
      if (parsed < task.group.oomScoreAdj && !(current.cred.capEffective & (<u64>1 << 24))) return -EACCES;
      task.group.oomScoreAdj = <i32>parsed;
      return count;
    case TIMERSLACK:
      if (!numberIn(length) || parsed < 0 || !task) return -EINVAL;
      task.timerSlackNs = parsed ? parsed : 50000;
      return count;
    default: return inode.procPid ? -EINVAL : -EIO;
  }
}

let parsed: i64 = 0;

/** The number at INPUT, in `parsed`; false when it is none. */
function numberIn(length: u32): bool {
  const negative = length && load<u8>(INPUT) == 45;
  parsed = 0;
  let i: u32 = negative ? 1 : 0;
  if (i == length) return false;
  for (; i < length; i++) {
    const digit = <u32>load<u8>(INPUT + i) - 48;
    if (digit > 9) return false;
    parsed = parsed * 10 + digit;
  }
  if (negative) parsed = -parsed;
  return true;
}
