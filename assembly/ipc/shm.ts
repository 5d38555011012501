// System V shared memory: segments are page caches that attachments map. sysvipc(7), shmop(2), shmctl(2);
// kernel: ipc/shm.c. Each vma with VM_SYSV counts as an attachment and holds the segment's namespace.
import { EINVAL, ENOMEM, ENOSPC, EPERM } from "../abi/errno";
import { SHM_DEST, SHM_HUGETLB, SHM_LOCKED } from "../abi/ipc";
import { RLIMIT_MEMLOCK } from "../abi/resource";
import { Link, linkAt } from "../lib/list";
import { framesTotal } from "../mm/frames";
import { kfree, kzalloc } from "../mm/kmalloc";
import { MAPPING_ZERO, Mapping, mappingDrop, mappingNew } from "../mm/mapping";
import { realtime } from "../task/clock";
import { Task, current } from "../task/task";
import { IpcPerm, idsAdd, idsAt, idsForgetKey, idsGet, idsObtain, idsRemove, ipcOwner, ipcPermission } from "./ipcids";
import { IpcNs, ipcDrop, ipcHold, shmIds } from "./ipcns";

const CAP_IPC_LOCK: u64 = 1 << 14;

@unmanaged
export class ShmSegment extends IpcPerm {
  size: u64;
  /** Seconds since the epoch. */
  atime: i64;
  dtime: i64;
  ctime: i64;
  cpid: i32;
  lpid: i32;
  /** Attachments, and calls of shmat in progress. */
  attached: u32;
  mapping: Mapping;
  /** The task that made it and has not ended: in its list of segments (shm_rmid_forced). */
  maker: u32;
  makerNext: u32;
  makerPrev: u32;
}

// @ts-ignore: decorator
@inline
function seconds(): i64 {
  return realtime() / 1_000_000_000;
}

// @ts-ignore: decorator
@inline
export function shmPages(s: ShmSegment): u64 {
  return (s.size + 4095) >> 12;
}

function makerLink(s: ShmSegment): Link {
  return linkAt(changetype<usize>(s), offsetof<ShmSegment>("makerNext"));
}

function madeList(task: Task): Link {
  return linkAt(changetype<usize>(task), offsetof<Task>("shmMade"));
}

// @ts-ignore: decorator
@inline
function nsOf(s: ShmSegment): IpcNs {
  return changetype<IpcNs>(s.ns);
}

/** shmget(2): an id or −errno. */
export function shmGet(ns: IpcNs, key: i32, size: u64, flags: i32): i32 {
  const found = idsGet(shmIds(ns), key, flags);
  if (found < 0) return <i32>found;
  if (found) {
    const s = changetype<ShmSegment>(<usize>found);
    if (s.size < size) return -EINVAL;
    const error = ipcPermission(s, flags);
    return error ? error : s.id;
  }
  return make(ns, key, size, flags);
}

/** kernel: newseg(). */
function make(ns: IpcNs, key: i32, size: u64, flags: i32): i32 {
  if (!size || size > ns.shmMax) return -EINVAL;
  const pages = (size + 4095) >> 12;
  if (pages << 12 < size || ns.shmTotal + pages < ns.shmTotal || ns.shmTotal + pages > ns.shmAll) return -ENOSPC;
  // There are no huge pages, as on a Linux whose vm.nr_hugepages is 0.
  if (flags & SHM_HUGETLB) return hugeRefused(flags);
  if (pages > framesTotal()) return -ENOMEM;
  const s = changetype<ShmSegment>(kzalloc(offsetof<ShmSegment>()));
  if (!changetype<usize>(s)) return -ENOMEM;
  const mapping = mappingNew(MAPPING_ZERO, changetype<usize>(s));
  if (mapping) {
    s.mapping = mapping;
    mapping.size = size;
    s.ns = changetype<usize>(ns);
    s.size = size;
    s.cpid = current.group.pid;
    s.ctime = seconds();
    makerLink(s).reset();
  }
  const id = mapping ? idsAdd(shmIds(ns), s, key, flags, ns.shmMni) : -ENOMEM;
  if (id < 0) {
    if (mapping) mappingDrop(mapping);
    kfree(changetype<usize>(s));
    return id;
  }
  ns.shmTotal += pages;
  s.maker = <u32>changetype<usize>(current);
  makerLink(s).append(madeList(current));
  return id;
}

/** SHM_HUGE_2MB, SHM_HUGE_1GB and the default are sizes of this processor. */
function hugeRefused(flags: i32): i32 {
  const log = (flags >> 26) & 63;
  return !log || log == 21 || log == 30 ? -ENOMEM : -EINVAL;
}

// @ts-ignore: decorator
@inline
export function shmObtain(ns: IpcNs, id: i32): i64 {
  return idsObtain(shmIds(ns), id);
}

// ── attachments ─────────────────────────────────────────────────────────────────────

