// What the system call table does not say and the fuzzer wants to know: the calls that are several in one (msgctl, futex,
// fcntl …) with the arguments of each, the layout of structures that are read, and what must not be called.
// A call that the table describes fully needs no line here.
//
//   name$VARIANT(argument: kind, …): resource [pair] [local]         local: depends on the clock, Linux is not asked
//
// Kinds, besides those of the table (fd, path, `set|`, `set!` …):
//   =X            this value (a number, or a constant of assembly/abi)
//   A/B/C         one of these        set|+X        flags of a set, X always among them
//   <s >s <>s     pointer to structure s; s*N: to 1 … N of them; ?… may be null
//   <data >data   bytes               len:a count:a  length of what argument a points to
//   shared        a word of memory that all actors share
//   map           an address of the area where calls map memory

export const CALLS = `
msgget(key: 0x7b6/0x7b7/0, msgflg: ipcget|+0x1b6): msq
msgsnd(msqid: msq, msgp: <msgbuf, msgsz: 0/1/8/16/64/64/32/8/1/8/8193, msgflg: 0/0/IPC_NOWAIT): int
msgrcv(msqid: msq, msgp: >msgbuf, msgsz: 0/1/8/64/64/64/64/8192, msgtyp: 0/1/2/3/-2/-3, msgflg: ipcmsg|): int
msgctl$IPC_RMID(msqid: msq, cmd: =IPC_RMID, buf: =0): int
msgctl$IPC_STAT(msqid: msq, cmd: =IPC_STAT, buf: >msqid_ds): int
msgctl$IPC_SET(msqid: msq, cmd: =IPC_SET, buf: <msqid_set): int
msgctl$MSG_STAT(index: 0/1/2, cmd: =MSG_STAT, buf: >msqid_ds): int
msgctl$MSG_INFO(index: =0, cmd: =MSG_INFO, buf: >b32): int
msgctl$IPC_INFO(index: =0, cmd: =IPC_INFO, buf: >b32): int
semget(key: 0x7b6/0x7b7/0, nsems: 1/2/3/4/0, semflg: ipcget|+0x1b6): sem
semop(semid: sem, sops: <sembuf*3, nsops: count:sops): int
semtimedop(semid: sem, sops: <sembuf*3, nsops: count:sops, timeout: ?<zerotime): int
semctl$IPC_RMID(semid: sem, semnum: =0, cmd: =IPC_RMID): int
semctl$IPC_STAT(semid: sem, semnum: =0, cmd: =IPC_STAT, arg: >semid_ds): int
semctl$IPC_SET(semid: sem, semnum: =0, cmd: =IPC_SET, arg: <semid_set): int
semctl$SETVAL(semid: sem, semnum: 0/1/2/3, cmd: =SETVAL, arg: 0/1/2/3/-1/32767/32768): int
semctl$GETVAL(semid: sem, semnum: 0/1/2/3, cmd: =GETVAL): int
semctl$GETPID(semid: sem, semnum: 0/1/2, cmd: =GETPID): int
semctl$GETNCNT(semid: sem, semnum: 0/1/2, cmd: =GETNCNT): int
semctl$GETZCNT(semid: sem, semnum: 0/1/2, cmd: =GETZCNT): int
semctl$GETALL(semid: sem, semnum: =0, cmd: =GETALL, arg: >b16): int
semctl$SETALL(semid: sem, semnum: =0, cmd: =SETALL, arg: <semvals): int
semctl$SEM_STAT(index: 0/1/2, semnum: =0, cmd: =SEM_STAT, arg: >semid_ds): int
semctl$SEM_INFO(index: =0, semnum: =0, cmd: =SEM_INFO, arg: >b48): int
shmget(key: 0x7b6/0x7b7/0, size: 4096/8192/100/0, shmflg: ipcget|+0x1b6): shm
shmat(shmid: shm, shmaddr: map/0, shmflg: shmat|): addr
shmdt(shmaddr: map): int
shmctl$IPC_RMID(shmid: shm, cmd: =IPC_RMID, buf: =0): int
shmctl$IPC_STAT(shmid: shm, cmd: =IPC_STAT, buf: >shmid_ds): int
shmctl$IPC_SET(shmid: shm, cmd: =IPC_SET, buf: <shmid_set): int
shmctl$SHM_STAT(index: 0/1, cmd: =SHM_STAT, buf: >shmid_ds): int
shmctl$SHM_INFO(index: =0, cmd: =SHM_INFO, buf: >b48): int
shmctl$SHM_LOCK(shmid: shm, cmd: =SHM_LOCK, buf: =0): int
mq_open(name: mqname, oflag: O_RDWR/O_RDONLY/O_WRONLY/O_RDWR|O_CREAT/O_RDWR|O_CREAT|O_EXCL/O_RDWR|O_CREAT|O_NONBLOCK, mode: =0x1b6, attr: ?<mq_attr): mqd
mq_unlink(name: mqname): int
mq_timedsend(mqdes: mqd, msg_ptr: <data, msg_len: len:msg_ptr, msg_prio: 0/1/2/31/32768, abs_timeout: ?<zerotime): int
mq_timedreceive(mqdes: mqd, msg_ptr: >b128, msg_len: 64/128/8, msg_prio: ?>b4, abs_timeout: ?<zerotime): int
mq_notify(mqdes: mqd, sevp: ?<sigevent): int
mq_getsetattr(mqdes: mqd, newattr: ?<mq_attr, oldattr: ?>b64): int
pipe2(pipefd: >b8, flags: 0/O_NONBLOCK/O_CLOEXEC/O_DIRECT): fd pair
socketpair(domain: =AF_UNIX, type: SOCK_STREAM/SOCK_DGRAM/SOCK_SEQPACKET/SOCK_STREAM|SOCK_NONBLOCK, protocol: =0, sv: >b8): fd pair
socket(domain: =AF_UNIX, type: SOCK_STREAM/SOCK_DGRAM/SOCK_SEQPACKET, protocol: =0): fd
bind(sockfd: fd, addr: <sockaddr_un, addrlen: len:addr): int
connect(sockfd: fd, addr: <sockaddr_un, addrlen: len:addr): int
accept4(sockfd: fd, addr: =0, addrlen: =0, flags: 0/SOCK_NONBLOCK/SOCK_CLOEXEC): fd
getsockname(sockfd: fd, addr: >b112, addrlen: <len112): int
getpeername(sockfd: fd, addr: >b112, addrlen: <len112): int
sendto(sockfd: fd, buf: <data, len: len:buf, flags: MSG_DONTWAIT/0/MSG_OOB/MSG_NOSIGNAL/MSG_EOR/MSG_MORE, dest_addr: ?<sockaddr_un, addrlen: len:dest_addr): int
recvfrom(sockfd: fd, buf: >data, len: len:buf, flags: MSG_DONTWAIT/0/MSG_PEEK/MSG_TRUNC/MSG_WAITALL/MSG_OOB/MSG_PEEK|MSG_DONTWAIT, src_addr: =0, addrlen: =0): int
sendmsg(sockfd: fd, msg: <msghdr_out, flags: 0/MSG_DONTWAIT): int
sendmsg$RIGHTS(sockfd: fd, msg: <msghdr_rights, flags: 0/MSG_DONTWAIT): int
recvmsg(sockfd: fd, msg: <msghdr_in, flags: MSG_DONTWAIT/0/MSG_PEEK/MSG_CMSG_CLOEXEC): int
shutdown(sockfd: fd, how: shut!): int
getsockopt$int(sockfd: fd, level: =SOL_SOCKET, optname: SO_TYPE/SO_ERROR/SO_ACCEPTCONN/SO_PASSCRED/SO_PROTOCOL/SO_DOMAIN/SO_RCVLOWAT, optval: >b8, optlen: <len4): int
setsockopt$int(sockfd: fd, level: =SOL_SOCKET, optname: SO_PASSCRED/SO_REUSEADDR/SO_RCVLOWAT/SO_PEEK_OFF, optval: <int1, optlen: =4): int
ioctl$FIONREAD(fd: fd, request: =FIONREAD, arg: >b4): int
ioctl$FIONBIO(fd: fd, request: =FIONBIO, arg: <int1): int
fcntl$F_GETFL(fd: fd, cmd: =F_GETFL, arg: =0): int
fcntl$F_SETFL(fd: fd, cmd: =F_SETFL, arg: 0/O_NONBLOCK/O_APPEND/O_DIRECT): int
fcntl$F_GETFD(fd: fd, cmd: =F_GETFD, arg: =0): int
fcntl$F_SETFD(fd: fd, cmd: =F_SETFD, arg: 0/1): int
fcntl$F_DUPFD(fd: fd, cmd: =F_DUPFD, arg: 0/3/20/-1): fd
fcntl$F_GETPIPE_SZ(fd: fd, cmd: =F_GETPIPE_SZ, arg: =0): int
fcntl$F_SETPIPE_SZ(fd: fd, cmd: =F_SETPIPE_SZ, arg: 0/1/4096/8192/65536/1048576): int
fcntl$F_GETLK(fd: fd, cmd: =F_GETLK, arg: <>flock): int
fcntl$F_SETLK(fd: fd, cmd: =F_SETLK, arg: <flock): int
fcntl$F_SETLKW(fd: fd, cmd: =F_SETLKW, arg: <flock): int
fcntl$F_OFD_SETLK(fd: fd, cmd: =F_OFD_SETLK, arg: <ofdlock): int
fcntl$F_OFD_SETLKW(fd: fd, cmd: =F_OFD_SETLKW, arg: <ofdlock): int
fcntl$F_OFD_GETLK(fd: fd, cmd: =F_OFD_GETLK, arg: <>ofdlock): int
futex$WAIT(uaddr: shared, futex_op: FUTEX_WAIT/FUTEX_WAIT_PRIVATE, val: 0/0/1, timeout: ?<zerotime, uaddr2: =0, val3: =0): int
futex$WAKE(uaddr: shared, futex_op: FUTEX_WAKE/FUTEX_WAKE_PRIVATE, val: 1/2/0/0x7fffffff, timeout: =0, uaddr2: =0, val3: =0): int
futex$REQUEUE(uaddr: shared, futex_op: =FUTEX_REQUEUE, val: 0/1, val2: 0/1/2, uaddr2: shared, val3: =0): int
futex$CMP_REQUEUE(uaddr: shared, futex_op: =FUTEX_CMP_REQUEUE, val: 0/1, val2: 0/1/2, uaddr2: shared, val3: 0/0/1): int
futex$WAIT_BITSET(uaddr: shared, futex_op: =FUTEX_WAIT_BITSET, val: =0, timeout: =0, uaddr2: =0, val3: 0/1/2/3/-1): int
futex$WAKE_BITSET(uaddr: shared, futex_op: =FUTEX_WAKE_BITSET, val: 1/2, timeout: =0, uaddr2: =0, val3: 0/1/2/3/-1): int
futex$WAKE_OP(uaddr: shared, futex_op: =FUTEX_WAKE_OP, val: 0/1, val2: 0/1, uaddr2: shared, val3: 0x01001000/0x00001000/0x11001001/0x51000000): int
eventfd2(initval: 0/1/2/0xffffffff, flags: 0/EFD_SEMAPHORE/EFD_NONBLOCK/EFD_SEMAPHORE|EFD_NONBLOCK): fd
read$8(fd: fd, buf: >b8, count: =8): int
write$8(fd: fd, buf: <count8, count: =8): int
epoll_create1(flags: 0/EPOLL_CLOEXEC): fd
epoll_ctl$ADD(epfd: fd, op: =EPOLL_CTL_ADD, fd: fd, event: <epoll_event): int
epoll_ctl$MOD(epfd: fd, op: =EPOLL_CTL_MOD, fd: fd, event: <epoll_event): int
epoll_ctl$DEL(epfd: fd, op: =EPOLL_CTL_DEL, fd: fd, event: =0): int
epoll_wait(epfd: fd, events: >b48, maxevents: 1/4/0/-1, timeout: 0/0/-1): int
epoll_pwait(epfd: fd, events: >b48, maxevents: 1/4, timeout: 0/-1, sigmask: ?<sigset, sigsetsize: =8): int
poll(fds: <>pollfd*3, nfds: count:fds, timeout: 0/0/-1): int
ppoll(fds: <>pollfd*3, nfds: count:fds, tmo_p: ?<zerotime, sigmask: ?<sigset, sigsetsize: =8): int
rt_sigaction(signum: SIGUSR1/SIGUSR2/SIGCHLD/SIGPIPE/SIGIO/34/35, act: ?<sigaction, oldact: ?>b32, sigsetsize: =8): int
rt_sigprocmask(how: sigmaskhow!, set: ?<sigset, oldset: ?>b8, sigsetsize: =8): int
rt_sigpending(set: >b8, sigsetsize: =8): int
rt_sigsuspend(mask: <sigset, sigsetsize: =8): int
rt_sigtimedwait(set: <sigset, info: ?>siginfo, timeout: ?<zerotime, sigsetsize: =8): int
rt_sigqueueinfo(tgid: pid, sig: 34/35/SIGUSR1, info: <siginfo): int
kill(pid: pid, sig: SIGUSR1/SIGUSR2/SIGCHLD/SIGTERM/SIGKILL/SIGSTOP/SIGCONT/0/34): int
tkill(tid: pid, sig: SIGUSR1/SIGUSR2/SIGTERM/0/34): int
tgkill(tgid: pid, tid: pid, sig: SIGUSR1/SIGUSR2/0): int
pause(): int
signalfd4(fd: =-1, mask: <sigset, sizemask: =8, flags: 0/SFD_NONBLOCK): fd
fork(): pid
clone$thread(flags: =CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM, stack: =0, parent_tid: =0, child_tid: =0, tls: =0): pid
clone$files(flags: CLONE_FILES|SIGCHLD/CLONE_SYSVSEM|SIGCHLD/CLONE_PARENT|SIGCHLD/CLONE_FS|SIGUSR1, stack: =0, parent_tid: =0, child_tid: =0, tls: =0): pid
clone$vm(flags: CLONE_VM|SIGCHLD/CLONE_VM|CLONE_FILES|CLONE_SIGHAND|SIGCHLD, stack: =0, parent_tid: =0, child_tid: =0, tls: =0): pid
exit(status: 0/3): int
exit_group(status: 0/1/7): int
alarm(seconds: 0/1/2): int local
setitimer(which: =0, new_value: <itimerval, old_value: =0): int local
timer_create(clockid: 0/1, sevp: ?<timersigevent, timerid: >b4): int local
timer_settime(timerid: 0/0/1, flags: 0/0/TIMER_ABSTIME, new_value: <itimerspec, old_value: ?>b32): int local
timer_gettime(timerid: 0/1, curr_value: >b32): int local
timer_getoverrun(timerid: 0/1): int local
timer_delete(timerid: 0/1): int local
timerfd_settime(fd: fd, flags: 0/0/TFD_TIMER_ABSTIME, new_value: <itimerspec, old_value: ?>b32): int local
timerfd_gettime(fd: fd, curr_value: >b32): int local
nanosleep(req: <sleeptime, rem: ?>b16): int local
clock_nanosleep(clockid: 0/1, flags: 0/TIMER_ABSTIME, request: <sleeptime, remain: ?>b16): int local
wait4(pid: -1/pid, wstatus: ?>b4, options: WNOHANG/0/WUNTRACED|WNOHANG/WCONTINUED|WNOHANG, rusage: =0): int
waitid(idtype: =P_ALL, id: =0, infop: >siginfo, options: WEXITED|WNOHANG/WEXITED/WEXITED|WNOHANG|WNOWAIT/WSTOPPED|WEXITED|WNOHANG, rusage: =0): int
pidfd_open(pid: pid, flags: 0/PIDFD_NONBLOCK): fd
pidfd_send_signal(pidfd: fd, sig: SIGUSR1/0/SIGUSR2, info: =0, flags: =0): int
openat(dirfd: =AT_FDCWD, pathname: path, flags: O_RDWR|O_CREAT/O_RDONLY/O_WRONLY|O_CREAT|O_APPEND/O_RDWR|O_CREAT|O_TRUNC/O_RDONLY|O_NONBLOCK/O_WRONLY|O_NONBLOCK/O_RDWR, mode: =0x1b6): fd
mknodat(dirfd: =AT_FDCWD, pathname: path, mode: 0x11b6/0x81b6, dev: =0): int
mkdirat(dirfd: =AT_FDCWD, pathname: path, mode: =0x1ff): int
unlinkat(dirfd: =AT_FDCWD, pathname: path, flags: 0/AT_REMOVEDIR): int
linkat(olddirfd: =AT_FDCWD, oldpath: path, newdirfd: =AT_FDCWD, newpath: path, flags: =0): int
renameat2(olddirfd: =AT_FDCWD, oldpath: path, newdirfd: =AT_FDCWD, newpath: path, flags: 0/RENAME_NOREPLACE/RENAME_EXCHANGE): int
symlinkat(target: path, newdirfd: =AT_FDCWD, linkpath: path): int
readlinkat(dirfd: =AT_FDCWD, pathname: path, buf: >b64, bufsiz: =64): int
faccessat(dirfd: =AT_FDCWD, pathname: path, mode: access|): int
fallocate(fd: fd, mode: =0, offset: 0/4096, len: 0/100/8192): int
ftruncate(fd: fd, length: 0/5/4096/10000): int
truncate(path: path, length: 0/5/4096): int
lseek(fd: fd, offset: 0/1/-1/100/4096, whence: 0/1/2): int
pread64(fd: fd, buf: >data, count: len:buf, offset: 0/1/4/4096): int
pwrite64(fd: fd, buf: <data, count: len:buf, offset: 0/1/4/4096): int
splice(fd_in: fd, off_in: =0, fd_out: fd, off_out: =0, len: 0/1/16/4096/65536, flags: splice|): int
tee(fd_in: fd, fd_out: fd, len: 1/16/4096/65536, flags: splice|): int
vmsplice(fd: fd, iov: <iovec_out*2, nr_segs: count:iov, flags: splice|): int
sendfile(out_fd: fd, in_fd: fd, offset: =0, count: 1/16/4096): int
copy_file_range(fd_in: fd, off_in: =0, fd_out: fd, off_out: =0, len: 1/16/4096, flags: =0): int
readv(fd: fd, iov: <iovec_in*2, iovcnt: count:iov): int
writev(fd: fd, iov: <iovec_out*2, iovcnt: count:iov): int
memfd_create(name: str, flags: 0/MFD_CLOEXEC/MFD_ALLOW_SEALING): fd
fcntl$F_ADD_SEALS(fd: fd, cmd: =F_ADD_SEALS, arg: 1/2/4/8/16): int
fcntl$F_GET_SEALS(fd: fd, cmd: =F_GET_SEALS, arg: =0): int
mmap(addr: map, length: 4096/8192, prot: 0/1/3, flags: 0x11/0x12/0x31/0x32, fd: fd/-1, offset: 0/4096): addr
munmap(addr: map, length: 4096/8192): int
mprotect(addr: map, length: 4096/8192, prot: 0/1/3): int
msync(addr: map, length: 4096, flags: MS_SYNC/MS_ASYNC): int
flock(fd: fd, operation: 1/2/5/6/8): int
close(fd: fd): int
dup(oldfd: fd): fd
dup2(oldfd: fd, newfd: fd/20): fd
dup3(oldfd: fd, newfd: fd/20, flags: 0/O_CLOEXEC): fd
close_range(first: 3/10/20, last: 5/20/-1, flags: 0/CLOSE_RANGE_CLOEXEC): int
timerfd_create(clockid: 0/1, flags: 0/TFD_NONBLOCK): fd
inotify_init1(flags: 0/IN_NONBLOCK): fd
inotify_add_watch(fd: fd, pathname: path, mask: inotify|+2): wd
inotify_rm_watch(fd: fd, wd: wd): int
`;

