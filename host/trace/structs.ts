// Structures of system calls in strace's abbreviated form. Offsets are those of assembly/abi.
import * as ioctl from "../../assembly/abi/ioctl.ts";
import * as ipc from "../../assembly/abi/ipc.ts";
import * as misc from "../../assembly/abi/misc.ts";
import * as poll from "../../assembly/abi/poll.ts";
import * as resource from "../../assembly/abi/resource.ts";
import * as sig from "../../assembly/abi/signal.ts";
import * as stat from "../../assembly/abi/stat.ts";
import { address, dateComment, device, fileMode, flags, hex, octal, one, signal, signalSet, uid, View } from "./values.ts";
import { errorName } from "./errno.ts";

export interface Structure {
  size: number;
  print(v: View): string;
}

function pair(names: [string, string]): Structure {
  return { size: 16, print: (v) => `{${names[0]}=${v.i64(0)}, ${names[1]}=${v.i64(8)}}` };
}

const timespec = pair(["tv_sec", "tv_nsec"]);
const timeval = pair(["tv_sec", "tv_usec"]);

function at(v: View, offset: number, size: number): View {
  return new View(v.bytes.subarray(offset, offset + size));
}

function utimensEntry(v: View): string {
  const nsec = v.i64(8);
  if (nsec === BigInt(stat.UTIME_NOW)) return "UTIME_NOW";
  if (nsec === BigInt(stat.UTIME_OMIT)) return "UTIME_OMIT";
  return timespec.print(v) + dateComment(v.i64(0), nsec);
}

function limit(v: bigint): string {
  if (v === 0xffffffffffffffffn) return "RLIM64_INFINITY";
  if (v > 1024n && v % 1024n === 0n) return `${v / 1024n}*1024`;
  return String(v);
}

function epollEvent(v: View): string {
  const at = poll.EPOLL_EVENT_DATA;
  return `{events=${flags("epoll", BigInt(v.u32(poll.EPOLL_EVENT_EVENTS)))}, data={u32=${v.u32(at)}, u64=${v.u64(at)}}}`;
}

/** struct stat: the type decides whether a size or a device number is of interest. */
function printStat(v: View): string {
  const mode = v.u32(stat.STAT_ST_MODE);
  const type = mode & stat.S_IFMT;
  const which = type === stat.S_IFCHR || type === stat.S_IFBLK
    ? `st_rdev=${device(v.u64(stat.STAT_ST_RDEV))}`
    : `st_size=${v.u64(stat.STAT_ST_SIZE)}`;
  return `{st_mode=${fileMode(mode)}, ${which}, ...}`;
}

function printStatx(v: View): string {
  const mode = v.u16(stat.STATX_STX_MODE);
  const mask = flags("statxmask", BigInt(v.u32(stat.STATX_STX_MASK)));
  const attributes = flags("statxattr", v.u64(stat.STATX_STX_ATTRIBUTES));
  return `{stx_mask=${mask}, stx_attributes=${attributes}, stx_mode=${fileMode(mode)}, stx_size=${v.u64(stat.STATX_STX_SIZE)}, ...}`;
}

function printStatfs(v: View): string {
  const counts = ["bsize", "blocks", "bfree", "bavail", "files", "ffree"].map((n, i) => `f_${n}=${v.u64(8 + 8 * i)}`);
  const flagBits = v.u64(stat.STATFS_F_FLAGS);
  return `{f_type=${one("fsmagic", v.u64(0))}, ${counts.join(", ")}, f_fsid={val=[${hex(v.u32(56))}, ${hex(v.u32(60))}]}, ` +
    `f_namelen=${v.u64(64)}, f_frsize=${v.u64(72)}, f_flags=${flags("stflags", flagBits)}}`;
}

const SIGINFO_CODES: Record<number, string> = {
  [sig.SIGILL]: "sigill", [sig.SIGFPE]: "sigfpe", [sig.SIGSEGV]: "sigsegv", [sig.SIGBUS]: "sigbus",
  [sig.SIGTRAP]: "sigtrap", [sig.SIGCHLD]: "sigchld", [sig.SIGIO]: "sigpoll", [sig.SIGSYS]: "sigsys",
};

