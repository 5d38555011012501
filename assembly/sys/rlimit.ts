// getrlimit(2), setrlimit(2), prlimit(2).
import { EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno";
import { CAP_SYS_RESOURCE } from "../abi/capability";
import { RLIMIT_NOFILE } from "../abi/resource";
import { copyIn, copyOut } from "../mm/usercopy";
import { capable } from "../task/cred";
import { mmLimits } from "../task/rlimit";
import { taskFind } from "../task/table";
import { Group, Task, current } from "../task/task";

const BUFFER = memory.data(32, 8);
/** /proc/sys/fs/nr_open. */
const NR_OPEN: u64 = 1048576;

/** Whether the limits of the task may be looked at and changed; kernel: check_prlimit_permission(). */
function mayChange(task: Task): bool {
  if (task.group === current.group || capable(CAP_SYS_RESOURCE)) return true;
  const mine = current.cred;
  const other = task.cred;
  if (!changetype<usize>(other)) return false;
  return mine.uid == other.euid && mine.uid == other.suid && mine.uid == other.uid && mine.gid == other.egid && mine.gid == other.sgid && mine.gid == other.gid;
}

function change(group: Group, which: u32, soft: u64, hard: u64): i64 {
  if (soft > hard) return -EINVAL;
  if (which == RLIMIT_NOFILE && hard > NR_OPEN) return -EPERM;
  const at = group.rlimits + (which << 4);
  if (hard > load<u64>(at, 8) && !capable(CAP_SYS_RESOURCE)) return -EPERM;
  store<u64>(at, soft);
  store<u64>(at, hard, 8);
  const mm = group.leader.mm;
  if (changetype<usize>(mm)) mmLimits(mm, group.rlimits);
  return 0;
}

export function sys_prlimit64(pid: u64, which: u64, newLimit: u64, oldLimit: u64): i64 {
  if (<u32>which >= 16) return -EINVAL;
  if (newLimit && !copyIn(BUFFER, newLimit, 16)) return -EFAULT;
  const task = <i32>pid ? taskFind(<i32>pid) : current;
  if (!task) return -ESRCH;
  if (!mayChange(task)) return -EPERM;
  const group = task.group;
  memory.copy(BUFFER + 16, group.rlimits + (<u32>which << 4), 16);
  if (newLimit) {
    const error = change(group, <u32>which, load<u64>(BUFFER), load<u64>(BUFFER, 8));
    if (error) return error;
  }
  return oldLimit && !copyOut(oldLimit, BUFFER + 16, 16) ? -EFAULT : 0;
}

export function sys_getrlimit(which: u64, to: u64): i64 {
  if (<u32>which >= 16) return -EINVAL;
  return copyOut(to, current.group.rlimits + (<u32>which << 4), 16) ? 0 : -EFAULT;
}

export function sys_setrlimit(which: u64, from: u64): i64 {
  if (!copyIn(BUFFER, from, 16)) return -EFAULT;
  if (<u32>which >= 16) return -EINVAL;
  return change(current.group, <u32>which, load<u64>(BUFFER), load<u64>(BUFFER, 8));
}