/** Layouts of what pointers lead to: fields `u8 u16 u32 u64 i…` with the kinds above, `fill:N`, `text:a/b:ROOM`. bN: N bytes. */
export const STRUCTS = `
msgbuf: i64 1/2/3/1/0/-1, fill:64
msqid_ds: fill:120
msqid_set: u32 =0, u32 0/1000, u32 0/1000, u32 =0, u32 =0, u32 0x1b6/0/0x180, u32 =0, u32 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 0/16/64/16384
sembuf: u16 0/0/1/2/3, u16 -1/-1/1/0/2/-2, u16 semop|
semvals: u16 0/1/2, u16 0/1/2, u16 0/1, u16 0/1
semid_ds: fill:104
semid_set: u32 =0, u32 0/1000, u32 0/1000, u32 =0, u32 =0, u32 0x1b6/0/0x180, fill:80
shmid_ds: fill:112
shmid_set: u32 =0, u32 0/1000, u32 0/1000, u32 =0, u32 =0, u32 0x1b6/0/0x180, fill:88
mq_attr: i64 0/O_NONBLOCK, i64 1/2/10/0, i64 8/64/0, i64 =0, u64 =0, u64 =0, u64 =0, u64 =0
zerotime: i64 =0, i64 0/0/1000000000
sigevent: u64 =0, u32 34/SIGUSR1, u32 0/1, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0
itimerspec: i64 0/0/1, i64 0/1000/1000000, i64 0/0/1, i64 0/1/1000/1000000
itimerval: i64 0/0/1, i64 0/1000, i64 0/0/1, i64 0/1/1000
timersigevent: u64 =7, u32 34/SIGUSR1, u32 0/0/1, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0, u64 =0
sleeptime: i64 0/0/1/-1, i64 0/1/1000/1000000/1000000000
sockaddr_un: u16 1/1/0, text:a/b/d/a/s/fifo:14
len112: u32 112/2/0
len4: u32 4/4/2/8
int1: u32 0/1/4
count8: u64 1/0/2/0xfffffffffffffffe/-1
msghdr_out: u64 =0, u32 =0, u32 =0, u64 <iovec_out*2, u64 count:3, u64 =0, u64 =0, u32 =0, u32 =0
msghdr_in: u64 =0, u32 =0, u32 =0, u64 <iovec_in*2, u64 count:3, u64 >b48, u64 0/24/48, u32 =0, u32 =0
msghdr_rights: u64 =0, u32 =0, u32 =0, u64 <iovec_out, u64 =1, u64 <cmsg_rights, u64 len:5, u32 =0, u32 =0
cmsg_rights: u64 =24, u32 =1, u32 =1, u32 fd, u32 fd
iovec_out: u64 <data, u64 len:0
iovec_in: u64 >data, u64 len:0
flock: u16 0/1/2, u16 0/0/1/2, u32 =0, i64 0/1/10/-1, i64 0/1/10, u32 =0, u32 =0
ofdlock: u16 0/1/2, u16 =0, u32 =0, i64 0/1/10, i64 0/1/10, u32 =0, u32 =0
epoll_event: u32 1/4/5/0x80000001/0x40000001/0x2011/0x10000001, u64 0/1/2
pollfd: u32 fd, u16 1/4/5/0x2000/0/0x3f, u16 =0
sigset: u64 0/0x200/0x800/0xa00/0x10000/0x200000000/-1
sigaction: u64 handler, u64 0x4000000/0x4000004/0x14000000/0x44000000/0x84000000, u64 restorer, u64 0/0x200/0x800
siginfo: u32 34/10, u32 =0, u32 -1/-2, u32 =0, u32 pid, u32 =0, u64 1/2, fill:88
timespec: i64 0/0/1, i64 0/1000
iovec: u64 >data, u64 len:0
fdpair: u32 =0, u32 =0
timeval: i64 =0, i64 =0
u32: u32 0/1/2
int: u32 0/1/2
off: i64 0/1/4096
`;

