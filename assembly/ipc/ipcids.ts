// What the three System V facilities share: tables from ids to objects, keys, permissions. Kernel: ipc/util.c.
//
//   id = sequence number << 15 │ index
import { EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, EPERM } from "../abi/errno";
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE } from "../abi/ipc";
import { kfree, kzalloc } from "../mm/kmalloc";
import { inGroup } from "../task/cred";
import { current } from "../task/task";

const SEQ_SHIFT: u32 = 15;
/** The most objects of a kind whatever the limits say. */
export const IPCMNI: i32 = 1 << 15;
const SEQ_MAX: u32 = 0x7fffffff >> SEQ_SHIFT;
/** Indexes are given in turn up to here at least; kernel: ipc_min_cycle. */
const MIN_CYCLE: i32 = 64;
const KEY_BUCKETS: u32 = 1024;

const CAP_IPC_OWNER: u64 = 1 << 15;
const CAP_SYS_ADMIN: u64 = 1 << 21;

/** struct kern_ipc_perm: the head of every object. */
@unmanaged
export class IpcPerm {
  key: i32;
  id: i32;
  uid: u32;
  gid: u32;
  cuid: u32;
  cgid: u32;
  mode: u32;
  seq: u32;
  keyNext: u32;
  /** The IpcNs it lives in. */
  ns: usize;
}

/** The objects of one kind in one namespace. */
@unmanaged
export class IpcIds {
  inUse: i32;
  /** Sequence number of the latest object. */
  seq: u32;
  /** Highest index in use, −1 when none is. */
  maxIdx: i32;
  lastIdx: i32;
  /** Where the search for a free index begins. */
  cursor: i32;
  /** /proc/sys/kernel/*_next_id. */
  nextId: i32;
  room: u32;
  /** u32 objects[room]. */
  slots: usize;
  /** u32 heads[KEY_BUCKETS]. */
  keys: usize;
}

export function idsInit(ids: IpcIds): void {
  memory.fill(changetype<usize>(ids), 0, offsetof<IpcIds>());
  ids.maxIdx = -1;
  ids.lastIdx = -1;
  ids.nextId = -1;
}

export function idsFree(ids: IpcIds): void {
  kfree(ids.slots);
  kfree(ids.keys);
}

/** The object at an index, or null. */
// @ts-ignore: decorator
@inline
export function idsAt(ids: IpcIds, index: i32): IpcPerm | null {
  return <u32>index < ids.room ? changetype<IpcPerm | null>(<usize>load<u32>(ids.slots + (<u32>index << 2))) : null;
}

/** The object with this id, or −EINVAL. */
export function idsObtain(ids: IpcIds, id: i32): i64 {
  const perm = idsAt(ids, id & (IPCMNI - 1));
  return perm && perm.id == id ? <i64>changetype<usize>(perm) : -EINVAL;
}

/** The object at the index that *_STAT and *_STAT_ANY take, or −EINVAL. */
export function idsObtainIndex(ids: IpcIds, index: i32): i64 {
  const perm = idsAt(ids, index & (IPCMNI - 1));
  return perm ? <i64>changetype<usize>(perm) : -EINVAL;
}

// @ts-ignore: decorator
@inline
function keySlot(ids: IpcIds, key: i32): usize {
  return ids.keys + (((<u32>key * 0x9e3779b1) >> 22) << 2);
}

function keyFind(ids: IpcIds, key: i32): IpcPerm | null {
  if (!ids.keys) return null;
  let perm = changetype<IpcPerm | null>(<usize>load<u32>(keySlot(ids, key)));
  while (perm && perm.key != key) perm = changetype<IpcPerm | null>(<usize>perm.keyNext);
  return perm;
}

/** The object is no longer found by its key. */
export function idsForgetKey(ids: IpcIds, perm: IpcPerm): void {
  if (perm.key == IPC_PRIVATE) return;
  let slot = keySlot(ids, perm.key);
  while (load<u32>(slot) != changetype<usize>(perm)) slot = load<u32>(slot) + offsetof<IpcPerm>("keyNext");
  store<u32>(slot, perm.keyNext);
  perm.key = IPC_PRIVATE;
}

function grow(ids: IpcIds, need: u32): bool {
  if (need < ids.room) return true;
  let room = max<u32>(ids.room, 64);
  while (room <= need) room *= 2;
  const slots = kzalloc(room << 2);
  if (!slots) return false;
  memory.copy(slots, ids.slots, ids.room << 2);
  kfree(ids.slots);
  ids.slots = slots;
  ids.room = room;
  return true;
}

/** A free index in [from, to), or −1. */
function freeIndex(ids: IpcIds, from: i32, to: i32): i32 {
  for (let i = from; i < to; i++) if (!idsAt(ids, i)) return i;
  return -1;
}