function codeName(signo: number, code: number): string {
  const general = one("sicode", BigInt(code));
  if (code === sig.SI_KERNEL || code <= 0 || !SIGINFO_CODES[signo]) return code > 0 && code !== sig.SI_KERNEL ? String(code) + " /* SI_??? */" : general;
  return one(SIGINFO_CODES[signo], BigInt(code));
}

function value(v: View): string {
  return `si_int=${v.i32(sig.SIGINFO_SI_VALUE)}, si_ptr=${address(v.u64(sig.SIGINFO_SI_VALUE))}`;
}

/** si_value, when it is not zero, as strace appends it. */
function optionalValue(v: View): string {
  return v.u64(sig.SIGINFO_SI_VALUE) === 0n ? "" : `, ${value(v)}`;
}

function status(v: View): string {
  const code = v.i32(sig.SIGINFO_SI_CODE);
  const n = v.i32(sig.SIGINFO_SI_STATUS);
  return code === sig.CLD_EXITED ? String(n) : signal(n);
}

function faultDetails(v: View, signo: number): string {
  if (signo === sig.SIGCHLD) {
    return `, si_pid=${v.i32(sig.SIGINFO_SI_PID)}, si_uid=${uid(BigInt(v.u32(sig.SIGINFO_SI_UID)))}, si_status=${status(v)}, ` +
      `si_utime=${v.i64(sig.SIGINFO_SI_UTIME)}, si_stime=${v.i64(sig.SIGINFO_SI_STIME)}`;
  }
  if (signo === sig.SIGIO) return `, si_band=${v.i64(sig.SIGINFO_SI_BAND)}, si_fd=${v.i32(sig.SIGINFO_SI_FD)}`;
  if (signo === sig.SIGSYS) return `, si_call_addr=${address(v.u64(16))}, si_syscall=${v.i32(24)}, si_arch=${hex(v.u32(28))}`;
  return `, si_addr=${address(v.u64(sig.SIGINFO_SI_ADDR))}`;
}

/** Signals of the CPU: si_addr stands in them even when the kernel names no cause. */
const FAULTS: ReadonlySet<number> = new Set([sig.SIGILL, sig.SIGTRAP, sig.SIGBUS, sig.SIGFPE, sig.SIGSEGV]);

/** siginfo_t: which members stand in it depends on si_signo and si_code, sigaction(2). */
function printSiginfo(v: View): string {
  const signo = v.i32(sig.SIGINFO_SI_SIGNO);
  const code = v.i32(sig.SIGINFO_SI_CODE);
  if (signo === 0) return "{}";
  const errno = v.i32(sig.SIGINFO_SI_ERRNO);
  let text = `{si_signo=${signal(signo)}, si_code=${codeName(signo, code)}`;
  if (errno !== 0) text += `, si_errno=${errorName(errno) ?? errno}`;
  const sender = `, si_pid=${v.i32(sig.SIGINFO_SI_PID)}, si_uid=${uid(BigInt(v.u32(sig.SIGINFO_SI_UID)))}`;
  if (code === sig.SI_USER) text += sender;
  else if (code === sig.SI_TKILL) text += sender;
  else if (code === sig.SI_TIMER) text += `, si_timerid=${hex(v.i32(sig.SIGINFO_SI_TIMERID))}, si_overrun=${v.i32(sig.SIGINFO_SI_OVERRUN)}, ${value(v)}`;
  else if (code < 0) text += sender + optionalValue(v);
  else if (code === sig.SI_KERNEL) text += FAULTS.has(signo) ? faultDetails(v, signo) : "";
  else if (SIGINFO_CODES[signo]) text += faultDetails(v, signo);
  else text += sender + optionalValue(v);
  return text + "}";
}

