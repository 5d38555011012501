// Who hears of events at a file by a signal: F_SETOWN and F_SETOWN_EX of fcntl(2). Kernel: fs/fcntl.c f_setown().
import { EFAULT, EINVAL, ESRCH } from "../abi/errno";
import { F_OWNER_PGRP, F_OWNER_PID, F_OWNER_TID } from "../abi/fcntl";
import { copyIn, copyOut } from "../mm/usercopy";
import { groupFind, taskAfter, taskFind, taskFirst } from "../task/table";
import { current } from "../task/task";
import { File } from "./file";

function groupExists(pgid: i32): bool {
  for (let task = taskFirst(); task; task = taskAfter(task)) if (task.group.pgid == pgid) return true;
  return false;
}

function exists(kind: u32, id: i32): bool {
  if (kind == F_OWNER_PGRP) return groupExists(id);
  return kind == F_OWNER_TID ? taskFind(id) != null : groupFind(id) != null;
}

function set(file: File, kind: u32, id: i32): i64 {
  if (id && !exists(kind, id)) return -ESRCH;
  file.owner = id;
  file.ownerKind = kind;
  file.ownerUid = current.cred.uid;
  file.ownerEuid = current.cred.euid;
  return 0;
}

/** A process (> 0), a process group (< 0), nobody (0): 0 or −errno. */
export function ownerSet(file: File, who: i32): i64 {
  if (who == i32.MIN_VALUE) return -EINVAL;
  return who < 0 ? set(file, F_OWNER_PGRP, -who) : set(file, F_OWNER_PID, who);
}

/** The owner while it is there, else 0. */
function alive(file: File): i32 {
  return file.owner && exists(file.ownerKind, file.owner) ? file.owner : 0;
}

export function ownerGet(file: File): i32 {
  const id = alive(file);
  return file.ownerKind == F_OWNER_PGRP ? -id : id;
}

/** struct f_owner_ex: int type, pid_t pid. */
const OWNER = memory.data(8, 8);

export function ownerSetEx(file: File, from: u64): i64 {
  if (!copyIn(OWNER, from, 8)) return -EFAULT;
  const kind = load<u32>(OWNER);
  if (kind != F_OWNER_TID && kind != F_OWNER_PID && kind != F_OWNER_PGRP) return -EINVAL;
  return set(file, kind, load<i32>(OWNER, 4));
}

export function ownerGetEx(file: File, to: u64): i64 {
  store<u32>(OWNER, file.ownerKind);
  store<i32>(OWNER, alive(file), 4);
  return copyOut(to, OWNER, 8) ? 0 : -EFAULT;
}
