// fork(2), clone(2), clone3(2), vfork(2), exit(2), wait4(2), waitid(2), execve(2), ids of processes.
import { CAP_SYS_TTY_CONFIG } from "../abi/capability";
import { E2BIG, EACCES, EAGAIN, ECHILD, EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../abi/fcntl";
import { CLONE_ARGS_CHILD_TID, CLONE_ARGS_EXIT_SIGNAL, CLONE_ARGS_PARENT_TID, CLONE_ARGS_PIDFD, CLONE_ARGS_SET_TID, CLONE_ARGS_SET_TID_SIZE, CLONE_ARGS_STACK, CLONE_ARGS_STACK_SIZE, CLONE_ARGS_TLS, CLONE_INTO_CGROUP, CLONE_PIDFD, CLONE_PARENT_SETTID, CLONE_VFORK, CLONE_VM } from "../abi/sched";
import { SIGCHLD, SIGINFO_SI_CODE, SIGINFO_SI_ERRNO, SIGINFO_SI_PID, SIGINFO_SI_SIGNO, SIGINFO_SI_STATUS, SIGINFO_SI_UID, SIZEOF_SIGINFO } from "../abi/signal";
import { P_ALL, P_PGID, P_PID, P_PIDFD, WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED, WUNTRACED } from "../abi/wait";
import { pidfdGroup, pidfdNonblock } from "../fs/pidfd";
import { copyIn, copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { groupExit, taskEnd } from "../task/exit";
import { execGuest } from "../task/exec";
import { CloneArgs, taskClone } from "../task/fork";
import { signalPending } from "../task/signal";
import { PID_MAX, groupFind, idAddMember, idDropMember, idFind, taskFind } from "../task/table";
import { capable } from "../task/cred";
import { groupTty, ttyHangup } from "../tty/tty";
import { Group, TF_FORKED, current, groupChildren, groupOfSiblingLink } from "../task/task";
import { BLOCKED, ERESTARTNOINTR, NO_RESULT, blockUninterruptible, isRetry } from "../task/wait";
import { rusageOut } from "./rusage";
import { FOUND_USAGE, WAIT_ANY, WAIT_PGID, WAIT_PID, foundCode, foundInstructions, foundPeak, foundPid, foundSiStatus, foundStatus, foundUid, waitChild } from "../task/waitpid";

const ARGS = memory.data(96, 8);
const BUFFER = memory.data(144, 8);

function cloneArgs(flags: u64, exitSignal: i32, stack: u64, parentTid: u64, childTid: u64, tls: u64): CloneArgs {
  const args = changetype<CloneArgs>(ARGS);
  args.flags = flags;
  args.exitSignal = exitSignal;
  args.stack = stack;
  args.parentTid = parentTid;
  args.childTid = childTid;
  args.tls = tls;
  args.pidfd = 0;
  args.setTid = 0;
  return args;
}

/** Clones; with CLONE_VFORK the parent sleeps until the child execs or ends. */
function cloneAndWait(args: CloneArgs): i64 {
  const task = current;
  if (isRetry()) {
    // Only a fatal signal wakes a vfork parent before its child lets it go.
    return signalPending(task) ? -ERESTARTNOINTR : blockUninterruptible();
  }
  const tid = taskClone(args);
  if (tid < 0 || !(args.flags & CLONE_VFORK)) return tid;
  return blockUninterruptible();
}

export function sys_fork(): i64 {
  return cloneAndWait(cloneArgs(0, SIGCHLD, 0, 0, 0, 0));
}

export function sys_vfork(): i64 {
  return cloneAndWait(cloneArgs(CLONE_VFORK | CLONE_VM, SIGCHLD, 0, 0, 0, 0));
}

export function sys_clone(flags: u64, stack: u64, parentTid: u64, childTid: u64, tls: u64): i64 {
  const f = flags & 0xffffff00 & 0xffffffff;
  if (f & CLONE_PIDFD && f & CLONE_PARENT_SETTID) return -EINVAL;
  const args = cloneArgs(f, <i32>(flags & 0xff), stack, parentTid, childTid, tls);
  args.pidfd = parentTid;
  return cloneAndWait(args);
}

const MAX_PID_NS_LEVEL: u64 = 32;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_CHECKPOINT_RESTORE: u64 = (<u64>1) << 40;

/** clone3's set_tid: the number, 0 = none, −errno. There is one PID namespace. */
function setTidIn(list: u64, count: u64): i64 {
  if ((!list && count) || (list && !count) || count > MAX_PID_NS_LEVEL) return -EINVAL;
  if (!count) return 0;
  if (count > 1) return -EINVAL;
  if (!getUser32(list)) return -EFAULT;
  const number = <i32>userValue;
  if (number < 1 || number >= PID_MAX) return -EINVAL;
  return current.cred.capEffective & (CAP_SYS_ADMIN | CAP_CHECKPOINT_RESTORE) ? number : -EPERM;
}

const CLONE_ARGS_SIZE_VER0: u64 = 64;

export function sys_clone3(uargs: u64, size: u64): i64 {
  if (size > 4096) return -E2BIG;
  if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  memory.fill(BUFFER, 0, 96);
  if (!copyIn(BUFFER, uargs, min<u64>(size, 88))) return -EFAULT;
  const flags = load<u64>(BUFFER);
  const exitSignal = load<u64>(BUFFER + CLONE_ARGS_EXIT_SIGNAL);
  const stack = load<u64>(BUFFER + CLONE_ARGS_STACK);
  const stackSize = load<u64>(BUFFER + CLONE_ARGS_STACK_SIZE);
  if (exitSignal > 64 || flags & 0xff || flags & CLONE_INTO_CGROUP || (stack == 0) != (stackSize == 0)) return -EINVAL;
  const wanted = setTidIn(load<u64>(BUFFER + CLONE_ARGS_SET_TID), load<u64>(BUFFER + CLONE_ARGS_SET_TID_SIZE));
  if (wanted < 0) return wanted;
  const args = cloneArgs(flags, <i32>exitSignal, stack ? stack + stackSize : 0, load<u64>(BUFFER + CLONE_ARGS_PARENT_TID), load<u64>(BUFFER + CLONE_ARGS_CHILD_TID), load<u64>(BUFFER + CLONE_ARGS_TLS));
  args.pidfd = load<u64>(BUFFER + CLONE_ARGS_PIDFD);
  args.setTid = <i32>wanted;
  return cloneAndWait(args);
}

export function sys_exit(code: u64): i64 {
  taskEnd(current, (<i32>code & 0xff) << 8);
  return NO_RESULT;
}

export function sys_exit_group(code: u64): i64 {
  groupExit(current.group, (<i32>code & 0xff) << 8);
  return NO_RESULT;
}

export function sys_execve(path: u64, argv: u64, envp: u64): i64 {
  const r = execGuest(AT_FDCWD, path, argv, envp, 0);
  return r == 0 ? NO_RESULT : r;
}

export function sys_execveat(dirfd: u64, path: u64, argv: u64, envp: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
  const r = execGuest(<i32>dirfd, path, argv, envp, <i32>flags);
  return r == 0 ? NO_RESULT : r;
}

export function sys_wait4(pid: u64, status: u64, options: u64, rusage: u64): i64 {
  const which = <i32>pid;
  const flags = <u32>options;
  if (flags & ~(<u32>(WNOHANG | WUNTRACED | WCONTINUED) | 0xe0000000)) return -EINVAL;
  if (which == i32.MIN_VALUE) return -ESRCH;
  let kind = WAIT_ANY;
  let number = 0;
  if (which > 0) {
    kind = WAIT_PID;
    number = which;
  } else if (which != -1) {
    kind = WAIT_PGID;
    number = which == 0 ? current.group.pgid : -which;
  }
  const r = waitChild(kind, number, flags | WEXITED);
  if (r <= 0) return r;
  if (status && !putUser32(status, foundStatus)) return -EFAULT;
  if (rusage && !rusageOut(rusage, foundInstructions, foundPeak, FOUND_USAGE)) return -EFAULT;
  return r;
}

/** Looks for a child; as kernel/exit.c: kernel_waitid(): the pid, 0, −errno, BLOCKED. */
function waitidFind(which: u64, id: u64, options: u64): i64 {
  let flags = <u32>options;
  let again = false;
  if (flags & ~(<u32>(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED) | 0xe0000000)) return -EINVAL;
  if (!(flags & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
  let kind = WAIT_ANY;
  let number = <i32>id;
  switch (<i32>which) {
    case P_ALL: break;
    case P_PID: if (number <= 0) return -EINVAL; kind = WAIT_PID; break;
    case P_PGID:
      if (number < 0) return -EINVAL;
      kind = WAIT_PGID;
      if (!number) number = current.group.pgid;
      break;
    case P_PIDFD: {
      if (number < 0) return -EINVAL;
      const target = pidfdGroup(number);
      if (target < 0) return target;
      if (pidfdNonblock(number) && !(flags & WNOHANG)) {
        flags |= WNOHANG;
        again = true;
      }
      kind = WAIT_PID;
      number = changetype<Group>(<usize>target).pid;
      break;
    }
    default: return -EINVAL;
  }
  const r = waitChild(kind, number, flags);
  return !r && again ? -EAGAIN : r;
}

export function sys_waitid(which: u64, id: u64, info: u64, options: u64, rusage: u64): i64 {
  const r = waitidFind(which, id, options);
  if (r == BLOCKED || r <= -512) return r;
  memory.fill(BUFFER, 0, SIZEOF_SIGINFO);
  if (r > 0) {
    store<i32>(BUFFER + SIGINFO_SI_SIGNO, SIGCHLD);
    store<i32>(BUFFER + SIGINFO_SI_ERRNO, 0);
    store<i32>(BUFFER + SIGINFO_SI_CODE, foundCode);
    store<i32>(BUFFER + SIGINFO_SI_PID, foundPid);
    store<u32>(BUFFER + SIGINFO_SI_UID, foundUid);
    store<i32>(BUFFER + SIGINFO_SI_STATUS, foundSiStatus());
  }
  // The fields that waitid(2) names are written, no more; after an error too.
  if (info && !copyOut(info, BUFFER, SIGINFO_SI_STATUS + 4)) return -EFAULT;
  if (r > 0 && rusage && !rusageOut(rusage, foundInstructions, foundPeak, FOUND_USAGE)) return -EFAULT;
  return r < 0 ? r : 0;
}

export function sys_getpid(): i64 {
  return current.group.pid;
}

export function sys_gettid(): i64 {
  return current.tid;
}

export function sys_getppid(): i64 {
  const parent = current.group.parent;
  return changetype<usize>(parent) ? parent.pid : 0;
}

function groupOf(pid: u64): Group | null {
  if (!<i32>pid) return current.group;
  const task = taskFind(<i32>pid);
  if (task) return task.group;
  return groupFind(<i32>pid);
}

export function sys_getpgid(pid: u64): i64 {
  const group = groupOf(pid);
  return group ? group.pgid : -ESRCH;
}

export function sys_getpgrp(): i64 {
  return current.group.pgid;
}

export function sys_getsid(pid: u64): i64 {
  const group = groupOf(pid);
  return group ? group.sid : -ESRCH;
}

/** setpgid(2); kernel: kernel/sys.c setpgid(). */
export function sys_setpgid(pid: u64, pgid: u64): i64 {
  const mine = current.group;
  const who = <i32>pid ? <i32>pid : mine.pid;
  const to = <i32>pgid ? <i32>pgid : who;
  if (to < 0) return -EINVAL;
  const group = groupFind(who);
  if (!group) return -ESRCH;
  if (group !== mine) {
    if (group.parent !== mine) return -ESRCH;
    if (group.sid != mine.sid) return -EPERM;
    if (group.execed && !(group.leader.flags & TF_FORKED)) return -EACCES;
  }
  if (group.sessionLeader) return -EPERM;
  if (to != group.pid && !pgidInSession(to, mine.sid)) return -EPERM;
  if (group.pgid == to) return 0;
  idAddMember(to);
  idDropMember(group.pgid);
  group.pgid = to;
  return 0;
}

/** Whether a process group `pgid` exists in session `sid`. */
function pgidInSession(pgid: i32, sid: i32): bool {
  const id = idFind(pgid);
  if (!id || !id.members) return false;
  return sessionHasGroup(groupFind(1), pgid, sid);
}

function sessionHasGroup(top: Group | null, pgid: i32, sid: i32): bool {
  if (!top) return false;
  if (top.pgid == pgid && top.sid == sid) return true;
  const children = groupChildren(top);
  for (let link = children.next; link !== children; link = link.next) if (sessionHasGroup(groupOfSiblingLink(link), pgid, sid)) return true;
  return false;
}

export function sys_setsid(): i64 {
  const group = current.group;
  const id = idFind(group.pid);
  // Fails for a process group leader.
  if (group.sessionLeader || group.pgid == group.pid || (id && id.members)) return -EPERM;
  idAddMember(group.pid);
  idAddMember(group.pid);
  idDropMember(group.pgid);
  idDropMember(group.sid);
  group.sid = group.pid;
  group.pgid = group.pid;
  group.sessionLeader = 1;
  group.tty = 0;
  return group.pid;
}

/** vhangup(2): the session loses its terminal, and hears of it; kernel: tty_vhangup_self(). */
export function sys_vhangup(): i64 {
  if (!capable(CAP_SYS_TTY_CONFIG)) return -EPERM;
  const tty = groupTty(current.group);
  if (tty) ttyHangup(tty, 0);
  return 0;
}
