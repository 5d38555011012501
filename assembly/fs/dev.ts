// Character devices of memory: null(4), zero(4), full(4), random(4).
import { EFAULT, ENOSPC, ENXIO } from "../abi/errno";
import { randomFill } from "../lib/random";
import { clearUser, pagePiece, userWrite } from "../mm/usercopy";

export const DEV_NULL: u32 = 0x103;
export const DEV_ZERO: u32 = 0x105;
export const DEV_FULL: u32 = 0x107;
export const DEV_RANDOM: u32 = 0x108;
export const DEV_URANDOM: u32 = 0x109;

export function deviceKnown(rdev: u32): bool {
  return rdev == DEV_NULL || rdev == DEV_ZERO || rdev == DEV_FULL || rdev == DEV_RANDOM || rdev == DEV_URANDOM;
}

/** Whether its driver has a poll of its own: of the memory devices only /dev/random; drivers/char/mem.c. */
export function deviceCanPoll(rdev: u32): bool {
  return rdev == DEV_RANDOM;
}

export function deviceRead(rdev: u32, to: u64, count: u64): i64 {
  switch (rdev) {
    case DEV_NULL: return 0;
    case DEV_ZERO:
    case DEV_FULL: return clearUser(to, count) ? <i64>count : -EFAULT;
    case DEV_RANDOM:
    case DEV_URANDOM: return randomToUser(to, count);
    default: return -ENXIO;
  }
}

/** Random bytes to guest memory: bytes written, or −EFAULT when the first page faults. */
export function randomToUser(to: u64, count: u64): i64 {
  let done: u64 = 0;
  while (done < count) {
    const n = pagePiece(to + done, count - done);
    const host = userWrite(to + done, n);
    if (!host) return done ? <i64>done : -EFAULT;
    randomFill(host, <i32>n);
    done += n;
  }
  return done;
}

export function deviceWrite(rdev: u32, from: u64, count: u64): i64 {
  return rdev == DEV_FULL ? -ENOSPC : <i64>count;
}

export function deviceSeek(rdev: u32): i64 {
  return 0;
}
