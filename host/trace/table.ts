// The one system call table: every x86-64 system call of Linux 6.18, a row each.
//
//   NUMBER name(argument: kind, …): result flags ~ remark
//
// Dispatch, the strace text, the JSON trace, `ring3 syscalls`, docs/syscalls.md and the host's
// typed calls are all made from it. Whether a call is supported is not written here: it is when
// assembly/sys/ has its handler `sys_name` (tools/gen-syscalls.mjs). A remark says in which way a
// handler falls short of Linux.
//
// Kinds of arguments:
//   fd dirfd pid uid sig int uint long ulong hex hex32 addr size off mode dev   values
//   path str                     a NUL-terminated string of the guest (a path is never cut)
//   name|                        flags of the set `name` in names.ts
//   name!                        one value of the set `name` in names.ts
//   <what  >what  <>what         pointer to a structure that is read, written, both
//   <data[n] >data[n]            bytes, as long as argument n says, or as the result says (`ret`)
//   <x[n]                        an array of n structures
//   *                            depends on other arguments: the formatter has a function for the call
// Results: int uint hex fd size off pid mode sig none
// Flags: blocks = the call may wait.

export const TABLE = `
0 read(fd: fd, buf: >data[ret], count: size): size blocks
1 write(fd: fd, buf: <data[count], count: size): size blocks
2 open(pathname: path, flags: open|, mode: *): fd blocks
3 close(fd: fd): int
4 stat(pathname: path, statbuf: >stat): int
5 fstat(fd: fd, statbuf: >stat): int
6 lstat(pathname: path, statbuf: >stat): int
7 poll(fds: <>pollfd[nfds], nfds: uint, timeout: int): int blocks
8 lseek(fd: fd, offset: off, whence: whence!): off
9 mmap(addr: addr, length: size, prot: prot|, flags: *, fd: fd, offset: hex): hex
10 mprotect(addr: addr, length: size, prot: prot|): int
11 munmap(addr: addr, length: size): int
12 brk(addr: addr): hex
13 rt_sigaction(signum: sig, act: <sigaction, oldact: >sigaction, sigsetsize: size): int
14 rt_sigprocmask(how: sigmaskhow!, set: <sigset, oldset: >sigset, sigsetsize: size): int
15 rt_sigreturn(): *
16 ioctl(fd: fd, request: *, arg: *): int blocks
17 pread64(fd: fd, buf: >data[ret], count: size, offset: off): size blocks
18 pwrite64(fd: fd, buf: <data[count], count: size, offset: off): size blocks
19 readv(fd: fd, iov: >iovec[iovcnt], iovcnt: ulong): size blocks
20 writev(fd: fd, iov: <iovec[iovcnt], iovcnt: ulong): size blocks
21 access(pathname: path, mode: access|): int
22 pipe(pipefd: >fdpair): int
23 select(nfds: int, readfds: *, writefds: *, exceptfds: *, timeout: *): int blocks
24 sched_yield(): int
25 mremap(old_address: addr, old_size: size, new_size: size, flags: mremap|, new_address: *): hex
26 msync(addr: addr, length: size, flags: msync|): int
27 mincore(addr: addr, length: size, vec: *): int
28 madvise(addr: addr, length: size, advice: madvise!): int
29 shmget(key: ipckey, size: size, shmflg: *): int
30 shmat(shmid: int, shmaddr: addr, shmflg: shmat|): hex
31 shmctl(shmid: int, cmd: *, buf: *): int
32 dup(oldfd: fd): fd
33 dup2(oldfd: fd, newfd: fd): fd
34 pause(): int blocks
35 nanosleep(req: <timespec, rem: *): int blocks
36 getitimer(which: itimer!, curr_value: >itimerval): int
37 alarm(seconds: uint): int
38 setitimer(which: itimer!, new_value: <itimerval, old_value: >itimerval): int
39 getpid(): pid
40 sendfile(out_fd: fd, in_fd: fd, offset: *, count: size): size blocks
41 socket(domain: af!, type: socktype|, protocol: *): fd
42 connect(sockfd: fd, addr: <sockaddr[addrlen], addrlen: int): int blocks
43 accept(sockfd: fd, addr: *, addrlen: *): fd blocks
44 sendto(sockfd: fd, buf: <data[len], len: size, flags: msg|, dest_addr: <sockaddr[addrlen], addrlen: int): size blocks
45 recvfrom(sockfd: fd, buf: >data[ret], len: size, flags: msg|, src_addr: *, addrlen: *): size blocks
46 sendmsg(sockfd: fd, msg: <msghdr, flags: msg|): size blocks
47 recvmsg(sockfd: fd, msg: *, flags: msg|): size blocks
48 shutdown(sockfd: fd, how: shut!): int
49 bind(sockfd: fd, addr: <sockaddr[addrlen], addrlen: int): int
50 listen(sockfd: fd, backlog: int): int
51 getsockname(sockfd: fd, addr: *, addrlen: *): int
52 getpeername(sockfd: fd, addr: *, addrlen: *): int
53 socketpair(domain: af!, type: socktype|, protocol: *, sv: >fdpair): int
54 setsockopt(sockfd: fd, level: sol!, optname: *, optval: *, optlen: int): int
55 getsockopt(sockfd: fd, level: sol!, optname: *, optval: *, optlen: *): int
56 clone(flags: *, stack: *, parent_tid: *, child_tid: *, tls: *): pid
57 fork(): pid
58 vfork(): pid
59 execve(pathname: path, argv: *, envp: *): int
60 exit(status: int): none
61 wait4(pid: pid, wstatus: *, options: wait4|, rusage: >rusage): pid blocks
62 kill(pid: pid, sig: sig): int
63 uname(buf: >utsname): int
64 semget(key: ipckey, nsems: int, semflg: *): int
65 semop(semid: int, sops: <sembuf[nsops], nsops: uint): int blocks
66 semctl(semid: int, semnum: int, cmd: *, arg: *): int
67 shmdt(shmaddr: addr): int
68 msgget(key: ipckey, msgflg: *): int
69 msgsnd(msqid: int, msgp: *, msgsz: size, msgflg: ipcmsg|): int blocks
70 msgrcv(msqid: int, msgp: *, msgsz: size, msgtyp: long, msgflg: ipcmsg|): size blocks
71 msgctl(msqid: int, cmd: *, buf: *): int
72 fcntl(fd: fd, cmd: fcntl!, arg: *): * blocks
73 flock(fd: fd, operation: flock|): int blocks
74 fsync(fd: fd): int
75 fdatasync(fd: fd): int
76 truncate(path: path, length: ulong): int
77 ftruncate(fd: fd, length: ulong): int
78 getdents(fd: fd, dirp: *, count: size): int
79 getcwd(buf: *, size: size): int
80 chdir(path: path): int
81 fchdir(fd: fd): int
82 rename(oldpath: path, newpath: path): int
83 mkdir(pathname: path, mode: mode): int
84 rmdir(pathname: path): int
85 creat(pathname: path, mode: mode): fd blocks
86 link(oldpath: path, newpath: path): int
87 unlink(pathname: path): int
88 symlink(target: path, linkpath: path): int
89 readlink(pathname: path, buf: >data[ret], bufsiz: size): size
90 chmod(pathname: path, mode: mode): int
91 fchmod(fd: fd, mode: mode): int
92 chown(pathname: path, owner: uid, group: uid): int
93 fchown(fd: fd, owner: uid, group: uid): int
94 lchown(pathname: path, owner: uid, group: uid): int
95 umask(mask: mode): mode
96 gettimeofday(tv: >timeval, tz: >timezone): int
97 getrlimit(resource: rlimit!, rlim: >rlimit): int
98 getrusage(who: rusagewho!, usage: >rusage): int
99 sysinfo(info: >sysinfo): int
100 times(buf: >tms): ulong
101 ptrace(request: *, pid: pid, addr: addr, data: addr): int
102 getuid(): uint
103 syslog(type: int, bufp: addr, len: int): int blocks
104 getgid(): uint
105 setuid(uid: uid): int
106 setgid(gid: uid): int
107 geteuid(): uint
108 getegid(): uint
109 setpgid(pid: pid, pgid: pid): int
110 getppid(): pid
111 getpgrp(): pid
112 setsid(): pid
113 setreuid(ruid: uid, euid: uid): int
114 setregid(rgid: uid, egid: uid): int
115 getgroups(size: int, list: *): int
116 setgroups(size: int, list: <gid[size]): int
117 setresuid(ruid: uid, euid: uid, suid: uid): int
118 getresuid(ruid: >u32, euid: >u32, suid: >u32): int
119 setresgid(rgid: uid, egid: uid, sgid: uid): int
120 getresgid(rgid: >u32, egid: >u32, sgid: >u32): int
121 getpgid(pid: pid): pid
122 setfsuid(fsuid: uid): uint
123 setfsgid(fsgid: uid): uint
124 getsid(pid: pid): pid
125 capget(hdrp: <caphdr, datap: *): int
126 capset(hdrp: <caphdr, datap: *): int
127 rt_sigpending(set: >sigset, sigsetsize: size): int
128 rt_sigtimedwait(set: <sigset, info: >siginfo, timeout: <timespec, sigsetsize: size): sig blocks
129 rt_sigqueueinfo(tgid: pid, sig: sig, info: <siginfo): int
130 rt_sigsuspend(mask: <sigset, sigsetsize: size): int blocks
131 sigaltstack(ss: <stack, old_ss: >stack): int
132 utime(filename: path, times: <utimbuf): int
133 mknod(pathname: path, mode: filemode, dev: *): int
134 uselib(library: path): int
135 personality(persona: personality!): *
136 ustat(dev: dev, ubuf: addr): int
137 statfs(path: path, buf: >statfs): int
138 fstatfs(fd: fd, buf: >statfs): int
139 sysfs(option: hex, arg1: addr, arg2: addr): int
140 getpriority(which: prio!, who: int): int
141 setpriority(which: prio!, who: int, prio: int): int
142 sched_setparam(pid: pid, param: <sched_param): int
143 sched_getparam(pid: pid, param: >sched_param): int
144 sched_setscheduler(pid: pid, policy: sched|, param: <sched_param): int
145 sched_getscheduler(pid: pid): *
146 sched_get_priority_max(policy: sched!): int
147 sched_get_priority_min(policy: sched!): int
148 sched_rr_get_interval(pid: pid, tp: >timespec): int
149 mlock(addr: addr, len: size): int
150 munlock(addr: addr, len: size): int
151 mlockall(flags: mlockall|): int
152 munlockall(): int
153 vhangup(): int
154 modify_ldt(func: int, ptr: addr, bytecount: ulong): int
155 pivot_root(new_root: path, put_old: path): int
156 _sysctl(args: addr): int
157 prctl(option: prctl!, arg2: *, arg3: *, arg4: *, arg5: *): *
158 arch_prctl(code: archprctl!, addr: *): int
159 adjtimex(buf: <>timex): int
160 setrlimit(resource: rlimit!, rlim: <rlimit): int
161 chroot(path: path): int
162 sync(): int
163 acct(filename: path): int
164 settimeofday(tv: <timeval, tz: <timezone): int
165 mount(source: *, target: *, filesystemtype: *, mountflags: *, data: *): int
166 umount2(target: path, flags: umount|): int
167 swapon(path: path, swapflags: hex): int
168 swapoff(path: path): int
169 reboot(magic: hex, magic2: hex, op: hex, arg: addr): int
170 sethostname(name: <data[len], len: uint): int
171 setdomainname(name: <data[len], len: uint): int
172 iopl(level: int): int
173 ioperm(from: hex, num: hex, turn_on: int): int
174 create_module(name: str, size: size): int
175 init_module(module_image: addr, len: ulong, param_values: str): int
176 delete_module(name: str, flags: fdnew|): int
177 get_kernel_syms(table: addr): int
178 query_module(name: str, which: int, buf: addr, bufsize: size, ret: addr): int
179 quotactl(cmd: hex, special: path, id: uint, addr: addr): int
180 nfsservctl(cmd: int, argp: addr, resp: addr): int
181 getpmsg(a: hex, b: hex, c: hex, d: hex, e: hex): int
182 putpmsg(a: hex, b: hex, c: hex, d: hex, e: hex): int
183 afs_syscall(a: hex, b: hex, c: hex, d: hex, e: hex): int
184 tuxcall(a: hex, b: hex, c: hex, d: hex, e: hex, f: hex): int
185 security(a: hex, b: hex, c: hex, d: hex, e: hex, f: hex): int
186 gettid(): pid
187 readahead(fd: fd, offset: off, count: size): int
188 setxattr(path: path, name: str, value: <data[size], size: size, flags: xattr|): int
189 lsetxattr(path: path, name: str, value: <data[size], size: size, flags: xattr|): int
190 fsetxattr(fd: fd, name: str, value: <data[size], size: size, flags: xattr|): int
191 getxattr(path: path, name: str, value: >data[ret], size: size): size
192 lgetxattr(path: path, name: str, value: >data[ret], size: size): size
193 fgetxattr(fd: fd, name: str, value: >data[ret], size: size): size
194 listxattr(path: path, list: >data[ret], size: size): size
195 llistxattr(path: path, list: >data[ret], size: size): size
196 flistxattr(fd: fd, list: >data[ret], size: size): size
197 removexattr(path: path, name: str): int
198 lremovexattr(path: path, name: str): int
199 fremovexattr(fd: fd, name: str): int
200 tkill(tid: pid, sig: sig): int
201 time(tloc: >time): *
202 futex(uaddr: addr, futex_op: *, val: *, timeout: *, uaddr2: *, val3: *): int blocks
203 sched_setaffinity(pid: pid, cpusetsize: uint, mask: <cpuset[cpusetsize]): int
204 sched_getaffinity(pid: pid, cpusetsize: uint, mask: >cpuset[ret]): int
205 set_thread_area(u_info: addr): int
206 io_setup(nr_events: uint, ctx_idp: >hex64): int
207 io_destroy(ctx_id: hex): int
208 io_getevents(ctx_id: hex, min_nr: long, nr: long, events: addr, timeout: <timespec): int blocks
209 io_submit(ctx_id: hex, nr: long, iocbpp: addr): int
210 io_cancel(ctx_id: hex, iocb: addr, result: addr): int
211 get_thread_area(u_info: addr): int
212 lookup_dcookie(cookie: hex, buffer: addr, len: size): int
213 epoll_create(size: int): fd
214 epoll_ctl_old(a: hex, b: hex, c: hex, d: hex): int
215 epoll_wait_old(a: hex, b: hex, c: hex, d: hex): int
216 remap_file_pages(addr: addr, size: size, prot: prot|, pgoff: ulong, flags: *): int
217 getdents64(fd: fd, dirp: *, count: size): int
218 set_tid_address(tidptr: addr): pid
219 restart_syscall(): * blocks
220 semtimedop(semid: int, sops: <sembuf[nsops], nsops: uint, timeout: <timespec): int blocks
221 fadvise64(fd: fd, offset: off, len: size, advice: fadvise!): int
222 timer_create(clockid: clock!, sevp: <sigevent, timerid: >timerid): int
223 timer_settime(timerid: int, flags: timerabs|, new_value: <itimerspec, old_value: >itimerspec): int
224 timer_gettime(timerid: int, curr_value: >itimerspec): int
225 timer_getoverrun(timerid: int): int
226 timer_delete(timerid: int): int
227 clock_settime(clockid: clock!, tp: <timespec): int
228 clock_gettime(clockid: clock!, tp: >timespec): int
229 clock_getres(clockid: clock!, res: >timespec): int
230 clock_nanosleep(clockid: clock!, flags: timerabs|, request: <timespec, remain: *): int blocks
231 exit_group(status: int): none
232 epoll_wait(epfd: fd, events: >epoll_event[ret], maxevents: int, timeout: int): int blocks
233 epoll_ctl(epfd: fd, op: epollctl!, fd: fd, event: *): int
234 tgkill(tgid: pid, tid: pid, sig: sig): int
235 utimes(filename: path, times: <timeval2): int
236 vserver(a: hex, b: hex, c: hex, d: hex, e: hex): int
237 mbind(addr: addr, len: ulong, mode: hex, nodemask: addr, maxnode: ulong, flags: hex): int
238 set_mempolicy(mode: hex, nodemask: addr, maxnode: ulong): int
239 get_mempolicy(mode: addr, nodemask: addr, maxnode: ulong, addr: addr, flags: hex): int
240 mq_open(name: str, oflag: open|, mode: *, attr: *): fd
241 mq_unlink(name: str): int
242 mq_timedsend(mqdes: fd, msg_ptr: <data[msg_len], msg_len: size, msg_prio: uint, abs_timeout: <timespec): int blocks
243 mq_timedreceive(mqdes: fd, msg_ptr: >data[ret], msg_len: size, msg_prio: >u32, abs_timeout: <timespec): size blocks
244 mq_notify(mqdes: fd, sevp: <sigevent): int
245 mq_getsetattr(mqdes: fd, newattr: <mq_attr, oldattr: >mq_attr): int
246 kexec_load(entry: hex, nr_segments: ulong, segments: addr, flags: hex): int
247 waitid(idtype: idtype!, id: *, infop: >siginfo, options: waitid|, rusage: >rusage): int blocks
248 add_key(type: str, description: str, payload: <data[plen], plen: size, keyring: int): int
249 request_key(type: str, description: str, callout_info: str, dest_keyring: int): int
250 keyctl(operation: int, arg2: hex, arg3: hex, arg4: hex, arg5: hex): int
251 ioprio_set(which: ioprio!, who: int, ioprio: hex): int
252 ioprio_get(which: ioprio!, who: int): int
253 inotify_init(): fd
254 inotify_add_watch(fd: fd, pathname: path, mask: inotify|): int
255 inotify_rm_watch(fd: fd, wd: int): int
256 migrate_pages(pid: pid, maxnode: ulong, old_nodes: addr, new_nodes: addr): int
257 openat(dirfd: dirfd, pathname: path, flags: open|, mode: *): fd blocks
258 mkdirat(dirfd: dirfd, pathname: path, mode: mode): int
259 mknodat(dirfd: dirfd, pathname: path, mode: filemode, dev: *): int
260 fchownat(dirfd: dirfd, pathname: path, owner: uid, group: uid, flags: at|): int
261 futimesat(dirfd: dirfd, pathname: path, times: <timeval2): int
262 newfstatat(dirfd: dirfd, pathname: path, statbuf: >stat, flags: at|): int
263 unlinkat(dirfd: dirfd, pathname: path, flags: unlinkat|): int
264 renameat(olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path): int
265 linkat(olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path, flags: at|): int
266 symlinkat(target: path, newdirfd: dirfd, linkpath: path): int
267 readlinkat(dirfd: dirfd, pathname: path, buf: >data[ret], bufsiz: size): size
268 fchmodat(dirfd: dirfd, pathname: path, mode: mode): int
269 faccessat(dirfd: dirfd, pathname: path, mode: access|): int
270 pselect6(nfds: int, readfds: *, writefds: *, exceptfds: *, timeout: *, sigmask: *): int blocks
271 ppoll(fds: <>pollfd[nfds], nfds: uint, tmo_p: <timespec, sigmask: <sigset, sigsetsize: size): int blocks
272 unshare(flags: unshare|): int
273 set_robust_list(head: addr, len: size): int
274 get_robust_list(pid: pid, head_ptr: >addr, len_ptr: >u64): int
275 splice(fd_in: fd, off_in: <off, fd_out: fd, off_out: <off, len: size, flags: splice|): size blocks
276 tee(fd_in: fd, fd_out: fd, len: size, flags: splice|): size blocks
277 sync_file_range(fd: fd, offset: off, nbytes: off, flags: syncrange|): int
278 vmsplice(fd: fd, iov: <iovec[nr_segs], nr_segs: ulong, flags: splice|): size blocks
279 move_pages(pid: pid, count: ulong, pages: addr, nodes: addr, status: addr, flags: hex): int
280 utimensat(dirfd: dirfd, pathname: path, times: <utimens, flags: at|): int
281 epoll_pwait(epfd: fd, events: >epoll_event[ret], maxevents: int, timeout: int, sigmask: <sigset, sigsetsize: size): int blocks
282 signalfd(fd: fd, mask: <sigset, sizemask: size): fd
283 timerfd_create(clockid: clock!, flags: timerfd|): fd
284 eventfd(initval: uint): fd
285 fallocate(fd: fd, mode: fallocate|, offset: off, len: off): int
286 timerfd_settime(fd: fd, flags: tfdset|, new_value: <itimerspec, old_value: >itimerspec): int
287 timerfd_gettime(fd: fd, curr_value: >itimerspec): int
288 accept4(sockfd: fd, addr: *, addrlen: *, flags: sockflags|): fd blocks
289 signalfd4(fd: fd, mask: <sigset, sizemask: size, flags: sfd|): fd
290 eventfd2(initval: uint, flags: efd|): fd
291 epoll_create1(flags: epollcreate|): fd
292 dup3(oldfd: fd, newfd: fd, flags: fdnew|): fd
293 pipe2(pipefd: >fdpair, flags: fdnew|): int
294 inotify_init1(flags: inotifyinit|): fd
295 preadv(fd: fd, iov: >iovec[iovcnt], iovcnt: ulong, offset: off): size blocks
296 pwritev(fd: fd, iov: <iovec[iovcnt], iovcnt: ulong, offset: off): size blocks
297 rt_tgsigqueueinfo(tgid: pid, tid: pid, sig: sig, info: <siginfo): int
298 perf_event_open(attr: addr, pid: pid, cpu: int, group_fd: fd, flags: hex): fd
299 recvmmsg(sockfd: fd, msgvec: *, vlen: uint, flags: msg|, timeout: *): int blocks
300 fanotify_init(flags: hex, event_f_flags: open|): fd
301 fanotify_mark(fanotify_fd: fd, flags: hex, mask: hex, dirfd: dirfd, pathname: path): int
302 prlimit64(pid: pid, resource: rlimit!, new_limit: <rlimit, old_limit: >rlimit): int
303 name_to_handle_at(dirfd: dirfd, pathname: path, handle: addr, mount_id: >int, flags: athandle|): int
304 open_by_handle_at(mount_fd: fd, handle: addr, flags: open|): fd
305 clock_adjtime(clockid: clock!, buf: <>timex): int
306 syncfs(fd: fd): int
307 sendmmsg(sockfd: fd, msgvec: *, vlen: uint, flags: msg|): int blocks
308 setns(fd: fd, nstype: setns|): int
309 getcpu(cpu: >u32, node: >u32, tcache: addr): int
310 process_vm_readv(pid: pid, local_iov: *, liovcnt: ulong, remote_iov: *, riovcnt: ulong, flags: ulong): size
311 process_vm_writev(pid: pid, local_iov: *, liovcnt: ulong, remote_iov: *, riovcnt: ulong, flags: ulong): size
312 kcmp(pid1: pid, pid2: pid, type: kcmp!, idx1: *, idx2: *): int
313 finit_module(fd: fd, param_values: str, flags: hex): int
314 sched_setattr(pid: pid, attr: <sched_attr, flags: uint): int
315 sched_getattr(pid: pid, attr: >sched_attr, size: uint, flags: uint): int
316 renameat2(olddirfd: dirfd, oldpath: path, newdirfd: dirfd, newpath: path, flags: rename|): int
317 seccomp(operation: seccomp!, flags: *, args: *): int
318 getrandom(buf: >hexdata[ret], buflen: size, flags: getrandom|): size
319 memfd_create(name: str, flags: memfd|): fd
320 kexec_file_load(kernel_fd: fd, initrd_fd: fd, cmdline_len: ulong, cmdline: addr, flags: hex): int
321 bpf(cmd: int, attr: addr, size: uint): int
322 execveat(dirfd: dirfd, pathname: path, argv: *, envp: *, flags: at|): int
323 userfaultfd(flags: uffd|): fd
324 membarrier(cmd: membarrier!, flags: hex, cpu_id: *): *
325 mlock2(addr: addr, len: size, flags: mlock2|): int
326 copy_file_range(fd_in: fd, off_in: <off, fd_out: fd, off_out: <off, len: size, flags: uint): size
327 preadv2(fd: fd, iov: >iovec[iovcnt], iovcnt: ulong, offset: off, pos_h: *, flags: rwf|): size blocks
328 pwritev2(fd: fd, iov: <iovec[iovcnt], iovcnt: ulong, offset: off, pos_h: *, flags: rwf|): size blocks
329 pkey_mprotect(addr: addr, len: size, prot: prot|, pkey: int): int
330 pkey_alloc(flags: hex, access_rights: hex): int
331 pkey_free(pkey: int): int
332 statx(dirfd: dirfd, pathname: path, flags: statxflags|, mask: statxmask|, statxbuf: >statx): int
333 io_pgetevents(ctx_id: hex, min_nr: long, nr: long, events: addr, timeout: <timespec, sig: addr): int blocks
334 rseq(rseq: hex, rseq_len: hex, flags: rseq!, sig: hex): int
335 uretprobe(): int
336 uprobe(): int
424 pidfd_send_signal(pidfd: fd, sig: sig, info: <siginfo, flags: hex32): int
425 io_uring_setup(entries: uint, params: addr): fd
426 io_uring_enter(fd: fd, to_submit: uint, min_complete: uint, flags: hex, sig: addr, sigsz: size): int blocks
427 io_uring_register(fd: fd, opcode: uint, arg: addr, nr_args: uint): int
428 open_tree(dfd: dirfd, filename: path, flags: hex): fd
429 move_mount(from_dfd: dirfd, from_pathname: path, to_dfd: dirfd, to_pathname: path, flags: hex): int
430 fsopen(fsname: str, flags: hex): fd
431 fsconfig(fd: fd, cmd: uint, key: str, value: addr, aux: int): int
432 fsmount(fs_fd: fd, flags: hex, attr_flags: hex): fd
433 fspick(dfd: dirfd, path: path, flags: hex): fd
434 pidfd_open(pid: pid, flags: pidfdopen|): fd
435 clone3(cl_args: *, size: size): pid
436 close_range(first: uint, last: uint, flags: closerange|): int
437 openat2(dirfd: dirfd, pathname: path, how: <open_how, size: size): fd blocks
438 pidfd_getfd(pidfd: fd, targetfd: fd, flags: hex32): fd
439 faccessat2(dirfd: dirfd, pathname: path, mode: access|, flags: faccessat|): int
440 process_madvise(pidfd: fd, iovec: *, vlen: size, advice: madvise!, flags: hex32): size
441 epoll_pwait2(epfd: fd, events: >epoll_event[ret], maxevents: int, timeout: <timespec, sigmask: <sigset, sigsetsize: size): int blocks
442 mount_setattr(dfd: dirfd, path: path, flags: hex, uattr: addr, usize: size): int
443 quotactl_fd(fd: fd, cmd: hex, id: uint, addr: addr): int
444 landlock_create_ruleset(attr: addr, size: size, flags: hex): fd
445 landlock_add_rule(ruleset_fd: fd, rule_type: uint, rule_attr: addr, flags: hex32): int
446 landlock_restrict_self(ruleset_fd: fd, flags: hex32): int
447 memfd_secret(flags: secret|): fd
448 process_mrelease(pidfd: fd, flags: hex32): int
449 futex_waitv(waiters: *, nr_futexes: uint, flags: hex32, timeout: <timespec, clockid: clock!): int blocks
450 set_mempolicy_home_node(start: addr, len: ulong, home_node: ulong, flags: hex): int
451 cachestat(fd: uint, cstat_range: addr, cstat: addr, flags: hex32): int
452 fchmodat2(dirfd: dirfd, pathname: path, mode: mode, flags: at|): int
453 map_shadow_stack(addr: addr, size: size, flags: hex): hex
454 futex_wake(uaddr: addr, mask: hex, nr: int, flags: hex32): int
455 futex_wait(uaddr: addr, val: ulong, mask: hex, flags: hex32, timeout: <timespec, clockid: clock!): int blocks
456 futex_requeue(waiters: *, flags: hex32, nr_wake: int, nr_requeue: int): int
457 statmount(req: addr, buf: addr, bufsize: size, flags: hex): int
458 listmount(req: addr, mnt_ids: addr, nr_mnt_ids: size, flags: hex): int
459 lsm_get_self_attr(attr: uint, ctx: addr, size: addr, flags: hex): int
460 lsm_set_self_attr(attr: uint, ctx: addr, size: uint, flags: hex): int
461 lsm_list_modules(ids: addr, size: addr, flags: hex): int
462 mseal(addr: addr, len: size, flags: hex): int
463 setxattrat(dfd: dirfd, pathname: path, at_flags: at|, name: str, uargs: addr, usize: size): int
464 getxattrat(dfd: dirfd, pathname: path, at_flags: at|, name: str, uargs: addr, usize: size): size
465 listxattrat(dfd: dirfd, pathname: path, at_flags: at|, list: >data[ret], size: size): size
466 removexattrat(dfd: dirfd, pathname: path, at_flags: at|, name: str): int
467 open_tree_attr(dfd: dirfd, filename: path, flags: hex, uattr: addr, usize: size): fd
468 file_getattr(dfd: dirfd, filename: path, ufattr: addr, usize: size, at_flags: at|): int
469 file_setattr(dfd: dirfd, filename: path, ufattr: addr, usize: size, at_flags: at|): int
`;
