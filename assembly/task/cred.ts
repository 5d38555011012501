// Credentials: shared until changed. credentials(7), capabilities(7).
import { execOwner, execSetIdAllowed } from "../fs/execfile";
import { File } from "../fs/file";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Cred, Task, current } from "./task";

/** Capabilities 0 … 40. */
export const CAP_ALL: u64 = (<u64>1 << 41) - 1;

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
  const cred = credCopy(old);
  if (!cred) return null;
  credDrop(old);
  task.cred = cred;
  return cred;
}

/** A copy with one reference, or null. */
function credCopy(old: Cred): Cred | null {
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
  return cred;
}

/** Capabilities after the user ids changed; capabilities(7) "Effect of user ID changes". */
export function credFixCaps(cred: Cred, oldUid: u32, oldEuid: u32, oldSuid: u32): void {
  if (cred.securebits & SECBIT_NO_SETUID_FIXUP) return;
  const had = !oldUid || !oldEuid || !oldSuid;
  const has = !cred.uid || !cred.euid || !cred.suid;
  if (had && !has) {
    cred.capAmbient = 0;
    if (!(cred.securebits & SECBIT_KEEP_CAPS)) {
      cred.capPermitted = 0;
      cred.capEffective = 0;
    }
  }
  if (!oldEuid && cred.euid) cred.capEffective = 0;
  if (oldEuid && !cred.euid) cred.capEffective = cred.capPermitted;
}

/** Whether the program that credExec was asked for gains rights: AT_SECURE. */
export let credSecure: bool = false;
const S_ISUID: u32 = 0x800;
const S_ISGID: u32 = 0x400;
const S_IXGRP: u32 = 8;
export const SECBIT_NOROOT: u32 = 1;
export const SECBIT_KEEP_CAPS: u32 = 16;
const SECBIT_NO_SETUID_FIXUP: u32 = 4;
export const SECBIT_NO_CAP_AMBIENT_RAISE: u32 = 64;

/**
 * Credentials of the program in `file`, which set-user-id and set-group-id bits may change, with one reference; null = out
 * of memory. capabilities(7) "Transformation of capabilities during execve()"; kernel: bprm_fill_uid(), cap_bprm_creds_from_file().
 */
export function credExec(task: Task, file: File): Cred | null {
  const old = task.cred;
  const cred = credCopy(old);
  if (!cred) return null;
  const inode = execOwner(file);
  if (execSetIdAllowed(file) && !task.noNewPrivs) {
    if (inode.mode & S_ISUID) cred.euid = inode.uid;
    if (inode.mode & S_ISGID && inode.mode & S_IXGRP) cred.egid = inode.gid;
  }
  const changed = cred.euid != old.euid || cred.egid != old.egid;
  cred.suid = cred.euid;
  cred.fsuid = cred.euid;
  cred.sgid = cred.egid;
  cred.fsgid = cred.egid;
  if (changed) cred.capAmbient = 0;
  cred.securebits &= ~SECBIT_KEEP_CAPS;
  const root = (!cred.uid || !cred.euid) && !(cred.securebits & SECBIT_NOROOT);
  cred.capPermitted = root ? cred.capBounding | cred.capInheritable : cred.capAmbient;
  cred.capEffective = root && !cred.euid ? cred.capPermitted : cred.capAmbient;
  credSecure = cred.uid != cred.euid || cred.gid != cred.egid || (cred.uid != 0 && !cred.euid);
  return cred;
}

/** Whether `current` has the capability of that number. */
export function capable(capability: i32): bool {
  return (current.cred.capEffective >> capability & 1) != 0;
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
