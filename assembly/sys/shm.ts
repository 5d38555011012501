// shmget(2), shmat(2), shmdt(2), shmctl(2). Kernel: ipc/shm.c.
import { EFAULT, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import {
  IPC_INFO, IPC_PERM_GID, IPC_PERM_MODE, IPC_PERM_UID, IPC_RMID, IPC_SET, IPC_STAT, SHMID_DS_SHM_ATIME, SHMID_DS_SHM_CPID, SHMID_DS_SHM_CTIME, SHMID_DS_SHM_DTIME, SHMID_DS_SHM_LPID, SHMID_DS_SHM_NATTCH, SHMID_DS_SHM_SEGSZ,
  SHMINFO_SHMALL, SHMINFO_SHMMAX, SHMINFO_SHMMIN, SHMINFO_SHMMNI, SHMINFO_SHMSEG, SHM_EXEC, SHM_INFO, SHM_INFO_SHM_RSS, SHM_INFO_SHM_TOT, SHM_INFO_USED_IDS, SHM_LOCK, SHM_RDONLY, SHM_REMAP, SHM_RND, SHM_STAT, SHM_STAT_ANY,
  SHM_UNLOCK, SIZEOF_SHMID_DS, SIZEOF_SHMINFO, SIZEOF_SHM_INFO,
} from "../abi/ipc";
import { idsInfoResult, idsObtainIndex, ipcOwner, ipcPermission, ipcUpdate } from "../ipc/ipcids";
import { IpcNs, ipcOf, shmIds } from "../ipc/ipcns";
import { ShmSegment, shmGet, shmLock, shmObtain, shmOf, shmPages, shmPin, shmRemoveId, shmResident, shmUnpin } from "../ipc/shm";
import { MMAP_MIN_ADDR, PROT_EXEC, PROT_READ, PROT_WRITE, mapFindFree, mapInsert, mapOverlaps, mapRemove } from "../mm/map";
import { TASK_SIZE, VM_NOWRITE, VM_SHARED, VM_SYSV, Vma, vmaAt, vmaLower } from "../mm/space";
import { copyIn, copyOut } from "../mm/usercopy";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { permOut } from "./ipcperm";

const BUFFER = memory.data(128, 8);

export function sys_shmget(key: u64, size: u64, flags: u64): i64 {
  return shmGet(ipcOf(current), <i32>key, size, <i32>flags);
}

export function sys_shmat(id: u64, address: u64, atFlags: u64): i64 {
  const flags = <i32>atFlags;
  let addr = address;
  if (<i32>id < 0) return -EINVAL;
  if (addr) {
    if (addr & 0xfff) {
      if (!(flags & SHM_RND)) return -EINVAL;
      addr &= ~(<u64>0xfff);
      if (!addr && flags & SHM_REMAP) return -EINVAL;
    }
  } else if (flags & SHM_REMAP) return -EINVAL;
  let prot = PROT_READ;
  let access = 0x124;
  if (!(flags & SHM_RDONLY)) {
    prot |= PROT_WRITE;
    access |= 0x92;
  }
  if (flags & SHM_EXEC) {
    prot |= PROT_EXEC;
    access |= 0x49;
  }
  const found = shmObtain(ipcOf(current), <i32>id);
  if (found < 0) return found;
  const s = changetype<ShmSegment>(<usize>found);
  const error = ipcPermission(s, access);
  if (error) return error;
  shmPin(s);
  const at = attach(s, addr, prot, flags);
  shmUnpin(s);
  return at;
}

/** Maps the segment: the address or −errno. An address that rounds down to 0 is a fixed one, below vm.mmap_min_addr. */
function attach(s: ShmSegment, addr: u64, prot: u32, flags: i32): i64 {
  const mm = current.mm;
  const len = shmPages(s) << 12;
  let at = addr;
  if (addr) {
    if (!(flags & SHM_REMAP) && (addr + s.size < addr || mapOverlaps(mm, addr, addr + len))) return -EINVAL;
    if (len > TASK_SIZE || addr > TASK_SIZE - len) return -ENOMEM;
    if (addr < MMAP_MIN_ADDR && current.cred.euid) return -EPERM;
    const removed = mapRemove(mm, addr, addr + len);
    if (removed) return removed;
  } else {
    at = mapFindFree(mm, len);
    if (!at) return -ENOMEM;
  }
  const vm = VM_SHARED | VM_SYSV | (flags & SHM_RDONLY ? VM_NOWRITE : 0);
  const error = mapInsert(mm, at, len, prot, vm, s.mapping, 0, 0);
  return error ? error : at;
}

/** Whether a vma is the part of an attachment at `addr` that its place says. */
function attachedAt(vma: Vma, addr: u64): bool {
  return (vma.flags & VM_SYSV) != 0 && (vma.start - addr) >> 12 == vma.pgoff;
}

export function sys_shmdt(addr: u64): i64 {
  if (addr & 0xfff) return -EINVAL;
  const mm = current.mm;
  let i = vmaLower(mm, addr);
  while (i < mm.vmaCount && !attachedAt(vmaAt(mm, i), addr)) i++;
  if (i == mm.vmaCount) return -EINVAL;
  const first = vmaAt(mm, i);
  const mapping = first.mapping;
  const size = shmPages(shmOf(mapping)) << 12;
  let error = mapRemove(mm, first.start, first.end);
  // What munmap or mprotect has made parts of goes too.
  while (i < mm.vmaCount && !error) {
    const vma = vmaAt(mm, i);
    if (vma.end - addr > size) break;
    if (attachedAt(vma, addr) && vma.mapping === mapping) error = mapRemove(mm, vma.start, vma.end);
    else i++;
  }
  return error;
}

export function sys_shmctl(id: u64, command: u64, buffer: u64): i64 {
  const ns = ipcOf(current);
  const shmid = <i32>id;
  if (<i32>command < 0 || shmid < 0) return -EINVAL;
  switch (<i32>command) {
    case IPC_INFO: return limits(ns, buffer);
    case SHM_INFO: return info(ns, buffer);
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY: return stat(ns, shmid, <i32>command, buffer);
    case IPC_SET: return set(ns, shmid, buffer);
    case IPC_RMID: return shmRemoveId(ns, shmid);
    case SHM_LOCK: return shmLock(ns, shmid, true);
    case SHM_UNLOCK: return shmLock(ns, shmid, false);
    default: return -EINVAL;
  }
}

function limits(ns: IpcNs, to: u64): i64 {
  memory.fill(BUFFER, 0, SIZEOF_SHMINFO);
  store<u64>(BUFFER + SHMINFO_SHMMAX, ns.shmMax);
  store<u64>(BUFFER + SHMINFO_SHMMIN, 1);
  store<u64>(BUFFER + SHMINFO_SHMMNI, ns.shmMni);
  store<u64>(BUFFER + SHMINFO_SHMSEG, ns.shmMni);
  store<u64>(BUFFER + SHMINFO_SHMALL, ns.shmAll);
  return copyOut(to, BUFFER, SIZEOF_SHMINFO) ? idsInfoResult(shmIds(ns)) : -EFAULT;
}

function info(ns: IpcNs, to: u64): i64 {
  memory.fill(BUFFER, 0, SIZEOF_SHM_INFO);
  store<i32>(BUFFER + SHM_INFO_USED_IDS, shmIds(ns).inUse);
  store<u64>(BUFFER + SHM_INFO_SHM_TOT, ns.shmTotal);
  store<u64>(BUFFER + SHM_INFO_SHM_RSS, shmResident(ns));
  return copyOut(to, BUFFER, SIZEOF_SHM_INFO) ? idsInfoResult(shmIds(ns)) : -EFAULT;
}

function stat(ns: IpcNs, id: i32, command: i32, to: u64): i64 {
  const found = command == IPC_STAT ? shmObtain(ns, id) : idsObtainIndex(shmIds(ns), id);
  if (found < 0) return found;
  const s = changetype<ShmSegment>(<usize>found);
  if (command != SHM_STAT_ANY) {
    const error = ipcPermission(s, 0x124);
    if (error) return error;
  }
  memory.fill(BUFFER, 0, SIZEOF_SHMID_DS);
  permOut(BUFFER, s);
  store<u64>(BUFFER + SHMID_DS_SHM_SEGSZ, s.size);
  store<i64>(BUFFER + SHMID_DS_SHM_ATIME, s.atime);
  store<i64>(BUFFER + SHMID_DS_SHM_DTIME, s.dtime);
  store<i64>(BUFFER + SHMID_DS_SHM_CTIME, s.ctime);
  store<i32>(BUFFER + SHMID_DS_SHM_CPID, s.cpid);
  store<i32>(BUFFER + SHMID_DS_SHM_LPID, s.lpid);
  store<u64>(BUFFER + SHMID_DS_SHM_NATTCH, s.attached);
  if (!copyOut(to, BUFFER, SIZEOF_SHMID_DS)) return -EFAULT;
  return command == IPC_STAT ? 0 : s.id;
}

function set(ns: IpcNs, id: i32, from: u64): i64 {
  if (!copyIn(BUFFER, from, SIZEOF_SHMID_DS)) return -EFAULT;
  const found = shmObtain(ns, id);
  if (found < 0) return found;
  const s = changetype<ShmSegment>(<usize>found);
  const error = ipcOwner(s);
  if (error) return error;
  const refused = ipcUpdate(s, load<u32>(BUFFER + IPC_PERM_UID), load<u32>(BUFFER + IPC_PERM_GID), load<u32>(BUFFER + IPC_PERM_MODE));
  if (!refused) s.ctime = realtime() / 1_000_000_000;
  return refused;
}
