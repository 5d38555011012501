// semget(2), semop(2), semtimedop(2), semctl(2). Kernel: ipc/sem.c.
import { E2BIG, EFAULT, EINVAL, ENOMEM, ERANGE } from "../abi/errno";
import {
  GETALL, GETNCNT, GETPID, GETVAL, GETZCNT, IPC_INFO, IPC_PERM_GID, IPC_PERM_MODE, IPC_PERM_UID, IPC_RMID, IPC_SET, IPC_STAT, SEMID_DS_SEM_CTIME, SEMID_DS_SEM_NSEMS, SEMID_DS_SEM_OTIME, SEMINFO_SEMAEM, SEMINFO_SEMMAP,
  SEMINFO_SEMMNI, SEMINFO_SEMMNS, SEMINFO_SEMMNU, SEMINFO_SEMMSL, SEMINFO_SEMOPM, SEMINFO_SEMUME, SEMINFO_SEMUSZ, SEMINFO_SEMVMX, SEM_INFO, SEM_STAT, SEM_STAT_ANY, SETALL, SETVAL, SIZEOF_SEMBUF, SIZEOF_SEMID_DS, SIZEOF_SEMINFO,
} from "../abi/ipc";
import { idsInfoResult, idsObtainIndex, ipcOwner, ipcPermission, ipcUpdate } from "../ipc/ipcids";
import { IpcNs, ipcOf, semIds } from "../ipc/ipcns";
import { SEMVMX, SemArray, SemWait, semAgain, semAt, semCountWaits, semGet, semObtain, semOperate, semOtime, semRemove, semSetAll, semSetValue } from "../ipc/sem";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copyIn, copyOut, getUser64, userValue } from "../mm/usercopy";
import { now, realtime } from "../task/clock";
import { current } from "../task/task";
import { waitDeadline } from "../task/wait";
import { permOut } from "./ipcperm";

const BUFFER = memory.data(128, 8);
const FEW: u32 = 16;
const OPS = memory.data(96, 8); // FEW operations

export function sys_semget(key: u64, count: u64, flags: u64): i64 {
  return semGet(ipcOf(current), <i32>key, <i32>count, <i32>flags);
}

export function sys_semop(id: u64, ops: u64, count: u64): i64 {
  return sys_semtimedop(id, ops, count, 0);
}

export function sys_semtimedop(id: u64, ops: u64, opCount: u64, timeout: u64): i64 {
  if (current.ipcWait) return semAgain(changetype<SemWait>(current.ipcWait));
  const count = <u32>opCount;
  const ns = ipcOf(current);
  let nanoseconds: i64 = -1;
  if (timeout) {
    if (!getUser64(timeout)) return -EFAULT;
    const whole = <i64>userValue;
    if (!getUser64(timeout + 8)) return -EFAULT;
    nanoseconds = timespec(whole, userValue);
  }
  if (count > <u32>ns.semOpm) return -E2BIG;
  if (count < 1) return -EINVAL;
  const at = count <= FEW ? OPS : kmalloc(count * SIZEOF_SEMBUF);
  if (!at) return -ENOMEM;
  let result: i64 = -EFAULT;
  if (copyIn(at, ops, count * SIZEOF_SEMBUF)) {
    result = -EINVAL;
    if (!timeout || nanoseconds >= 0) {
      if (timeout) waitDeadline(now() + nanoseconds);
      result = semOperate(ns, <i32>id, at, count);
    }
  }
  if (count > FEW) kfree(at);
  return result;
}

/** Nanoseconds of a timespec, at the most 2^62; −1 when it is none. */
function timespec(seconds: i64, nanoseconds: u64): i64 {
  if (seconds < 0 || nanoseconds >= 1_000_000_000) return -1;
  return seconds > 4_000_000_000 ? 1 << 62 : seconds * 1_000_000_000 + nanoseconds;
}

export function sys_semctl(id: u64, index: u64, command: u64, argument: u64): i64 {
  const ns = ipcOf(current);
  const semid = <i32>id;
  if (semid < 0) return -EINVAL;
  switch (<i32>command) {
    case IPC_INFO:
    case SEM_INFO: return info(ns, <i32>command, argument);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY: return stat(ns, semid, <i32>command, argument);
    case GETALL:
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
    case SETALL: return values(ns, semid, <i32>index, <i32>command, argument);
    case SETVAL: return setValue(ns, semid, <i32>index, <i32>argument);
    case IPC_SET: return set(ns, semid, argument);
    case IPC_RMID: return semRemove(ns, semid);
    default: return -EINVAL;
  }
}

