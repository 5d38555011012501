// struct timespec and struct itimerspec between guest memory and ns.
import { EFAULT } from "../abi/errno";
import { copyIn, copyOut } from "../mm/usercopy";
import { NO_TIME, timeCheck } from "../task/clocks";

const SECOND: u64 = 1_000_000_000;
/** About 292 years: for ever. */
const MOST_SECONDS: i64 = 9_000_000_000;
const SPEC = memory.data(32, 8);

/** Copies a struct itimerspec in for specNs. */
export function specIn(from: u64): bool {
  return copyIn(SPEC, from, 32);
}

/** ns of the interval (at 0) or the value (at 16); NO_TIME when it is no time. */
export function specNs(offset: usize): u64 {
  const sec = load<i64>(SPEC + offset);
  const nsec = load<u64>(SPEC + offset, 8);
  return timeCheck(sec, nsec) ? NO_TIME : <u64>min<i64>(sec, MOST_SECONDS) * SECOND + nsec;
}

export function specOut(to: u64, interval: u64, left: u64): bool {
  store<u64>(SPEC, interval / SECOND);
  store<u64>(SPEC, interval % SECOND, 8);
  store<u64>(SPEC, left / SECOND, 16);
  store<u64>(SPEC, left % SECOND, 24);
  return copyOut(to, SPEC, 32);
}

export function putTimespec(to: u64, ns: u64): i64 {
  store<u64>(SPEC, ns / SECOND);
  store<u64>(SPEC, ns % SECOND, 8);
  return copyOut(to, SPEC, 16) ? 0 : -EFAULT;
}

/** ns of a timespec at guest address; −EFAULT, −EINVAL. */
export function timespecIn(from: u64): i64 {
  if (!copyIn(SPEC, from, 16)) return -EFAULT;
  const sec = load<i64>(SPEC);
  const nsec = load<u64>(SPEC, 8);
  const error = timeCheck(sec, nsec);
  return error ? error : min<i64>(sec, MOST_SECONDS) * <i64>SECOND + <i64>nsec;
}
