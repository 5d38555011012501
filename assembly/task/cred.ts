// Credentials: shared until changed. credentials(7), capabilities(7).
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Cred, Task, current } from "./task";

/** Capabilities 0 … 40. */
export const CAP_ALL: u64 = (1 << 41) - 1;

export function credNew(uid: u32, gid: u32): Cred | null {
  const cred = changetype<Cred>(kzalloc(offsetof<Cred>()));
  if (!changetype<usize>(cred)) return null;
  cred.refs = 1;
  cred.uid = uid;
  cred.euid = uid;
  cred.suid = uid;
  cred.fsuid = uid;
  cred.gid = gid;
  cred.egid = gid;
  cred.sgid = gid;
  cred.fsgid = gid;
  cred.capBounding = CAP_ALL;
  if (!uid) {
    cred.capPermitted = CAP_ALL;
    cred.capEffective = CAP_ALL;
  }
  return cred;
}

export function credHold(cred: Cred): void {
  cred.refs++;
}

export function credDrop(cred: Cred): void {
  if (--cred.refs) return;
  kfree(cred.groups);
  kfree(changetype<usize>(cred));
}

/** The task's credentials for changing: its own copy. Null = out of memory. */
export function credForChange(task: Task): Cred | null {
  const old = task.cred;
  if (old.refs == 1) return old;
  const cred = changetype<Cred>(kmalloc(offsetof<Cred>()));
  if (!changetype<usize>(cred)) return null;
  memory.copy(changetype<usize>(cred), changetype<usize>(old), offsetof<Cred>());
  cred.refs = 1;
  if (old.groupCount) {
    cred.groups = kmalloc(old.groupCount << 2);
    if (!cred.groups) {
      kfree(changetype<usize>(cred));
      return null;
    }
    memory.copy(cred.groups, old.groups, old.groupCount << 2);
  }
  credDrop(old);
  task.cred = cred;
  return cred;
}

/** Capabilities after the user ids changed; capabilities(7) "Effect of user ID changes". */
export function credFixCaps(cred: Cred, oldUid: u32, oldEuid: u32, oldSuid: u32): void {
  const had = !oldUid || !oldEuid || !oldSuid;
  const has = !cred.uid || !cred.euid || !cred.suid;
  if (had && !has) {
    cred.capPermitted = 0;
    cred.capEffective = 0;
    cred.capAmbient = 0;
  }
  if (!oldEuid && cred.euid) cred.capEffective = 0;
  if (oldEuid && !cred.euid) cred.capEffective = cred.capPermitted;
}

const CAP_SYS_PTRACE: u64 = 1 << 19;

/** Whether `current` may look into the process of `target`; kernel: __ptrace_may_access(), PTRACE_MODE_ATTACH_REALCREDS. */
export function mayAccess(target: Task): bool {
  if (target.group === current.group) return true;
  const mine = current.cred;
  const other = target.cred;
  if (!changetype<usize>(other)) return false;
  if (mine.capEffective & CAP_SYS_PTRACE) return true;
  if (mine.uid != other.uid || mine.uid != other.euid || mine.uid != other.suid) return false;
  if (mine.gid != other.gid || mine.gid != other.egid || mine.gid != other.sgid) return false;
  return changetype<usize>(target.mm) != 0 && target.mm.dumpable == 1 && !(other.capPermitted & ~mine.capPermitted);
}

/** Whether gid is the file system group or a supplementary one; kernel: in_group_p(). */
export function inGroup(cred: Cred, gid: u32): bool {
  if (cred.fsgid == gid) return true;
  for (let i: u32 = 0; i < cred.groupCount; i++) if (load<u32>(cred.groups + (i << 2)) == gid) return true;
  return false;
}