function printSigaction(v: View): string {
  const handler = v.u64(0);
  const named = handler === 0n ? "SIG_DFL" : handler === 1n ? "SIG_IGN" : hex(handler);
  const bits = v.u64(8);
  let text = `{sa_handler=${named}, sa_mask=${signalSet(v.u64(24))}, sa_flags=${flags("sigaction", bits)}`;
  if (bits & 0x4000000n) text += `, sa_restorer=${address(v.u64(16))}`;
  return text + "}";
}

function printSigevent(v: View): string {
  const notify = v.i32(12);
  let text = v.u64(0) === 0n ? "{" : `{sigev_value={sival_int=${v.i32(0)}, sival_ptr=${address(v.u64(0))}}, `;
  text += "sigev_signo=";
  text += notify === sig.SIGEV_NONE ? String(v.i32(8)) : signal(v.i32(8));
  text += `, sigev_notify=${one("sigev", BigInt(notify))}`;
  if (notify === sig.SIGEV_THREAD_ID) text += `, sigev_notify_thread_id=${v.i32(16)}`;
  if (notify === sig.SIGEV_THREAD) text += `, sigev_notify_function=${address(v.u64(16))}, sigev_notify_attributes=${address(v.u64(24))}`;
  return text + "}";
}

function printSysinfo(v: View): string {
  const loads = [8, 16, 24].map((o) => v.u64(o)).join(", ");
  const memory = ["totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"].map((n, i) => `${n}=${v.u64(32 + 8 * i)}`);
  return `{uptime=${v.i64(misc.SYSINFO_UPTIME)}, loads=[${loads}], ${memory.join(", ")}, procs=${v.u16(misc.SYSINFO_PROCS)}, ` +
    `totalhigh=${v.u64(misc.SYSINFO_TOTALHIGH)}, freehigh=${v.u64(misc.SYSINFO_FREEHIGH)}, mem_unit=${v.u32(misc.SYSINFO_MEM_UNIT)}}`;
}

function printUtsname(v: View): string {
  const names = ["sysname", "nodename"].map((n, i) => `${n}=${v.string(65 * i, 65)}`);
  return `{${names.join(", ")}, ...}`;
}

function printMqAttr(v: View): string {
  return `{mq_flags=${flags("open", v.u64(0)).replace(/^0x.*/, (s) => s)}, mq_maxmsg=${v.i64(8)}, mq_msgsize=${v.i64(16)}, mq_curmsgs=${v.i64(24)}}`;
}

function printSembuf(v: View): string {
  return `{sem_num=${v.u16(ipc.SEMBUF_SEM_NUM)}, sem_op=${v.i16(ipc.SEMBUF_SEM_OP)}, sem_flg=${flags("semop", BigInt(v.u16(ipc.SEMBUF_SEM_FLG)))}}`;
}

function printOpenHow(v: View): string {
  const bits = v.u64(0);
  let text = `{flags=${flags("accmode", bits & 3n)}`;
  if (bits & ~3n) text += "|" + flags("open", bits & ~3n);
  const mode = v.u64(8);
  if (mode !== 0n || bits & 0x40n) text += `, mode=${octal(Number(mode)).padStart(4, "0")}`;
  return `${text}, resolve=${flags("resolve", v.u64(16))}}`;
}

function printSchedAttr(v: View): string {
  return `{size=${v.u32(0)}, sched_policy=${one("sched", BigInt(v.u32(4)))}, sched_flags=${hex(v.u64(8))}, sched_nice=${v.i32(16)}, ` +
    `sched_priority=${v.u32(20)}, sched_runtime=${v.u64(24)}, sched_deadline=${v.u64(32)}, sched_period=${v.u64(40)}` +
    (v.u32(0) >= 56 ? `, sched_util_min=${v.u32(48)}, sched_util_max=${v.u32(52)}}` : "}");
}

/** The input speed stands that many bits above the output speed in c_cflag. */
const IBSHIFT = 16;

