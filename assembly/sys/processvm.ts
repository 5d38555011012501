// process_vm_readv(2), process_vm_writev(2), process_madvise(2), kcmp(2): looking into other processes.
// Kernel: mm/process_vm_access.c, mm/madvise.c, kernel/kcmp.c.
import { CAP_SYS_NICE } from "../abi/capability";
import { EACCES, EBADF, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from "../abi/errno";
import { KCMP_FILE, KCMP_FILES, KCMP_FS, KCMP_IO, KCMP_SIGHAND, KCMP_SYSVSEM, KCMP_VM } from "../abi/misc";
import { MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED } from "../abi/mman";
import { fdGetFrom } from "../fs/fdtable";
import { pidfdGroup } from "../fs/pidfd";
import { kfree, kmalloc } from "../mm/kmalloc";
import { Mm } from "../mm/space";
import { mmActivate } from "../mm/tlb";
import { copyIn, copyInPartial, copyOutPartial, userRangeOk } from "../mm/usercopy";
import { capable, mayAccess } from "../task/cred";
import { taskFind } from "../task/table";
import { Group, Task, current } from "../task/task";
import { advise } from "./mm";

const UIO_MAXIOV: u64 = 1024;
const PAGE = memory.data(4096, 16);
const IOV = memory.data(32, 8);

/** A walk over an array of iovecs in the caller's memory: base and length of what is left of the present one. */
@unmanaged
class Walk {
  next: u64;
  left: u64;
  base: u64;
  length: u64;
}
const WALKS = memory.data(64, 8);

function walk(index: usize): Walk {
  return changetype<Walk>(WALKS + (index << 5));
}

/** Begins a walk: 0 or −errno when an iovec makes no sense. */
function walkBegin(w: Walk, iov: u64, count: u64): i64 {
  if (count > UIO_MAXIOV) return -EINVAL;
  for (let i: u64 = 0; i < count; i++) {
    if (!copyIn(IOV, iov + (i << 4), 16)) return -EFAULT;
    if (load<i64>(IOV, 8) < 0) return -EINVAL;
  }
  w.next = iov;
  w.left = count;
  w.length = 0;
  return 0;
}

/** Bytes left of the present iovec, going on to the next one as needed; 0 at the end. */
function walkBytes(w: Walk): u64 {
  while (!w.length && w.left) {
    if (!copyIn(IOV, w.next, 16)) return 0;
    w.base = load<u64>(IOV);
    w.length = load<u64>(IOV, 8);
    w.next += 16;
    w.left--;
  }
  return w.length;
}

/** Copies from one address space to the other, by way of the kernel; bytes not copied. */
function piece(fromMm: Mm, from: u64, toMm: Mm, to: u64, count: u32): u64 {
  if (!userRangeOk(from, count) || !userRangeOk(to, count)) return count;
  mmActivate(fromMm);
  const lost = copyInPartial(PAGE, from, count);
  const have = count - lost;
  mmActivate(toMm);
  const lostToo = copyOutPartial(to, PAGE, have);
  mmActivate(current.mm);
  return lost + lostToo;
}

function transfer(pid: u64, localIov: u64, localCount: u64, remoteIov: u64, remoteCount: u64, flags: u64, reads: bool): i64 {
  if (flags) return -EINVAL;
  const local = walk(0);
  const remote = walk(1);
  let error = walkBegin(local, localIov, localCount);
  if (error) return error;
  if (!walkBytes(local)) return 0;
  error = walkBegin(remote, remoteIov, remoteCount);
  if (error) return error;
  const task = taskFind(<i32>pid);
  if (!task || !changetype<usize>(task.mm)) return -ESRCH;
  if (!mayAccess(task)) return -EPERM;
  let done: i64 = 0;
  while (true) {
    const room = min(walkBytes(local), walkBytes(remote));
    if (!room) return done;
    // A page of the other process at a time: what cannot be reached ends the transfer there.
    const count = <u32>min<u64>(room, 4096 - (remote.base & 4095));
    const lost = reads ? piece(task.mm, remote.base, current.mm, local.base, count) : piece(current.mm, local.base, task.mm, remote.base, count);
    done += count - lost;
    if (lost) return done ? done : -EFAULT;
    local.base += count;
    local.length -= count;
    remote.base += count;
    remote.length -= count;
  }
}

export function sys_process_vm_readv(pid: u64, localIov: u64, localCount: u64, remoteIov: u64, remoteCount: u64, flags: u64): i64 {
  return transfer(pid, localIov, localCount, remoteIov, remoteCount, flags, true);
}

export function sys_process_vm_writev(pid: u64, localIov: u64, localCount: u64, remoteIov: u64, remoteCount: u64, flags: u64): i64 {
  return transfer(pid, localIov, localCount, remoteIov, remoteCount, flags, false);
}

/** A copy of the iovecs, since advice can take the memory that they stand in: its address (kfree) or −errno; kernel: import_iovec(). */
function iovecs(iov: u64, count: u64): i64 {
  const copy = kmalloc(max<u32>(<u32>count << 4, 16));
  if (!copy) return -ENOMEM;
  let error: i64 = copyIn(copy, iov, count << 4) ? 0 : -EFAULT;
  for (let at = copy; !error && at < copy + (<u32>count << 4); at += 16) {
    if (load<i64>(at, 8) < 0) error = -EINVAL;
    else if (!userRangeOk(load<u64>(at), load<u64>(at, 8))) error = -EFAULT;
  }
  if (!error) return copy;
  kfree(copy);
  return error;
}

function mayAdvise(group: Group, how: i32): i64 {
  const leader = group.leader;
  if (group.zombie || !changetype<usize>(leader.mm)) return -ESRCH;
  if (!mayAccess(leader)) return -EACCES;
  if (leader.mm === current.mm) return 0;
  if (how != MADV_COLD && how != MADV_PAGEOUT && how != MADV_WILLNEED) return -EINVAL;
  return capable(CAP_SYS_NICE) ? 0 : -EPERM;
}

/** Bytes advised on before an iovec that fails; the error when that is the first. */
function adviseEach(mm: Mm, iov: usize, count: u32, how: i32): i64 {
  let done: i64 = 0;
  for (const end = iov + (count << 4); iov < end; iov += 16) {
    const error = advise(mm, load<u64>(iov), load<u64>(iov, 8), how);
    if (error) return done ? done : error;
    done += load<i64>(iov, 8);
  }
  return done;
}

export function sys_process_madvise(pidfd: u64, iovec: u64, count: u64, advice: u64, flags: u64): i64 {
  if (<u32>flags || count > UIO_MAXIOV) return -EINVAL;
  const iov = iovecs(iovec, count);
  if (iov < 0) return iov;
  let result = pidfdGroup(<i32>pidfd);
  if (result >= 0) {
    const group = changetype<Group>(<usize>result);
    result = mayAdvise(group, <i32>advice);
    if (!result) result = adviseEach(group.leader.mm, <usize>iov, <u32>count, <i32>advice);
  }
  kfree(<usize>iov);
  return result;
}

/** 0 = the same, 1 and 2 an order. */
function order(a: usize, b: usize): i64 {
  return a == b ? 0 : a < b ? 1 : 2;
}

function fileOf(task: Task, fd: u64): usize {
  return task.files && fd <= u32.MAX_VALUE ? changetype<usize>(fdGetFrom(task.files, <u32>fd)) : 0;
}

export function sys_kcmp(pid1: u64, pid2: u64, type: u64, index1: u64, index2: u64): i64 {
  const a = taskFind(<i32>pid1);
  const b = taskFind(<i32>pid2);
  if (!a || !b) return -ESRCH;
  if (!mayAccess(a) || !mayAccess(b)) return -EPERM;
  switch (<i32>type) {
    case KCMP_FILE: {
      const fileA = fileOf(a, index1);
      const fileB = fileOf(b, index2);
      return fileA && fileB ? order(fileA, fileB) : -EBADF;
    }
    case KCMP_VM: return order(changetype<usize>(a.mm), changetype<usize>(b.mm));
    case KCMP_FILES: return order(a.files, b.files);
    case KCMP_FS: return order(changetype<usize>(a.fs), changetype<usize>(b.fs));
    case KCMP_SIGHAND: return order(changetype<usize>(a.sighand), changetype<usize>(b.sighand));
    // There are no I/O contexts.
    case KCMP_IO: return 0;
    case KCMP_SYSVSEM: return order(a.semUndo, b.semUndo);
    default: return -EINVAL;
  }
}
