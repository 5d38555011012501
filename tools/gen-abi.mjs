// Makes assembly/abi/*.ts from the C headers of this machine: `node tools/gen-abi.mjs`.
// The files are checked in (a user has no compiler); the abi test makes them again and compares.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const out = join(dirname(fileURLToPath(import.meta.url)), "../assembly/abi");

/** file → what stands in it: headers, names of macros (a pattern), enum names, layouts. */
export const files = {
  errno: { about: "Error numbers, errno(3).", headers: ["errno.h"], match: /^E[A-Z0-9]+$/ },
  signal: {
    about: "Signals, signal(7), sigaction(2), siginfo_t and the signal frame.",
    headers: ["signal.h", "ucontext.h", "sys/signalfd.h"],
    match: /^(SIG[A-Z0-9]+|_?NSIG|SA_[A-Z]+|SS_[A-Z]+|SFD_[A-Z]+|SIGEV_[A-Z_]+|SIG_BLOCK|SIG_UNBLOCK|SIG_SETMASK|MINSIGSTKSZ)$/,
    skip: /^(SIGCLD|SIGIOT|SIGSTKSZ|SIGSTKFLT_|SIGRTM.*|NSIG)$/,
    enums: "SI_USER SI_KERNEL SI_QUEUE SI_TIMER SI_MESGQ SI_ASYNCIO SI_TKILL ILL_ILLOPC ILL_ILLOPN ILL_ILLTRP FPE_INTDIV FPE_INTOVF FPE_FLTDIV FPE_FLTOVF FPE_FLTUND FPE_FLTRES FPE_FLTINV FPE_FLTSUB SEGV_MAPERR SEGV_ACCERR BUS_ADRALN BUS_ADRERR TRAP_BRKPT TRAP_TRACE CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED CLD_STOPPED CLD_CONTINUED POLL_IN POLL_OUT POLL_MSG POLL_ERR POLL_PRI POLL_HUP SI_SIGIO",
    layouts: {
      siginfo_t: "si_signo si_errno si_code si_pid si_uid si_status si_utime si_stime si_value si_addr si_timerid si_overrun si_band si_fd",
      ucontext_t: "uc_flags uc_link uc_stack uc_mcontext uc_sigmask",
      stack_t: "ss_sp ss_flags ss_size",
      "struct sigevent": "sigev_value sigev_signo sigev_notify",
      "struct signalfd_siginfo": "ssi_signo ssi_errno ssi_code ssi_pid ssi_uid ssi_fd ssi_tid ssi_band ssi_overrun ssi_trapno ssi_status ssi_int ssi_ptr ssi_utime ssi_stime ssi_addr",
    },
  },
  fcntl: {
    about: "open(2), fcntl(2), flock(2), the *at calls.",
    headers: ["fcntl.h", "sys/file.h", "linux/openat2.h", "linux/fcntl.h"],
    avoid: ["linux/fcntl.h"],
    match: /^(O_[A-Z_]+|F_[A-Z0-9_]+|AT_[A-Z_]+|FD_CLOEXEC|LOCK_[A-Z]+|SPLICE_F_[A-Z]+|RESOLVE_[A-Z_]+|POSIX_FADV_[A-Z]+|FALLOC_FL_[A-Z_]+|DN_[A-Z]+|[RWX]_OK|SEEK_[A-Z]+)$/,
    extra: { F_OK: "F_OK", SEEK_SET: "SEEK_SET", SEEK_CUR: "SEEK_CUR", SEEK_END: "SEEK_END", SEEK_DATA: "SEEK_DATA", SEEK_HOLE: "SEEK_HOLE", R_OK: "R_OK", W_OK: "W_OK", X_OK: "X_OK", CLOSE_RANGE_UNSHARE: "2", CLOSE_RANGE_CLOEXEC: "4", RENAME_NOREPLACE: "1", RENAME_EXCHANGE: "2", RENAME_WHITEOUT: "4", O_LARGEFILE_KERNEL: "0100000" },
    moreHeaders: ["unistd.h", "linux/falloc.h"],
    enums: "F_OWNER_TID F_OWNER_PID F_OWNER_PGRP",
    layouts: { "struct flock": "l_type l_whence l_start l_len l_pid" },
  },
  stat: {
    about: "stat(2), statx(2), inode(7), statfs(2).",
    headers: ["sys/stat.h", "linux/stat.h", "sys/vfs.h", "linux/magic.h", "dirent.h"],
    avoid: ["linux/stat.h"],
    match: /^(S_I[A-Z]+|STATX_[A-Z_]+|DT_[A-Z]+|[A-Z0-9_]+_MAGIC)$/,
    skip: /^(S_IREAD|S_IWRITE|S_IEXEC|S_IS[A-Z]{3,}|STATX__RESERVED)$/,
    enums: "DT_UNKNOWN DT_FIFO DT_CHR DT_DIR DT_BLK DT_REG DT_LNK DT_SOCK",
    extra: { UTIME_NOW: "UTIME_NOW", UTIME_OMIT: "UTIME_OMIT", S_ISVTX: "S_ISVTX" },
    layouts: {
      "struct stat": "st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size st_blksize st_blocks st_atim st_mtim st_ctim",
      "struct statx": "stx_mask stx_blksize stx_attributes stx_nlink stx_uid stx_gid stx_mode stx_ino stx_size stx_blocks stx_attributes_mask stx_atime stx_btime stx_ctime stx_mtime stx_rdev_major stx_rdev_minor stx_dev_major stx_dev_minor stx_mnt_id",
      "struct statfs": "f_type f_bsize f_blocks f_bfree f_bavail f_files f_ffree f_fsid f_namelen f_frsize f_flags",
      "struct dirent64": "d_ino d_off d_reclen d_type d_name",
    },
  },
  mman: {
    about: "mmap(2), mprotect(2), mremap(2), madvise(2), memfd_create(2).",
    headers: ["sys/mman.h"],
    match: /^(PROT_[A-Z]+|MAP_[A-Z_0-9]+|MREMAP_[A-Z]+|MS_[A-Z]+|MADV_[A-Z_]+|MCL_[A-Z]+|MFD_[A-Z_]+|MLOCK_[A-Z]+)$/,
    skip: /^MAP_(FAILED|HUGE_.*)$/,
  },
  sched: {
    about: "clone(2), sched(7), unshare(2).",
    headers: ["sched.h", "linux/sched.h"],
    match: /^(CLONE_[A-Z_]+|SCHED_[A-Z_]+|CSIGNAL)$/,
    skip: /^SCHED_FLAG_.*$/,
    layouts: { "struct clone_args": "flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup" },
  },
  schedattr: {
    about: "sched_setattr(2).",
    headers: ["linux/sched.h", "linux/sched/types.h"],
    match: /^SCHED_FLAG_(RESET_ON_FORK|KEEP_POLICY|KEEP_PARAMS)$/,
    layouts: { "struct sched_attr": "size sched_policy sched_flags sched_nice sched_priority sched_runtime sched_deadline sched_period" },
  },
  wait: { about: "wait(2), waitid(2).", headers: ["sys/wait.h", "linux/wait.h"], match: /^(W[A-Z]+|__W[A-Z]+)$/, skip: /^(W(EXITSTATUS|TERMSIG|STOPSIG|IF.*|COREDUMP))$/, enums: "P_ALL P_PID P_PGID P_PIDFD" },
  time: {
    about: "Clocks, timers, struct timespec and friends.",
    headers: ["time.h", "sys/time.h", "sys/timerfd.h", "sys/times.h", "sys/timex.h"],
    match: /^(CLOCK_[A-Z_]+|TIMER_ABSTIME|TFD_[A-Z_]+|CLOCKS_PER_SEC)$/,
    skip: /^CLOCKS_PER_SEC$/,
    enums: "ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF",
    layouts: { "struct timespec": "tv_sec tv_nsec", "struct itimerspec": "it_interval it_value", "struct timezone": "tz_minuteswest tz_dsttime" },
  },
  futex: { about: "futex(2).", headers: ["linux/futex.h"], match: /^FUTEX_[A-Z0-9_]+$/, skip: /^FUTEX_OP$/, layouts: { "struct robust_list_head": "list futex_offset list_op_pending" } },
  poll: {
    about: "poll(2), epoll(7), eventfd(2).",
    headers: ["poll.h", "sys/epoll.h", "sys/eventfd.h"],
    match: /^(POLL[A-Z]+|EPOLL_CTL_[A-Z]+)$/,
    enums: "EPOLLIN EPOLLPRI EPOLLOUT EPOLLRDNORM EPOLLRDBAND EPOLLWRNORM EPOLLWRBAND EPOLLMSG EPOLLERR EPOLLHUP EPOLLRDHUP EPOLLEXCLUSIVE EPOLLWAKEUP EPOLLONESHOT EPOLLET EPOLL_CLOEXEC EFD_SEMAPHORE EFD_CLOEXEC EFD_NONBLOCK",
    layouts: { "struct pollfd": "fd events revents", "struct epoll_event": "events data" },
  },
  ioctl: {
    about: "ioctl_tty(2), struct termios of the kernel.",
    headers: ["sys/ioctl.h", "asm/termbits.h"],
    match: /^(TC[A-Z0-9]+|TIOC[A-Z]+|TIOCPKT_[A-Z]+|VEOL2|FIO[A-Z]+|V[A-Z]{3,}|ICANON|ISIG|ECHO|ECHO[A-Z]+|IEXTEN|ICRNL|INLCR|IGNCR|IXON|IXOFF|OPOST|ONLCR|OCRNL|TOSTOP|NOFLSH|ISTRIP|BRKINT|CS8|CREAD|B38400)$/,
    enums: "IGNBRK IGNPAR PARMRK INPCK IUCLC IXANY IMAXBEL IUTF8 OLCUC ONOCR ONLRET OFILL OFDEL NLDLY NL0 NL1 CRDLY CR0 CR1 CR2 CR3 TABDLY TAB0 TAB1 TAB2 TAB3 BSDLY BS0 BS1 VTDLY VT0 VT1 FFDLY FF0 FF1 CBAUD CBAUDEX CSIZE CS5 CS6 CS7 CS8 CSTOPB PARENB PARODD HUPCL CLOCAL CMSPAR CRTSCTS CIBAUD B0 B50 B75 B110 B134 B150 B200 B300 B600 B1200 B1800 B2400 B4800 B9600 B19200 B38400 B57600 B115200 B230400 B460800 B500000 B576000 B921600 B1000000 B1152000 B1500000 B2000000 B2500000 B3000000 B3500000 B4000000 BOTHER XCASE FLUSHO PENDIN EXTPROC",
    layouts: { "struct winsize": "ws_row ws_col ws_xpixel ws_ypixel", "struct termios": "c_iflag c_oflag c_cflag c_lflag c_line c_cc" },
  },
  resource: {
    about: "getrlimit(2), getrusage(2), getpriority(2).",
    headers: ["sys/resource.h"],
    match: /^RLIM_?[A-Z_]*$/,
    enums: "RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_NOFILE RLIMIT_AS RLIMIT_RSS RLIMIT_NPROC RLIMIT_MEMLOCK RLIMIT_LOCKS RLIMIT_SIGPENDING RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME RUSAGE_SELF RUSAGE_CHILDREN RUSAGE_THREAD PRIO_PROCESS PRIO_PGRP PRIO_USER",
    skip: /^RLIM_(INFINITY|SAVED.*|NLIMITS)$/,
    layouts: { "struct rusage": "ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw" },
  },
  auxv: { about: "The auxiliary vector, getauxval(3).", headers: ["elf.h"], match: /^AT_[A-Z0-9_]+$/ },
  prctl: { about: "prctl(2), arch_prctl(2).", headers: ["sys/prctl.h", "asm/prctl.h"], match: /^(PR_[A-Z_0-9]+|ARCH_[A-Z_0-9]+)$/, layouts: { "struct prctl_mm_map": "start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start env_end auxv auxv_size exe_fd" } },
  personality: {
    about: "personality(2).",
    headers: ["linux/personality.h"],
    match: /^(PER_CLEAR_ON_SETID)$/,
    enums: "UNAME26 ADDR_NO_RANDOMIZE FDPIC_FUNCPTRS MMAP_PAGE_ZERO ADDR_COMPAT_LAYOUT READ_IMPLIES_EXEC ADDR_LIMIT_32BIT SHORT_INODE WHOLE_SECONDS STICKY_TIMEOUTS ADDR_LIMIT_3GB PER_LINUX PER_LINUX32 PER_MASK",
  },
  timex: {
    about: "adjtimex(2), clock_adjtime(2).",
    headers: ["sys/timex.h"],
    match: /^(ADJ_[A-Z_]+|STA_[A-Z0-9_]+|TIME_[A-Z]+)$/,
    layouts: { "struct timex": "modes offset freq maxerror esterror status constant precision tolerance time tick ppsfreq jitter shift stabil jitcnt calcnt errcnt stbcnt tai" },
  },
  elf: {
    about: "elf(5).",
    headers: ["elf.h"],
    match: /^(PT_(LOAD|DYNAMIC|INTERP|PHDR|TLS|GNU_STACK|GNU_RELRO|GNU_EH_FRAME)|PF_[RWX]|ET_[A-Z]+|EM_X86_64|EM_386|ELFCLASS[0-9]+|ELFDATA2LSB|EV_CURRENT|EI_[A-Z]+)$/,
    layouts: {
      Elf64_Ehdr: "e_ident e_type e_machine e_version e_entry e_phoff e_shoff e_flags e_ehsize e_phentsize e_phnum e_shentsize e_shnum e_shstrndx",
      Elf64_Phdr: "p_type p_flags p_offset p_vaddr p_paddr p_filesz p_memsz p_align",
    },
  },
  socket: {
    about: "socket(2), unix(7), ip(7), cmsg(3).",
    headers: ["sys/socket.h", "sys/un.h", "netinet/in.h", "netinet/tcp.h"],
    match: /^(AF_[A-Z0-9]+|SO_[A-Z0-9_]+|SOL_[A-Z0-9]+|SOMAXCONN|IPPROTO_[A-Z0-9]+|TCP_[A-Z]+|IP_[A-Z_]+|IPV6_[A-Z0-9_]+)$/,
    enums: "SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_CLOEXEC SOCK_NONBLOCK MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_CTRUNC MSG_TRUNC MSG_DONTWAIT MSG_EOR MSG_WAITALL MSG_NOSIGNAL MSG_MORE MSG_WAITFORONE MSG_CMSG_CLOEXEC MSG_CONFIRM MSG_FIN MSG_SYN MSG_RST MSG_ERRQUEUE MSG_PROXY MSG_BATCH MSG_ZEROCOPY MSG_FASTOPEN SHUT_RD SHUT_WR SHUT_RDWR SCM_RIGHTS SCM_CREDENTIALS",
    layouts: { "struct msghdr": "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags", "struct cmsghdr": "cmsg_len cmsg_level cmsg_type", "struct tcp_info": "tcpi_state tcpi_options tcpi_rto tcpi_snd_mss tcpi_rcv_mss tcpi_unacked tcpi_sacked tcpi_pmtu tcpi_rcv_ssthresh tcpi_rtt tcpi_rttvar tcpi_snd_ssthresh tcpi_snd_cwnd tcpi_advmss tcpi_reordering tcpi_rcv_space" },
  },
  netlink: {
    about: "netlink(7), rtnetlink(7), sock_diag(7), netdevice(7).",
    headers: ["linux/netlink.h", "linux/rtnetlink.h", "linux/sock_diag.h", "linux/inet_diag.h", "linux/unix_diag.h", "linux/sockios.h", "linux/if.h", "linux/if_arp.h", "linux/fib_rules.h"],
    match: /^(SOCK_DIAG_BY_FAMILY|UDIAG_SHOW_[A-Z]+|NLM_F_(REQUEST|MULTI|ACK|ROOT|MATCH|DUMP|CAPPED)|NLMSG_(NOOP|ERROR|DONE|MIN_TYPE)|NETLINK_(ROUTE|USERSOCK|SOCK_DIAG|KOBJECT_UEVENT|GENERIC)|NETLINK_(ADD_MEMBERSHIP|DROP_MEMBERSHIP|PKTINFO|BROADCAST_ERROR|NO_ENOBUFS|LISTEN_ALL_NSID|CAP_ACK|EXT_ACK|GET_STRICT_CHK)|ARPHRD_LOOPBACK|RTPROT_KERNEL|IFA_F_PERMANENT|SIOCGIF(NAME|INDEX|CONF|FLAGS|ADDR|BRDADDR|NETMASK|DSTADDR|MTU|METRIC|HWADDR|TXQLEN|MAP))$/,
    enums:
      "IFF_UP IFF_LOOPBACK IFF_RUNNING IFF_LOWER_UP RTM_NEWLINK RTM_GETLINK RTM_NEWADDR RTM_GETADDR RTM_NEWROUTE RTM_GETROUTE RTM_GETNEIGH RTM_NEWRULE RTM_GETRULE RTM_MAX IFLA_ADDRESS IFLA_BROADCAST IFLA_IFNAME IFLA_MTU IFLA_QDISC IFLA_STATS IFLA_TXQLEN IFLA_MAP IFLA_OPERSTATE IFLA_LINKMODE IFLA_STATS64 IFLA_GROUP IFLA_PROMISCUITY IFLA_NUM_TX_QUEUES IFLA_NUM_RX_QUEUES IFLA_CARRIER IFLA_MIN_MTU IFLA_MAX_MTU IFA_ADDRESS IFA_LOCAL IFA_LABEL IFA_CACHEINFO IFA_FLAGS IFA_PROTO RTA_TABLE RTA_DST RTA_OIF RTA_PREFSRC RTA_PRIORITY RTA_PREF FRA_TABLE FRA_PROTOCOL FRA_PRIORITY FRA_SUPPRESS_PREFIXLEN RT_TABLE_DEFAULT RT_TABLE_MAIN RT_TABLE_LOCAL RT_SCOPE_HOST RT_SCOPE_LINK RTN_UNICAST RTN_LOCAL RTN_BROADCAST INET_DIAG_MEMINFO INET_DIAG_INFO INET_DIAG_CONG INET_DIAG_TOS INET_DIAG_TCLASS INET_DIAG_SKMEMINFO INET_DIAG_SHUTDOWN INET_DIAG_SKV6ONLY INET_DIAG_MARK INET_DIAG_CLASS_ID UNIX_DIAG_NAME UNIX_DIAG_VFS UNIX_DIAG_PEER UNIX_DIAG_ICONS UNIX_DIAG_RQLEN UNIX_DIAG_MEMINFO UNIX_DIAG_SHUTDOWN UNIX_DIAG_UID",
  },
  ipc: {
    about: "System V IPC and POSIX message queues: sysvipc(7), mq_overview(7).",
    headers: ["sys/ipc.h", "sys/msg.h", "sys/sem.h", "sys/shm.h", "mqueue.h"],
    match: /^(IPC_[A-Z0-9]+|MSG_(NOERROR|EXCEPT|COPY|STAT|INFO|STAT_ANY)|SEM_[A-Z_]+|SHM_[A-Z_]+|GETPID|GETVAL|GETALL|GETNCNT|GETZCNT|SETVAL|SETALL)$/,
    skip: /^SHM_HUGE_.*$|^SHMLBA$/,
    layouts: {
      "struct ipc_perm": "__key uid gid cuid cgid mode __seq",
      "struct msqid_ds": "msg_perm msg_stime msg_rtime msg_ctime __msg_cbytes msg_qnum msg_qbytes msg_lspid msg_lrpid",
      "struct semid_ds": "sem_perm sem_otime sem_ctime sem_nsems",
      "struct shmid_ds": "shm_perm shm_segsz shm_atime shm_dtime shm_ctime shm_cpid shm_lpid shm_nattch",
      "struct sembuf": "sem_num sem_op sem_flg",
      "struct msginfo": "msgpool msgmap msgmax msgmnb msgmni msgssz msgtql msgseg",
      "struct seminfo": "semmap semmni semmns semmnu semmsl semopm semume semusz semvmx semaem",
      "struct shminfo": "shmmax shmmin shmmni shmseg shmall",
      "struct shm_info": "used_ids shm_tot shm_rss shm_swp swap_attempts swap_successes",
      "struct mq_attr": "mq_flags mq_maxmsg mq_msgsize mq_curmsgs",
    },
  },
  inotify: { about: "inotify(7).", headers: ["sys/inotify.h"], match: /^IN_[A-Z_]+$/, enums: "IN_CLOEXEC IN_NONBLOCK", layouts: { "struct inotify_event": "wd mask cookie len name" } },
  misc: {
    about: "Small families: getrandom(2), preadv2(2), xattr(7), sync_file_range(2), membarrier(2), seccomp(2), kcmp(2), rseq, personality(2), ioprio_set(2), struct utsname, sysinfo, tms.",
    headers: ["sys/random.h", "sys/uio.h", "sys/xattr.h", "fcntl.h", "linux/membarrier.h", "linux/seccomp.h", "linux/kcmp.h", "linux/rseq.h", "linux/ioprio.h", "sys/personality.h", "sys/utsname.h", "sys/sysinfo.h", "sys/times.h", "sys/pidfd.h", "utime.h"],
    match: /^(GRND_[A-Z]+|RWF_[A-Z]+|SYNC_FILE_RANGE_[A-Z_]+|SECCOMP_(SET|GET|FILTER|MODE)_[A-Z_]+|XATTR_(CREATE|REPLACE)|PIDFD_NONBLOCK)$/,
    enums: "XATTR_CREATE XATTR_REPLACE MEMBARRIER_CMD_QUERY MEMBARRIER_CMD_GLOBAL MEMBARRIER_CMD_GLOBAL_EXPEDITED MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED MEMBARRIER_CMD_PRIVATE_EXPEDITED MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ KCMP_FILE KCMP_VM KCMP_FILES KCMP_FS KCMP_SIGHAND KCMP_IO KCMP_SYSVSEM KCMP_EPOLL_TFD RSEQ_FLAG_UNREGISTER IOPRIO_WHO_PROCESS IOPRIO_WHO_PGRP IOPRIO_WHO_USER PER_LINUX ADDR_NO_RANDOMIZE",
    layouts: {
      "struct utsname": "sysname nodename release version machine domainname",
      "struct sysinfo": "uptime loads totalram freeram sharedram bufferram totalswap freeswap procs totalhigh freehigh mem_unit",
      "struct tms": "tms_utime tms_stime tms_cutime tms_cstime",
      "struct iovec": "iov_base iov_len",
      "struct utimbuf": "actime modtime",
    },
  },
  capability: { about: "capabilities(7).", headers: ["linux/capability.h"], match: /^(CAP_[A-Z_]+|_LINUX_CAPABILITY_VERSION_[123])$/ },
  mount: { about: "mount(2), umount2(2).", headers: ["sys/mount.h"], match: /^$/, enums: "MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC MS_SYNCHRONOUS MS_REMOUNT MS_NOATIME MS_NODIRATIME MS_BIND MS_MOVE MS_REC MS_SILENT MS_PRIVATE MS_SLAVE MS_SHARED MS_RELATIME MS_STRICTATIME MS_DIRSYNC MS_MANDLOCK MS_UNBINDABLE MS_LAZYTIME MS_NOSYMFOLLOW MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW" },
};