function printTermios(v: View): string {
  const output = v.u32(4);
  const delays = [ioctl.NLDLY, ioctl.CRDLY, ioctl.TABDLY, ioctl.BSDLY, ioctl.VTDLY, ioctl.FFDLY].map((mask, i) => one(`delay${i}`, BigInt(output & mask)));
  const delayMask = ioctl.NLDLY | ioctl.CRDLY | ioctl.TABDLY | ioctl.BSDLY | ioctl.VTDLY | ioctl.FFDLY;
  const control = v.u32(8);
  const inputSpeed = (control >>> IBSHIFT) & ioctl.CBAUD;
  const speed = [one("baud", BigInt(control & ioctl.CBAUD))];
  if (inputSpeed) speed.push(`${one("baud", BigInt(inputSpeed))}<<IBSHIFT`);
  speed.push(one("charsize", BigInt(control & ioctl.CSIZE)));
  // strace writes no 0 for an empty rest: the bar before it stays.
  const more = (set: string, bits: number) => (bits >>> 0 ? flags(set, BigInt(bits >>> 0)) : "");
  return `{c_iflag=${more("iflag", v.u32(0))}, c_oflag=${[...delays, more("oflag", output & ~delayMask)].join("|")}, ` +
    `c_cflag=${[...speed, more("cflag", control & ~(ioctl.CBAUD | (ioctl.CBAUD << IBSHIFT) | ioctl.CSIZE))].join("|")}, c_lflag=${more("lflag", v.u32(12))}, ...}`;
}

/** struct ipc_perm with what strace abbreviates to. */
function permissions(v: View): string {
  return `{uid=${v.u32(ipc.IPC_PERM_UID)}, gid=${v.u32(ipc.IPC_PERM_GID)}, mode=${octal(v.u32(ipc.IPC_PERM_MODE))}, ` +
    `key=${v.i32(ipc.IPC_PERM_KEY)}, cuid=${v.u32(ipc.IPC_PERM_CUID)}, cgid=${v.u32(ipc.IPC_PERM_CGID)}}`;
}

