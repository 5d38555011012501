// User and group ids: getuid(2) … setresgid(2), getgroups(2), setgroups(2), capget(2).
import { EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from "../abi/errno";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copyIn, copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { CAP_ALL, credFixCaps, credForChange } from "../task/cred";
import { taskFind, taskUserChanged } from "../task/table";
import { current } from "../task/task";

const CAP_SETGID: u64 = 1 << 6;
const CAP_SETUID: u64 = 1 << 7;
const CAP_SETPCAP: u64 = 1 << 8;
const KEEP: u32 = 0xffffffff;

export function sys_getuid(): i64 {
  return current.cred.uid;
}

export function sys_geteuid(): i64 {
  return current.cred.euid;
}

export function sys_getgid(): i64 {
  return current.cred.gid;
}

export function sys_getegid(): i64 {
  return current.cred.egid;
}

export function sys_getresuid(real: u64, effective: u64, saved: u64): i64 {
  const c = current.cred;
  return putUser32(real, c.uid) && putUser32(effective, c.euid) && putUser32(saved, c.suid) ? 0 : -EFAULT;
}

export function sys_getresgid(real: u64, effective: u64, saved: u64): i64 {
  const c = current.cred;
  return putUser32(real, c.gid) && putUser32(effective, c.egid) && putUser32(saved, c.sgid) ? 0 : -EFAULT;
}

/** The effective ids are others: no core is dumped, and the parent's death is not told; kernel: commit_creds(). */
function idsChanged(): void {
  current.mm.dumpable = 0;
  current.pdeathSignal = 0;
}

/** Sets the three user ids (KEEP = as it is). The caller has checked. */
function setUids(real: u32, effective: u32, saved: u32): i64 {
  const c = credForChange(current);
  if (!c) return -ENOMEM;
  const oldUid = c.uid;
  const oldEuid = c.euid;
  const oldSuid = c.suid;
  const oldFsuid = c.fsuid;
  if (real != KEEP) c.uid = real;
  if (effective != KEEP) c.euid = effective;
  if (saved != KEEP) c.suid = saved;
  c.fsuid = c.euid;
  credFixCaps(c, oldUid, oldEuid, oldSuid);
  if (c.euid != oldEuid || c.fsuid != oldFsuid) idsChanged();
  if (c.uid != oldUid) taskUserChanged(current);
  return 0;
}

function setGids(real: u32, effective: u32, saved: u32): i64 {
  const c = credForChange(current);
  if (!c) return -ENOMEM;
  const oldEgid = c.egid;
  const oldFsgid = c.fsgid;
  if (real != KEEP) c.gid = real;
  if (effective != KEEP) c.egid = effective;
  if (saved != KEEP) c.sgid = saved;
  c.fsgid = c.egid;
  if (c.egid != oldEgid || c.fsgid != oldFsgid) idsChanged();
  return 0;
}

function mayUid(id: u32): bool {
  const c = current.cred;
  return id == KEEP || id == c.uid || id == c.euid || id == c.suid || (c.capEffective & CAP_SETUID) != 0;
}

function mayGid(id: u32): bool {
  const c = current.cred;
  return id == KEEP || id == c.gid || id == c.egid || id == c.sgid || (c.capEffective & CAP_SETGID) != 0;
}

export function sys_setuid(id: u64): i64 {
  const u = <u32>id;
  if (u == KEEP) return -EINVAL;
  const c = current.cred;
  if (c.capEffective & CAP_SETUID) return setUids(u, u, u);
  return u == c.uid || u == c.suid ? setUids(KEEP, u, KEEP) : -EPERM;
}

export function sys_setgid(id: u64): i64 {
  const g = <u32>id;
  if (g == KEEP) return -EINVAL;
  const c = current.cred;
  if (c.capEffective & CAP_SETGID) return setGids(g, g, g);
  return g == c.gid || g == c.sgid ? setGids(KEEP, g, KEEP) : -EPERM;
}

export function sys_setreuid(real: u64, effective: u64): i64 {
  const r = <u32>real;
  const e = <u32>effective;
  const c = current.cred;
  const privileged = (c.capEffective & CAP_SETUID) != 0;
  if (r != KEEP && !privileged && r != c.uid && r != c.euid) return -EPERM;
  if (!mayUid(e)) return -EPERM;
  const newEuid = e == KEEP ? c.euid : e;
  const saved = r != KEEP || (e != KEEP && e != c.uid) ? newEuid : KEEP;
  return setUids(r, e, saved);
}

export function sys_setregid(real: u64, effective: u64): i64 {
  const r = <u32>real;
  const e = <u32>effective;
  const c = current.cred;
  const privileged = (c.capEffective & CAP_SETGID) != 0;
  if (r != KEEP && !privileged && r != c.gid && r != c.egid) return -EPERM;
  if (!mayGid(e)) return -EPERM;
  const newEgid = e == KEEP ? c.egid : e;
  const saved = r != KEEP || (e != KEEP && e != c.gid) ? newEgid : KEEP;
  return setGids(r, e, saved);
}

export function sys_setresuid(real: u64, effective: u64, saved: u64): i64 {
  if (!mayUid(<u32>real) || !mayUid(<u32>effective) || !mayUid(<u32>saved)) return -EPERM;
  return setUids(<u32>real, <u32>effective, <u32>saved);
}

export function sys_setresgid(real: u64, effective: u64, saved: u64): i64 {
  if (!mayGid(<u32>real) || !mayGid(<u32>effective) || !mayGid(<u32>saved)) return -EPERM;
  return setGids(<u32>real, <u32>effective, <u32>saved);
}

/** Answers the old id whatever comes of it; setfsuid(2). */
export function sys_setfsuid(id: u64): i64 {
  const old = current.cred.fsuid;
  const u = <u32>id;
  const c = current.cred;
  if (u != KEEP && (u == c.uid || u == c.euid || u == c.suid || u == c.fsuid || c.capEffective & CAP_SETUID)) {
    const own = credForChange(current);
    if (own) own.fsuid = u;
    if (u != old) idsChanged();
  }
  return old;
}

export function sys_setfsgid(id: u64): i64 {
  const old = current.cred.fsgid;
  const g = <u32>id;
  const c = current.cred;
  if (g != KEEP && (g == c.gid || g == c.egid || g == c.sgid || g == c.fsgid || c.capEffective & CAP_SETGID)) {
    const own = credForChange(current);
    if (own) own.fsgid = g;
    if (g != old) idsChanged();
  }
  return old;
}

export function sys_getgroups(size: u64, list: u64): i64 {
  const c = current.cred;
  const n = <i32>size;
  if (n < 0) return -EINVAL;
  if (n) {
    if (c.groupCount > <u32>n) return -EINVAL;
    if (!copyOut(list, c.groups, c.groupCount << 2)) return -EFAULT;
  }
  return c.groupCount;
}

export function sys_setgroups(size: u64, list: u64): i64 {
  if (!(current.cred.capEffective & CAP_SETGID)) return -EPERM;
  const n = <u32>size;
  if (n > 65536) return -EINVAL;
  const groups = n ? kmalloc(n << 2) : 0;
  if (n && !groups) return -ENOMEM;
  if (n && !copyIn(groups, list, n << 2)) {
    kfree(groups);
    return -EFAULT;
  }
  const c = credForChange(current);
  if (!c) {
    kfree(groups);
    return -ENOMEM;
  }
  kfree(c.groups);
  c.groups = groups;
  c.groupCount = n;
  return 0;
}

const CAPS = memory.data(32, 8);
const VERSION_1: u32 = 0x19980330;
const VERSION_2: u32 = 0x20071026;
const VERSION_3: u32 = 0x20080522;

/** Words of capability data of the header's version; −errno. An unknown version is answered with the newest. */
function capWords(header: u64): i32 {
  if (!getUser32(header)) return -EFAULT;
  const version = <u32>userValue;
  if (version == VERSION_1) return 1;
  if (version == VERSION_2 || version == VERSION_3) return 2;
  if (!putUser32(header, VERSION_3)) return -EFAULT;
  return -EINVAL;
}

export function sys_capget(header: u64, data: u64): i64 {
  const words = capWords(header);
  if (words < 0) return words == -EINVAL && !data ? 0 : words;
  if (!getUser32(header + 4)) return -EFAULT;
  const pid = <i32>userValue;
  if (pid < 0) return -EINVAL;
  const task = pid ? taskFind(pid) : current;
  if (!task) return -ESRCH;
  if (!data) return 0;
  const c = task.cred;
  for (let i: usize = 0; i < 2; i++) {
    const shift = <u64>i << 5;
    store<u32>(CAPS + i * 12, <u32>(c.capEffective >> shift));
    store<u32>(CAPS + i * 12, <u32>(c.capPermitted >> shift), 4);
    store<u32>(CAPS + i * 12, <u32>(c.capInheritable >> shift), 8);
  }
  return copyOut(data, CAPS, words * 12) ? 0 : -EFAULT;
}

/** A set of struct __user_cap_data_struct[2], whose first word is at `offset`. */
function capsAt(offset: usize): u64 {
  return (<u64>load<u32>(CAPS + offset) | (<u64>load<u32>(CAPS + offset, 12) << 32)) & CAP_ALL;
}

export function sys_capset(header: u64, data: u64): i64 {
  const words = capWords(header);
  if (words < 0) return words;
  if (!getUser32(header + 4)) return -EFAULT;
  const pid = <i32>userValue;
  if (pid && pid != current.tid) return -EPERM;
  memory.fill(CAPS, 0, 24);
  if (!copyIn(CAPS, data, words * 12)) return -EFAULT;
  const effective = capsAt(0);
  const permitted = capsAt(4);
  const inheritable = capsAt(8);
  // Kernel: cap_capset().
  const c = current.cred;
  if (!(c.capEffective & CAP_SETPCAP) && inheritable & ~(c.capInheritable | c.capPermitted)) return -EPERM;
  if (inheritable & ~(c.capInheritable | c.capBounding) || permitted & ~c.capPermitted || effective & ~permitted) return -EPERM;
  const own = credForChange(current);
  if (!own) return -ENOMEM;
  own.capEffective = effective;
  own.capPermitted = permitted;
  own.capInheritable = inheritable;
  own.capAmbient &= permitted & inheritable;
  return 0;
}