function macrosOf(headers) {
  const source = "#define _GNU_SOURCE\n" + headers.map((h) => `#include <${h}>\n`).join("");
  const text = execFileSync("gcc", ["-E", "-dM", "-"], { input: source, encoding: "utf8" });
  return [...text.matchAll(/^#define (\w+)(?: (.+))?$/gm)].filter((m) => m[2] !== undefined).map((m) => m[1]);
}

function constantName(layout, field) {
  const base = layout.replace(/^struct /, "").replace(/_t$/, "").toUpperCase().replace(/^ELF64_/, "");
  return `${base}_${field.replace(/^_+/, "").toUpperCase()}`;
}

/** The text of one file. */
export function make(name, work) {
  const spec = files[name];
  const includes = [...spec.headers.filter((h) => !spec.avoid?.includes(h)), ...(spec.moreHeaders ?? [])];
  const names = new Set();
  for (const n of macrosOf(includes)) if (spec.match.test(n) && !spec.skip?.test(n)) names.add(n);
  for (const n of (spec.enums ?? "").split(" ").filter(Boolean)) names.add(n);
  let c = "#define _GNU_SOURCE\n#include <stdio.h>\n#include <stddef.h>\n" + includes.map((h) => `#include <${h}>\n`).join("") + "int main(void){\n";
  for (const n of names) c += `printf("${n} %lld\\n",(long long)(${n}));\n`;
  for (const [n, e] of Object.entries(spec.extra ?? {})) if (!names.has(n)) c += `printf("${n} %lld\\n",(long long)(${e}));\n`;
  for (const [layout, fields] of Object.entries(spec.layouts ?? {})) {
    for (const f of fields.split(" ")) c += `printf("${constantName(layout, f)} %lld\\n",(long long)offsetof(${layout},${f}));\n`;
    c += `printf("SIZEOF_${constantName(layout, "").slice(0, -1)} %lld\\n",(long long)sizeof(${layout}));\n`;
  }
  c += "return 0;}\n";
  writeFileSync(join(work, `${name}.c`), c);
  execFileSync("gcc", ["-w", "-o", join(work, name), join(work, `${name}.c`)]);
  const lines = execFileSync(join(work, name), { encoding: "utf8" }).trim().split("\n");
  const body = lines.map((line) => {
    const [n, v] = line.split(" ");
    return `export const ${n} = ${v};`;
  });
  return `// ${spec.about}\n// Compiled by AssemblyScript and by TypeScript. Made by tools/gen-abi.mjs from the C headers.\n${body.join("\n")}\n`;
}

export function makeAll() {
  const work = mkdtempSync(join(tmpdir(), "ring3-abi-"));
  try {
    return Object.fromEntries(Object.keys(files).map((name) => [name, make(name, work)]));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of Object.entries(makeAll())) writeFileSync(join(out, `${name}.ts`), text);
}
