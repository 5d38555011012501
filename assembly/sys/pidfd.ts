// pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
import { EBADF, EFAULT, EINVAL, ENOENT, EPERM, ESRCH } from "../abi/errno";
import { O_NONBLOCK } from "../abi/fcntl";
import { SIGINFO_SI_CODE, SIGINFO_SI_SIGNO, SIZEOF_SIGINFO, SI_TKILL, SI_USER } from "../abi/signal";
import { fdGet, fdGetFrom, fdInstall } from "../fs/fdtable";
import { FILE_DIRECTORY, fileHold } from "../fs/file";
import { FS_PROC } from "../fs/inode";
import { fileInode } from "../fs/ops";
import { pidfdGroup, pidfdNew } from "../fs/pidfd";
import { PROC_PID } from "../fs/proc";
import { copyIn } from "../mm/usercopy";
import { mayAccess } from "../task/cred";
import { infoOfSender, killPermission, signalGroup, signalKill, signalTask } from "../task/signal";
import { groupFind, taskFind } from "../task/table";
import { Group, current } from "../task/task";

export function sys_pidfd_open(pid: u64, flags: u64): i64 {
  // PIDFD_THREAD is not there: docs/CAVEATS.md.
  if (<u32>flags & ~O_NONBLOCK || <i32>pid <= 0) return -EINVAL;
  const group = groupFind(<i32>pid);
  if (!group) return taskFind(<i32>pid) ? -ENOENT : -ESRCH;
  return pidfdNew(group, <u32>flags);
}

const INFO = memory.data(128, 8);

/** include/uapi/linux/pidfd.h: one of them may be given. */
const PIDFD_SIGNAL_THREAD: u32 = 1;
const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 4;
const SIGNAL_FLAGS: u32 = 7;

/** The Group of a pidfd, or of the folder /proc/PID that is open; −errno. Kernel: kernel/signal.c pidfd_to_pid(). */
function signalled(fd: i32): i64 {
  const found = pidfdGroup(fd);
  if (found >= 0) return found;
  const file = fdGet(fd);
  if (!file || file.kind != FILE_DIRECTORY) return -EBADF;
  const inode = fileInode(file);
  if (inode.fs != FS_PROC || inode.proc != PROC_PID) return -EBADF;
  const group = groupFind(inode.procPid);
  return group ? <i64>changetype<usize>(group) : -ESRCH;
}

export function sys_pidfd_send_signal(fd: u64, signalArg: u64, info: u64, flags: u64): i64 {
  if (<u32>flags & ~SIGNAL_FLAGS || popcnt(<u32>flags) > 1) return -EINVAL;
  const found = signalled(<i32>fd);
  if (found < 0) return found;
  const group = changetype<Group>(<usize>found);
  const signal = <i32>signalArg;
  if (info) {
    if (!copyIn(INFO, info, SIZEOF_SIGINFO)) return -EFAULT;
    if (load<i32>(INFO + SIGINFO_SI_SIGNO) != signal) return -EINVAL;
    const code = load<i32>(INFO + SIGINFO_SI_CODE);
    if ((code >= 0 || code == SI_TKILL) && group !== current.group) return -EPERM;
  } else memory.copy(INFO, infoOfSender(signal, <u32>flags == PIDFD_SIGNAL_THREAD ? SI_TKILL : SI_USER), SIZEOF_SIGINFO);
  if (<u32>flags == PIDFD_SIGNAL_PROCESS_GROUP) return <u32>signal > 64 ? -EINVAL : signalKill(-group.pid, signal);
  if (group.zombie == 2) return -ESRCH;
  if (<u32>signal > 64) return -EINVAL;
  const refused = killPermission(group.leader, signal);
  if (refused) return refused;
  if (!signal) return 0;
  return <u32>flags == PIDFD_SIGNAL_THREAD ? signalTask(group.leader, signal, INFO) : signalGroup(group, signal, INFO);
}

export function sys_pidfd_getfd(fd: u64, target: u64, flags: u64): i64 {
  if (<u32>flags) return -EINVAL;
  const found = pidfdGroup(<i32>fd);
  if (found < 0) return found;
  const group = changetype<Group>(<usize>found);
  if (group.zombie || !group.leader.files) return -ESRCH;
  if (!mayAccess(group.leader)) return -EPERM;
  const file = group === current.group ? fdGet(<i32>target) : fdGetFrom(group.leader.files, <u32>target);
  if (!file) return -EBADF;
  fileHold(changetype<usize>(file));
  return fdInstall(file, true);
}
