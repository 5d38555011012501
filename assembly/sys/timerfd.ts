// timerfd_create(2), timerfd_settime(2), timerfd_gettime(2).
import { EBADF, EFAULT, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { CAP_WAKE_ALARM } from "../abi/capability";
import { CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_REALTIME_ALARM, TFD_CLOEXEC, TFD_NONBLOCK, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } from "../abi/time";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_PATH, FILE_TIMERFD, FMODE_READ, FMODE_WRITE, fileNew } from "../fs/file";
import { TimerFd, timerfdFree, timerfdLeft, timerfdNew, timerfdSet } from "../ipc/timerfd";
import { copyIn, copyOut } from "../mm/usercopy";
import { now, realtime } from "../task/clock";
import { current } from "../task/task";

const SECOND: u64 = 1_000_000_000;
const SPEC = memory.data(32, 8);

/** The clocks that wake a sleeping machine, which never sleeps here, need CAP_WAKE_ALARM. */
function mayWake(): bool {
  return ((current.cred.capEffective >> CAP_WAKE_ALARM) & 1) != 0;
}

export function sys_timerfd_create(clock: u64, flags: u64): i64 {
  if (<u32>flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) return -EINVAL;
  const id = <i32>clock;
  const wakes = id == CLOCK_REALTIME_ALARM || id == CLOCK_BOOTTIME_ALARM;
  if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME && !wakes) return -EINVAL;
  if (wakes && !mayWake()) return -EPERM;
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

/** The timespec at SPEC + offset in ns; u64.MAX_VALUE when it is none. */
function specAt(offset: usize): u64 {
  const sec = load<i64>(SPEC + offset);
  const nsec = load<u64>(SPEC + offset, 8);
  if (sec < 0 || nsec >= SECOND) return u64.MAX_VALUE;
  return <u64>min<i64>(sec, 9_000_000_000) * SECOND + nsec;
}

function specOut(t: TimerFd, to: u64): i64 {
  const left = timerfdLeft(t);
  store<u64>(SPEC, t.interval / SECOND);
  store<u64>(SPEC, t.interval % SECOND, 8);
  store<u64>(SPEC, left / SECOND, 16);
  store<u64>(SPEC, left % SECOND, 24);
  return copyOut(to, SPEC, 32) ? 0 : -EFAULT;
}

export function sys_timerfd_settime(fd: u64, flags: u64, value: u64, old: u64): i64 {
  if (!copyIn(SPEC, value, 32)) return -EFAULT;
  const interval = specAt(0);
  const first = specAt(16);
  if (<u32>flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) || interval == u64.MAX_VALUE || first == u64.MAX_VALUE) return -EINVAL;
  const found = timerOf(fd);
  if (found < 0) return found;
  const t = changetype<TimerFd>(<usize>found);
  const r = old ? specOut(t, old) : 0;
  let expires: u64 = 0;
  if (first) {
    if (!(<u32>flags & TFD_TIMER_ABSTIME)) expires = now() + first;
    else if (t.clock == CLOCK_REALTIME || t.clock == CLOCK_REALTIME_ALARM) {
      const offset = realtime() - now();
      expires = first > offset ? first - offset : 1;
    } else expires = first;
  }
  timerfdSet(t, expires, interval);
  return r;
}

export function sys_timerfd_gettime(fd: u64, to: u64): i64 {
  const found = timerOf(fd);
  return found < 0 ? found : specOut(changetype<TimerFd>(<usize>found), to);
}
