// unshare(2), setns(2). Of the namespaces only those of IPC can be made anew. Kernel: kernel/fork.c, kernel/nsproxy.c.
import { EBADF, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import { CLONE_FILES, CLONE_FS, CLONE_NEWIPC, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM } from "../abi/sched";
import { pathContextCopy, pathContextDrop } from "../fs/context";
import { fdGet, fdtableUnshare } from "../fs/fdtable";
import { FILE_NAMESPACE, FILE_PIDFD } from "../fs/file";
import { fileInode } from "../fs/ops";
import { NS_IPC, nsFlag } from "../fs/procipc";
import { IpcNs, ipcDrop, ipcHold, ipcNsNew, ipcOf } from "../ipc/ipcns";
import { semExit } from "../ipc/semundo";
import { shmExit } from "../ipc/shm";
import { Group, current } from "../task/task";

const CAP_SYS_ADMIN: u64 = 1 << 21;
/** Every flag that unshare(2) knows. */
const KNOWN: u64 = 0x7e020000 | 0x80 | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
/** Namespaces that cannot be made: mount, cgroup, UTS, user, PID, network, time. */
const MISSING: u64 = 0x76020080;

/** The running task goes over to a namespace, whose reference passes to it. */
function enterIpc(ns: IpcNs): void {
  const task = current;
  if (task.semUndo) semExit(task);
  shmExit(task);
  const old = ipcOf(task);
  task.ipcNs = changetype<usize>(ns);
  ipcDrop(old);
}

export function sys_unshare(unshareFlags: u64): i64 {
  const flags = <u64><u32>unshareFlags;
  const task = current;
  if (flags & ~KNOWN || flags & MISSING) return -EINVAL;
  // Memory and handlers cannot be unshared from other threads.
  if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) && task.group.threadCount > 1) return -EINVAL;
  if (flags & CLONE_SIGHAND && task.sighand.refs > 1) return -EINVAL;
  if (flags & CLONE_VM && task.mm.refs > 1) return -EINVAL;
  if (flags & CLONE_NEWIPC && !(task.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  const ns = flags & CLONE_NEWIPC ? ipcNsNew() : null;
  if (flags & CLONE_NEWIPC && !ns) return -ENOMEM;
  if (flags & CLONE_FS && task.fs.refs > 1) {
    const fs = pathContextCopy(task.fs);
    if (!fs) return -ENOMEM;
    pathContextDrop(task.fs);
    task.fs = fs;
  }
  if (flags & CLONE_FILES) {
    const error = fdtableUnshare();
    if (error) return error;
  }
  if (ns) enterIpc(ns);
  else if (flags & CLONE_SYSVSEM && task.semUndo) semExit(task);
  return 0;
}

export function sys_setns(fd: u64, nsType: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  const wanted = <u32>nsType;
  let ns: IpcNs | null = null;
  if (file.kind == FILE_NAMESPACE) {
    const inode = fileInode(file);
    if (wanted && wanted != nsFlag(inode.procArg)) return -EINVAL;
    if (inode.procArg == NS_IPC) ns = changetype<IpcNs>(inode.special);
  } else if (file.kind == FILE_PIDFD) {
    if (!wanted || wanted & ~<u32>0x7e020080) return -EINVAL;
    const group = changetype<Group>(file.object);
    if (group.zombie || !group.leader.ipcNs) return -3; // ESRCH
    if (wanted & CLONE_NEWIPC) ns = ipcOf(group.leader);
  } else return -EINVAL;
  if (!(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  // All tasks are in the one namespace of every other kind already.
  if (ns) enterIpc(ipcHold(ns));
  return 0;
}