function info(ns: IpcNs, command: i32, to: u64): i64 {
  const now = command == SEM_INFO;
  // SEMMAP, SEMMNU, SEMUME, SEMUSZ of linux/sem.h.
  store<i32>(BUFFER + SEMINFO_SEMMAP, 1024000000);
  store<i32>(BUFFER + SEMINFO_SEMMNI, ns.semMni);
  store<i32>(BUFFER + SEMINFO_SEMMNS, ns.semMns);
  store<i32>(BUFFER + SEMINFO_SEMMNU, 1024000000);
  store<i32>(BUFFER + SEMINFO_SEMMSL, ns.semMsl);
  store<i32>(BUFFER + SEMINFO_SEMOPM, ns.semOpm);
  store<i32>(BUFFER + SEMINFO_SEMUME, 500);
  store<i32>(BUFFER + SEMINFO_SEMUSZ, now ? semIds(ns).inUse : 20);
  store<i32>(BUFFER + SEMINFO_SEMVMX, SEMVMX);
  store<i32>(BUFFER + SEMINFO_SEMAEM, now ? ns.semUsed : SEMVMX);
  return copyOut(to, BUFFER, SIZEOF_SEMINFO) ? idsInfoResult(semIds(ns)) : -EFAULT;
}

function stat(ns: IpcNs, id: i32, command: i32, to: u64): i64 {
  const found = command == IPC_STAT ? semObtain(ns, id) : idsObtainIndex(semIds(ns), id);
  if (found < 0) return found;
  const sems = changetype<SemArray>(<usize>found);
  if (command != SEM_STAT_ANY) {
    const error = ipcPermission(sems, 0x124);
    if (error) return error;
  }
  memory.fill(BUFFER, 0, SIZEOF_SEMID_DS);
  permOut(BUFFER, sems);
  store<i64>(BUFFER + SEMID_DS_SEM_OTIME, semOtime(sems));
  store<i64>(BUFFER + SEMID_DS_SEM_CTIME, sems.ctime);
  store<u64>(BUFFER + SEMID_DS_SEM_NSEMS, sems.count);
  if (!copyOut(to, BUFFER, SIZEOF_SEMID_DS)) return -EFAULT;
  return command == IPC_STAT ? 0 : sems.id;
}

/** kernel: semctl_main(). */
function values(ns: IpcNs, id: i32, index: i32, command: i32, address: u64): i64 {
  const found = semObtain(ns, id);
  if (found < 0) return found;
  const sems = changetype<SemArray>(<usize>found);
  const error = ipcPermission(sems, command == SETALL ? 0x92 : 0x124);
  if (error) return error;
  if (command == GETALL || command == SETALL) return all(sems, command, address);
  if (<u32>index >= sems.count) return -EINVAL;
  switch (command) {
    case GETVAL: return semAt(sems, index).value;
    case GETPID: return semAt(sems, index).pid;
    case GETNCNT: return semCountWaits(sems, index, false);
    default: return semCountWaits(sems, index, true);
  }
}

function all(sems: SemArray, command: i32, address: u64): i64 {
  const bytes = sems.count * 2;
  const array = kmalloc(bytes);
  if (!array) return -ENOMEM;
  let result: i64 = 0;
  if (command == GETALL) {
    for (let i: u32 = 0; i < sems.count; i++) store<u16>(array + (i << 1), <u16>semAt(sems, i).value);
    if (!copyOut(address, array, bytes)) result = -EFAULT;
  } else if (!copyIn(array, address, bytes)) result = -EFAULT;
  else {
    for (let i: u32 = 0; i < sems.count; i++) if (load<u16>(array + (i << 1)) > <u16>SEMVMX) result = -ERANGE;
    if (!result) semSetAll(sems, array);
  }
  kfree(array);
  return result;
}

function setValue(ns: IpcNs, id: i32, index: i32, value: i32): i64 {
  if (value < 0 || value > SEMVMX) return -ERANGE;
  const found = semObtain(ns, id);
  if (found < 0) return found;
  const sems = changetype<SemArray>(<usize>found);
  if (<u32>index >= sems.count) return -EINVAL;
  const error = ipcPermission(sems, 0x92);
  if (error) return error;
  semSetValue(sems, index, value);
  return 0;
}

function set(ns: IpcNs, id: i32, from: u64): i64 {
  if (!copyIn(BUFFER, from, SIZEOF_SEMID_DS)) return -EFAULT;
  const found = semObtain(ns, id);
  if (found < 0) return found;
  const sems = changetype<SemArray>(<usize>found);
  const error = ipcOwner(sems);
  if (error) return error;
  const refused = ipcUpdate(sems, load<u32>(BUFFER + IPC_PERM_UID), load<u32>(BUFFER + IPC_PERM_GID), load<u32>(BUFFER + IPC_PERM_MODE));
  if (!refused) sems.ctime = realtime() / 1_000_000_000;
  return refused;
}