/** The index for a new object, with ids.seq made right; kernel: ipc_idr_alloc(). −1 = none. */
function nextIndex(ids: IpcIds, perm: IpcPerm): i32 {
  const wanted = ids.nextId;
  ids.nextId = -1;
  if (wanted >= 0) {
    perm.seq = <u32>wanted >> SEQ_SHIFT;
    return freeIndex(ids, wanted & (IPCMNI - 1), IPCMNI);
  }
  const top = min(max((ids.inUse * 3) / 2, MIN_CYCLE), IPCMNI);
  let index = ids.cursor < top ? freeIndex(ids, ids.cursor, top) : -1;
  if (index < 0) index = freeIndex(ids, 0, top);
  if (index < 0) return -1;
  ids.cursor = index + 1;
  if (index <= ids.lastIdx) {
    ids.seq++;
    if (ids.seq >= SEQ_MAX) ids.seq = 0;
  }
  ids.lastIdx = index;
  perm.seq = ids.seq;
  return index;
}

/** Gives a new object its id and owner: the id, −ENOSPC (over `limit`) or −ENOMEM; kernel: ipc_addid(). */
export function idsAdd(ids: IpcIds, perm: IpcPerm, key: i32, mode: u32, limit: i32): i32 {
  if (ids.inUse >= min(limit, IPCMNI)) return -ENOSPC;
  if (!ids.keys && key != IPC_PRIVATE) {
    ids.keys = kzalloc(KEY_BUCKETS << 2);
    if (!ids.keys) return -ENOMEM;
  }
  const index = nextIndex(ids, perm);
  if (index < 0) return -ENOSPC;
  if (!grow(ids, index)) return -ENOMEM;
  store<u32>(ids.slots + (<u32>index << 2), <u32>changetype<usize>(perm));
  const cred = current.cred;
  perm.cuid = cred.euid;
  perm.uid = cred.euid;
  perm.cgid = cred.egid;
  perm.gid = cred.egid;
  perm.mode = mode & 0x1ff;
  perm.key = key;
  perm.id = <i32>((perm.seq << SEQ_SHIFT) + <u32>index);
  if (key != IPC_PRIVATE) {
    const slot = keySlot(ids, key);
    perm.keyNext = load<u32>(slot);
    store<u32>(slot, <u32>changetype<usize>(perm));
  }
  ids.inUse++;
  if (index > ids.maxIdx) ids.maxIdx = index;
  return perm.id;
}

/** Takes an object out of the table; kernel: ipc_rmid(). */
export function idsRemove(ids: IpcIds, perm: IpcPerm): void {
  idsForgetKey(ids, perm);
  const index = perm.id & (IPCMNI - 1);
  store<u32>(ids.slots + (<u32>index << 2), 0);
  ids.inUse--;
  if (index != ids.maxIdx) return;
  let top = index - 1;
  while (top >= 0 && !idsAt(ids, top)) top--;
  ids.maxIdx = top;
}

/** The result of *_INFO: the highest index in use. */
export function idsInfoResult(ids: IpcIds): i32 {
  return max(ids.maxIdx, 0);
}

/** What `key` and `flags` of *get(2) lead to: an object, −errno, or 0 when one is to be made; kernel: ipcget(). */
export function idsGet(ids: IpcIds, key: i32, flags: i32): i64 {
  if (key == IPC_PRIVATE) return 0;
  const perm = keyFind(ids, key);
  if (!perm) return flags & IPC_CREAT ? 0 : -ENOENT;
  if (flags & IPC_CREAT && flags & IPC_EXCL) return -EEXIST;
  return <i64>changetype<usize>(perm);
}

/** Whether current may use the object so: `flag` has permission bits in any of the three places. 0 or −EACCES; kernel: ipcperms(). */
export function ipcPermission(perm: IpcPerm, flag: i32): i32 {
  const cred = current.cred;
  const requested = <u32>((flag >> 6) | (flag >> 3) | flag);
  let granted = perm.mode;
  if (cred.euid == perm.cuid || cred.euid == perm.uid) granted >>= 6;
  else if (inGroup(cred, perm.cgid) || inGroup(cred, perm.gid)) granted >>= 3;
  return requested & ~granted & 7 && !(cred.capEffective & CAP_IPC_OWNER) ? -EACCES : 0;
}

/** Whether current may change or remove the object: 0 or −EPERM; kernel: ipcctl_obtain_check(). */
export function ipcOwner(perm: IpcPerm): i32 {
  const cred = current.cred;
  return cred.euid == perm.cuid || cred.euid == perm.uid || cred.capEffective & CAP_SYS_ADMIN ? 0 : -EPERM;
}

/** What IPC_SET takes over; −EINVAL for ids that are none. */
export function ipcUpdate(perm: IpcPerm, uid: u32, gid: u32, mode: u32): i32 {
  if (uid == u32.MAX_VALUE || gid == u32.MAX_VALUE) return -EINVAL;
  perm.uid = uid;
  perm.gid = gid;
  perm.mode = (perm.mode & ~(<u32>0x1ff)) | (mode & 0x1ff);
  return 0;
}