/** Strings of each kind. */
export const STRINGS: Record<string, string[]> = {
  path: ["a", "b", "d", "d/a", "fifo", "s", "."],
  mqname: ["q", "r", "", "a/b"],
  str: ["x", "y"],
};

/** Calls that are not made by themselves: they end or change the machine, need code, or tell what two machines never agree on. */
export const NEVER = new Set(
  ("reboot swapon swapoff mount umount2 chroot pivot_root settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname iopl ioperm " +
    "init_module finit_module delete_module kexec_load kexec_file_load acct syslog vhangup ptrace execve execveat vfork clone clone3 rt_sigreturn exit " +
    "set_tid_address arch_prctl set_thread_area get_thread_area rseq set_robust_list get_robust_list prctl personality unshare setns nanosleep " +
    "clock_nanosleep alarm setitimer getitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_settime timerfd_gettime " +
    "getrandom brk mremap madvise mincore mlock munlock mlockall munlockall mlock2 getpid gettid getppid getpgrp getpgid getsid setsid setpgid time gettimeofday " +
    "clock_gettime clock_getres times getrusage sysinfo uname sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_setaffinity " +
    "sched_getaffinity sched_setattr sched_getattr sched_rr_get_interval sched_get_priority_max sched_get_priority_min setpriority getpriority " +
    "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset capget setrlimit prlimit64 getrlimit getcpu restart_syscall " +
    "stat fstat lstat newfstatat statx statfs fstatfs ustat getdents getdents64 utime utimes futimesat utimensat process_vm_readv process_vm_writev kcmp " +
    "seccomp bpf io_uring_setup perf_event_open userfaultfd membarrier sigaltstack sync syncfs fsync fdatasync mbind set_mempolicy get_mempolicy " +
    "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr ioprio_set ioprio_get " +
    "select pselect6 sendmmsg recvmmsg socketcall waitpid preadv pwritev preadv2 pwritev2 futex_waitv futex_wake futex_wait futex_requeue shmctl ioctl fcntl " +
    "chown lchown fchown fchownat quotactl getcwd chdir fchdir name_to_handle_at open_by_handle_at pidfd_getfd epoll_pwait2 openat2 open creat utimensat " +
    "readahead fadvise64 sync_file_range process_madvise uselib sched_yield access faccessat2 rename renameat link mkdir rmdir unlink symlink readlink mknod " +
    "getuid getgid geteuid getegid getresuid getresgid getgroups umask chmod fchmod fchmodat fchmodat2 epoll_create inotify_init signalfd eventfd pipe accept " +
    "map_shadow_stack pkey_mprotect pkey_alloc pkey_free remap_file_pages modify_ldt mseal statmount listmount").split(" "),
);

/** Which family a call belongs to: programs are mostly made of one to three of them. */
export const FAMILIES: [string, RegExp][] = [
  ["msg", /^msg(get|snd|rcv|ctl)/],
  ["sem", /^sem/],
  ["shm", /^shm/],
  ["mq", /^mq_/],
  ["futex", /^futex/],
  ["socket", /^(socket|bind|connect|accept|getsock|getpeer|send|recv|shutdown|setsock|listen)/],
  ["timer", /^(alarm|setitimer|timer_|timerfd|nanosleep|clock_nano)/],
  ["signal", /^(rt_sig|kill|tkill|tgkill|pause|signalfd|pidfd_send)/],
  ["process", /^(fork|clone|exit|wait|pidfd)/],
  ["event", /^(eventfd|epoll|poll|ppoll|timerfd|read\$8|write\$8)/],
  ["lock", /^(flock|fcntl\$F_(GETLK|SETLK|OFD))/],
  ["memory", /^(mmap|munmap|mprotect|msync|memfd|fcntl\$F_(ADD|GET)_SEALS)/],
  ["inotify", /^inotify/],
  ["pipe", /^(pipe|read|write|splice|tee|vmsplice|ioctl|fcntl|close|dup)/],
  ["file", /./],
];
