// unshare(2), setns(2). Of the namespaces those of IPC, of mounts and UTS can be made anew. Kernel: kernel/fork.c, kernel/nsproxy.c.
import { EBADF, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import { CLONE_FILES, CLONE_FS, CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWUTS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM } from "../abi/sched";
import { mntNsEnter, mntNsOf, mntNsUnshare, pathContextCopy, pathContextDrop } from "../fs/context";
import { MntNs } from "../fs/mount";
import { fdGet, fdtableUnshare } from "../fs/fdtable";
import { FILE_NAMESPACE, FILE_PIDFD } from "../fs/file";
import { fileInode } from "../fs/ops";
import { NS_IPC, NS_MNT, NS_UTS, nsFlag } from "../fs/procipc";
import { IpcNs, ipcDrop, ipcHold, ipcNsNew, ipcOf } from "../ipc/ipcns";
import { semExit } from "../ipc/semundo";
import { shmExit } from "../ipc/shm";
import { Group, current } from "../task/task";
import { UtsNs, utsCopy, utsEnter, utsHold, utsOf } from "../task/uts";

const CAP_SYS_ADMIN: u64 = 1 << 21;
/** Every flag that unshare(2) knows. */
const KNOWN: u64 = 0x7e020000 | 0x80 | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
/** Namespaces that cannot be made: cgroup, user, PID, network, time. */
const MISSING: u64 = 0x72000080;
const NAMESPACES: u64 = CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS;
const CAP_SYS_CHROOT: u64 = 1 << 18;

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
  let flags = <u64><u32>unshareFlags;
  const task = current;
  if (flags & CLONE_NEWNS) flags |= CLONE_FS;
  if (flags & ~KNOWN || flags & MISSING) return -EINVAL;
  // Memory and handlers cannot be unshared from other threads.
  if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) && task.group.threadCount > 1) return -EINVAL;
  if (flags & CLONE_SIGHAND && task.sighand.refs > 1) return -EINVAL;
  if (flags & CLONE_VM && task.mm.refs > 1) return -EINVAL;
  if (flags & NAMESPACES && !(task.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
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
  if (flags & CLONE_NEWNS && !mntNsUnshare(task.fs)) return -ENOMEM;
  if (flags & CLONE_NEWUTS) {
    const uts = utsCopy();
    if (!uts) return -ENOMEM;
    utsEnter(uts);
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
  let mnt: MntNs | null = null;
  let uts: UtsNs | null = null;
  if (file.kind == FILE_NAMESPACE) {
    const inode = fileInode(file);
    if (wanted && wanted != nsFlag(inode.procArg)) return -EINVAL;
    if (inode.procArg == NS_IPC) ns = changetype<IpcNs>(inode.special);
    else if (inode.procArg == NS_MNT) mnt = changetype<MntNs>(inode.special);
    else if (inode.procArg == NS_UTS) uts = changetype<UtsNs>(inode.special);
  } else if (file.kind == FILE_PIDFD) {
    if (!wanted || wanted & ~<u32>0x7e020080) return -EINVAL;
    const group = changetype<Group>(file.object);
    if (group.zombie || !group.leader.ipcNs) return -3; // ESRCH
    if (wanted & CLONE_NEWIPC) ns = ipcOf(group.leader);
    if (wanted & CLONE_NEWNS) mnt = mntNsOf(group.leader.fs);
    if (wanted & CLONE_NEWUTS) uts = utsOf(group.leader);
  } else return -EINVAL;
  if (!(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  if (mnt && !(current.cred.capEffective & CAP_SYS_CHROOT)) return -EPERM;
  if (mnt && current.fs.refs > 1) return -EINVAL;
  // All tasks are in the one namespace of every other kind already.
  if (mnt) mntNsEnter(current.fs, mnt);
  if (uts) utsEnter(utsHold(uts));
  if (ns) enterIpc(ipcHold(ns));
  return 0;
}