/** The segment that a mapping belongs to (its vma has VM_SYSV). */
export function shmOf(mapping: Mapping | null): ShmSegment {
  return changetype<ShmSegment>(<usize>changetype<Mapping>(changetype<usize>(mapping)).owner);
}

/** An attachment begins: shmat, fork, a vma that is split. Kernel: shm_open(). */
export function shmOpen(mapping: Mapping): void {
  const s = shmOf(mapping);
  s.attached++;
  s.atime = seconds();
  s.lpid = current.group.pid;
  ipcHold(nsOf(s));
}

/** An attachment ends; the last one of a removed segment ends it. Kernel: shm_close(). */
export function shmClose(mapping: Mapping): void {
  const s = shmOf(mapping);
  const ns = nsOf(s);
  s.lpid = current.group.pid;
  s.dtime = seconds();
  s.attached--;
  if (mayDestroy(s)) destroy(s);
  ipcDrop(ns);
}

function mayDestroy(s: ShmSegment): bool {
  return !s.attached && (nsOf(s).shmRmidForced != 0 || (s.mode & SHM_DEST) != 0);
}

/** A call of shmat keeps the segment while it works. */
export function shmPin(s: ShmSegment): void {
  s.attached++;
}

export function shmUnpin(s: ShmSegment): void {
  s.attached--;
  if (mayDestroy(s)) destroy(s);
}

function destroy(s: ShmSegment): void {
  const ns = nsOf(s);
  ns.shmTotal -= shmPages(s);
  makerLink(s).unlink();
  idsRemove(shmIds(ns), s);
  mappingDrop(s.mapping);
  kfree(changetype<usize>(s));
}

// ── control ─────────────────────────────────────────────────────────────────────────

/** IPC_RMID: 0 or −errno. */
export function shmRemoveId(ns: IpcNs, id: i32): i32 {
  const found = shmObtain(ns, id);
  if (found < 0) return <i32>found;
  const s = changetype<ShmSegment>(<usize>found);
  const error = ipcOwner(s);
  if (!error) shmRemove(s);
  return error;
}

/** The segment goes, now or with its last attachment; kernel: do_shm_rmid(). */
export function shmRemove(s: ShmSegment): void {
  if (!s.attached) {
    destroy(s);
    return;
  }
  s.mode |= SHM_DEST;
  idsForgetKey(shmIds(nsOf(s)), s);
}

/** SHM_LOCK and SHM_UNLOCK: 0 or −errno. Memory is never swapped: what is kept is the mark and the limits. */
export function shmLock(ns: IpcNs, id: i32, lock: bool): i32 {
  const found = shmObtain(ns, id);
  if (found < 0) return <i32>found;
  const s = changetype<ShmSegment>(<usize>found);
  const cred = current.cred;
  if (!(cred.capEffective & CAP_IPC_LOCK)) {
    if (cred.euid != s.uid && cred.euid != s.cuid) return -EPERM;
    const limit = load<u64>(current.group.rlimits + RLIMIT_MEMLOCK * 16);
    if (lock && !limit) return -EPERM;
    if (lock && !(s.mode & SHM_LOCKED) && shmPages(s) > limit >> 12) return -ENOMEM;
  }
  if (lock) s.mode |= SHM_LOCKED;
  else s.mode &= ~SHM_LOCKED;
  return 0;
}

/** Pages of all segments that are in memory. */
export function shmResident(ns: IpcNs): u64 {
  let sum: u64 = 0;
  for (let i = 0; i <= shmIds(ns).maxIdx; i++) {
    const perm = idsAt(shmIds(ns), i);
    if (perm) sum += changetype<ShmSegment>(changetype<usize>(perm)).mapping.pages;
  }
  return sum;
}

/** A task begins (fork.ts): it has made no segment. */
export function shmTaskInit(task: Task): void {
  madeList(task).reset();
}

/** A task ends or changes its namespace: its segments have no maker any more, and go if kernel.shm_rmid_forced says so; exit_shm(). */
export function shmExit(task: Task): void {
  const list = madeList(task);
  while (!list.empty) {
    const s = changetype<ShmSegment>(changetype<usize>(list.next) - offsetof<ShmSegment>("makerNext"));
    makerLink(s).unlink();
    s.maker = 0;
    if (nsOf(s).shmRmidForced && mayDestroy(s)) destroy(s);
  }
}

/** kernel.shm_rmid_forced was set: segments without maker and attachment go; kernel: shm_destroy_orphaned(). */
export function shmDestroyOrphans(ns: IpcNs): void {
  for (let i = 0; i <= shmIds(ns).maxIdx; i++) {
    const perm = idsAt(shmIds(ns), i);
    if (!perm) continue;
    const s = changetype<ShmSegment>(changetype<usize>(perm));
    if (!s.maker && mayDestroy(s)) destroy(s);
  }
}