export const STRUCTURES: Record<string, Structure> = {
  timespec,
  timeval,
  utimbuf: pair(["actime", "modtime"]),
  timeval2: { size: 32, print: (v) => `[${timeval.print(at(v, 0, 16))}, ${timeval.print(at(v, 16, 16))}]` },
  utimens: { size: 32, print: (v) => `[${utimensEntry(at(v, 0, 16))}, ${utimensEntry(at(v, 16, 16))}]` },
  itimerval: { size: 32, print: (v) => `{it_interval=${timeval.print(at(v, 0, 16))}, it_value=${timeval.print(at(v, 16, 16))}}` },
  itimerspec: { size: 32, print: (v) => `{it_interval=${timespec.print(at(v, 0, 16))}, it_value=${timespec.print(at(v, 16, 16))}}` },
  timezone: { size: 8, print: (v) => `{tz_minuteswest=${v.i32(0)}, tz_dsttime=${v.i32(4)}}` },
  stat: { size: stat.SIZEOF_STAT, print: printStat },
  statx: { size: stat.SIZEOF_STATX, print: printStatx },
  statfs: { size: stat.SIZEOF_STATFS, print: printStatfs },
  sigset: { size: 8, print: (v) => signalSet(v.u64(0)) },
  sigaction: { size: 32, print: printSigaction },
  siginfo: { size: sig.SIZEOF_SIGINFO, print: printSiginfo },
  sigevent: { size: 64, print: printSigevent },
  stack: { size: sig.SIZEOF_STACK, print: (v) => `{ss_sp=${address(v.u64(0))}, ss_flags=${flags("sigstack", BigInt(v.u32(8)))}, ss_size=${v.u64(16)}}` },
  rlimit: { size: 16, print: (v) => `{rlim_cur=${limit(v.u64(0))}, rlim_max=${limit(v.u64(8))}}` },
  rusage: {
    size: resource.SIZEOF_RUSAGE,
    print: (v) => `{ru_utime=${timeval.print(at(v, 0, 16))}, ru_stime=${timeval.print(at(v, 16, 16))}, ...}`,
  },
  utsname: { size: misc.SIZEOF_UTSNAME, print: printUtsname },
  sysinfo: { size: misc.SIZEOF_SYSINFO, print: printSysinfo },
  tms: { size: misc.SIZEOF_TMS, print: (v) => `{tms_utime=${v.i64(0)}, tms_stime=${v.i64(8)}, tms_cutime=${v.i64(16)}, tms_cstime=${v.i64(24)}}` },
  fdpair: { size: 8, print: (v) => `[${v.i32(0)}, ${v.i32(4)}]` },
  sembuf: { size: ipc.SIZEOF_SEMBUF, print: printSembuf },
  mq_attr: { size: ipc.SIZEOF_MQ_ATTR, print: printMqAttr },
  epoll_event: { size: poll.SIZEOF_EPOLL_EVENT, print: epollEvent },
  sched_param: { size: 4, print: (v) => `[${v.i32(0)}]` },
  sched_attr: { size: 56, print: printSchedAttr },
  open_how: { size: 24, print: printOpenHow },
  caphdr: { size: 8, print: (v) => `{version=${capabilityVersion(v.u32(0))}, pid=${v.i32(4)}}` },
  gid: { size: 4, print: (v) => String(v.u32(0)) },
  u32: { size: 4, print: (v) => `[${v.u32(0)}]` },
  int: { size: 4, print: (v) => `[${v.i32(0)}]` },
  timerid: { size: 4, print: (v) => `[${v.i32(0)}]` },
  u64: { size: 8, print: (v) => `[${v.u64(0)}]` },
  off: { size: 8, print: (v) => `[${v.i64(0)}]` },
  time: { size: 8, print: (v) => `[${v.i64(0)}]` },
  hex64: { size: 8, print: (v) => `[${hex(v.u64(0))}]` },
  addr: { size: 8, print: (v) => `[${address(v.u64(0))}]` },
  winsize: { size: 8, print: (v) => `{ws_row=${v.u16(0)}, ws_col=${v.u16(2)}, ws_xpixel=${v.u16(4)}, ws_ypixel=${v.u16(6)}}` },
  termios: { size: 36, print: printTermios },
  msqid_ds: {
    size: ipc.SIZEOF_MSQID_DS,
    print: (v) => `{msg_perm=${permissions(v)}, msg_stime=${v.u64(48)}, msg_rtime=${v.u64(56)}, msg_ctime=${v.u64(64)}, ` +
      `msg_qnum=${v.u64(80)}, msg_qbytes=${v.u64(88)}, msg_lspid=${v.i32(96)}, msg_lrpid=${v.i32(100)}}`,
  },
  shmid_ds: {
    size: ipc.SIZEOF_SHMID_DS,
    print: (v) => `{shm_perm=${permissions(v)}, shm_segsz=${v.u64(48)}, shm_cpid=${v.i32(80)}, shm_lpid=${v.i32(84)}, ` +
      `shm_nattch=${v.u64(88)}, shm_atime=${v.u64(56)}, shm_dtime=${v.u64(64)}, shm_ctime=${v.u64(72)}}`,
  },
  semid_ds: {
    size: ipc.SIZEOF_SEMID_DS,
    print: (v) => `{sem_perm=${permissions(v)}, sem_otime=${v.u64(48)}, sem_ctime=${v.u64(64)}, sem_nsems=${v.u64(80)}}`,
  },
};

function capabilityVersion(n: number): string {
  const known: Record<number, string> = { 0x19980330: "_LINUX_CAPABILITY_VERSION_1", 0x20071026: "_LINUX_CAPABILITY_VERSION_2", 0x20080522: "_LINUX_CAPABILITY_VERSION_3" };
  return known[n] ?? `${hex(n)} /* _LINUX_CAPABILITY_VERSION_??? */`;
}
