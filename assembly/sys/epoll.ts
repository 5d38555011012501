// epoll_create(2), epoll_ctl(2), epoll_wait(2).
import { EBADF, EFAULT, EINTR, EINVAL, ENOMEM, EPERM, ETIMEDOUT } from "../abi/errno";
import { O_RDWR } from "../abi/fcntl";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from "../abi/poll";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_EPOLL, FILE_PATH, FMODE_READ, FMODE_WRITE, File, fileNew } from "../fs/file";
import { Epoll, epollAdd, epollFree, epollModify, epollNew, epollQueue, epollRemove, epollTake, fileCanPoll } from "../ipc/epoll";
import { copyIn, userRangeOk } from "../mm/usercopy";
import { now } from "../task/clock";
import { ERESTARTSYS, WAIT_EXCLUSIVE, block, isTimedOut, waitDeadline, waitOn, endsEarly } from "../task/wait";
import { maskBegin, maskEnd } from "./poll";
import { timespecIn } from "./timespec";

const EVENT = memory.data(12, 8);

export function sys_epoll_create1(flags: u64): i64 {
  if (<u32>flags & ~EPOLL_CLOEXEC) return -EINVAL;
  const e = epollNew();
  if (!e) return -ENOMEM;
  const file = fileNew(FILE_EPOLL, changetype<usize>(e), O_RDWR, FMODE_READ | FMODE_WRITE);
  if (!file) {
    epollFree(e);
    return -ENOMEM;
  }
  e.file = <u32>changetype<usize>(file);
  return fdInstall(file, <u32>flags != 0);
}

export function sys_epoll_create(size: u64): i64 {
  return <i32>size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

function fileOf(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.kind != FILE_PATH ? file : null;
}

export function sys_epoll_ctl(epfd: u64, op: u64, fd: u64, event: u64): i64 {
  let events: u32 = 0;
  let data: u64 = 0;
  if (<i32>op != EPOLL_CTL_DEL) {
    if (!copyIn(EVENT, event, 12)) return -EFAULT;
    events = load<u32>(EVENT);
    data = load<u64>(EVENT, 4);
  }
  const file = fileOf(epfd);
  const target = fileOf(fd);
  if (!file || !target) return -EBADF;
  if (!fileCanPoll(target)) return -EPERM;
  if (file === target || file.kind != FILE_EPOLL) return -EINVAL;
  const e = changetype<Epoll>(file.object);
  switch (<i32>op) {
    case EPOLL_CTL_ADD: return epollAdd(e, target, <i32>fd, events, data);
    case EPOLL_CTL_MOD: return epollModify(e, target, <i32>fd, events, data);
    case EPOLL_CTL_DEL: return epollRemove(e, target, <i32>fd);
    default: return -EINVAL;
  }
}

/** timeout in ns, −1 = for ever. */
function wait(epfd: u64, to: u64, maximum: u64, timeout: i64): i64 {
  const file = fileOf(epfd);
  if (!file) return -EBADF;
  const most = <i32>maximum;
  if (most <= 0 || most > i32.MAX_VALUE / 12) return -EINVAL;
  if (!userRangeOk(to, <u64>most * 12)) return -EFAULT;
  if (file.kind != FILE_EPOLL) return -EINVAL;
  const e = changetype<Epoll>(file.object);
  const count = epollTake(e, to, <u32>most);
  if (count || !timeout || isTimedOut()) return count;
  if (endsEarly()) return -EINTR;
  if (timeout > 0) waitDeadline(now() + timeout);
  waitOn(epollQueue(e), 0, WAIT_EXCLUSIVE);
  const r = block();
  return r == -ETIMEDOUT ? 0 : r == -ERESTARTSYS ? -EINTR : r;
}

// @ts-ignore: decorator
@inline
function milliseconds(timeout: u64): i64 {
  return <i32>timeout < 0 ? -1 : <i64><i32>timeout * 1_000_000;
}

export function sys_epoll_wait(epfd: u64, events: u64, maximum: u64, timeout: u64): i64 {
  return wait(epfd, events, maximum, milliseconds(timeout));
}

export function sys_epoll_pwait(epfd: u64, events: u64, maximum: u64, timeout: u64, mask: u64, size: u64): i64 {
  const error = maskBegin(mask, size);
  if (error) return error;
  return maskEnd(wait(epfd, events, maximum, milliseconds(timeout)));
}

export function sys_epoll_pwait2(epfd: u64, events: u64, maximum: u64, timeout: u64, mask: u64, size: u64): i64 {
  let ns: i64 = -1;
  if (timeout) {
    ns = timespecIn(timeout);
    if (ns < 0) return ns;
  }
  const error = maskBegin(mask, size);
  if (error) return error;
  return maskEnd(wait(epfd, events, maximum, ns));
}
