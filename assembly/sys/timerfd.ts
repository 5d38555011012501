// timerfd_create(2), timerfd_settime(2), timerfd_gettime(2).
import { EBADF, ECANCELED, EFAULT, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { CAP_WAKE_ALARM } from "../abi/capability";
import { CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_REALTIME_ALARM, TFD_CLOEXEC, TFD_NONBLOCK, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } from "../abi/time";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_PATH, FILE_TIMERFD, FMODE_READ, FMODE_WRITE, fileNew } from "../fs/file";
import { TimerFd, timerfdCancelled, timerfdFree, timerfdLeft, timerfdNew, timerfdSet } from "../ipc/timerfd";
import { NO_TIME, clockIsReal, deadlineAt, deadlineIn } from "../task/clocks";
import { capable } from "../task/cred";
import { specIn, specNs, specOut } from "./timespec";

export function sys_timerfd_create(clock: u64, flags: u64): i64 {
  if (<u32>flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) return -EINVAL;
  const id = <i32>clock;
  const wakes = id == CLOCK_REALTIME_ALARM || id == CLOCK_BOOTTIME_ALARM;
  if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME && !wakes) return -EINVAL;
  // The clocks that wake a sleeping machine, which never sleeps here.
  if (wakes && !capable(CAP_WAKE_ALARM)) return -EPERM;
  const t = timerfdNew(id);
  if (!t) return -ENOMEM;
  const file = fileNew(FILE_TIMERFD, changetype<usize>(t), O_RDWR | (<u32>flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE);
  if (!file) {
    timerfdFree(t);
    return -ENOMEM;
  }
  return fdInstall(file, (<u32>flags & TFD_CLOEXEC) != 0);
}

/** The timer behind a descriptor: its address or −errno. */
function timerOf(fd: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  return file.kind == FILE_TIMERFD ? <i64>file.object : -EINVAL;
}

export function sys_timerfd_settime(fd: u64, flags: u64, value: u64, old: u64): i64 {
  if (!specIn(value)) return -EFAULT;
  const interval = specNs(0);
  const first = specNs(16);
  if (<u32>flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) || interval == NO_TIME || first == NO_TIME) return -EINVAL;
  const found = timerOf(fd);
  if (found < 0) return found;
  const t = changetype<TimerFd>(<usize>found);
  const oldInterval = t.interval;
  const oldLeft = timerfdLeft(t);
  const absolute = (<u32>flags & TFD_TIMER_ABSTIME) != 0;
  t.real = absolute && clockIsReal(t.clock) ? 1 : 0;
  t.cancels = t.real && <u32>flags & TFD_TIMER_CANCEL_ON_SET ? 1 : 0;
  let expires: u64 = 0;
  if (first) expires = absolute ? deadlineAt(first, t.clock) : deadlineIn(first);
  timerfdSet(t, expires, interval);
  t.settime = <u32>flags;
  // Armed all the same: timerfd_create(2).
  if (first && timerfdCancelled(t)) return -ECANCELED;
  return old && !specOut(old, oldInterval, oldLeft) ? -EFAULT : 0;
}

export function sys_timerfd_gettime(fd: u64, to: u64): i64 {
  const found = timerOf(fd);
  if (found < 0) return found;
  const t = changetype<TimerFd>(<usize>found);
  const left = timerfdLeft(t);
  return specOut(to, t.interval, left) ? 0 : -EFAULT;
}
