// Copies between kernel memory and guest memory of the current address space. Nothing here
// traps: a bad guest address makes the function say so, and the caller returns −EFAULT.
import { EFAULT, ENAMETOOLONG } from "../abi/errno";
import { ACCESS_READ, ACCESS_WRITE, TLB_ENTRIES, resolve, tlbRead, tlbWrite } from "./tlb";
import { TASK_SIZE } from "./space";
import { WATCH_READ, WATCH_WRITE, watchKernel, watchWill, watching } from "./watch";

/** The value that the last successful getUser* read. */
export let userValue: u64 = 0;

// @ts-ignore: decorator
@inline
function hit(tlb: usize, addr: u64, size: u32): usize {
  const slot = tlb + ((<u32>(addr >> 12) & (TLB_ENTRIES - 1)) << 4);
  if (!tlb || load<u64>(slot) != ((addr + size - 1) & ~(<u64>0xfff))) return 0;
  return <usize>(<u32>addr + load<u32>(slot, 8));
}

/** Host address of the readable guest byte at `addr`, good to the end of its page; 0 = fault. */
// @ts-ignore: decorator
@inline
export function userRead(addr: u64): usize {
  const host = hit(tlbRead, addr, 1);
  return host ? host : resolve(addr, ACCESS_READ, 1);
}

/** Host address for stores of `size` bytes (in one page) at `addr`; 0 = fault. */
// @ts-ignore: decorator
@inline
export function userWrite(addr: u64, size: i32 = 1): usize {
  const host = hit(tlbWrite, addr, 1);
  return host ? host : resolve(addr, ACCESS_WRITE, size);
}

/** Whether [addr, addr + len) lies in the guest's half of the address space; kernel: access_ok(). */
// @ts-ignore: decorator
@inline
export function userRangeOk(addr: u64, len: u64): bool {
  return addr <= TASK_SIZE && len <= TASK_SIZE - addr;
}

/** Bytes from `addr` to the end of its page, at most `len`. */
// @ts-ignore: decorator
@inline
export function pagePiece(addr: u64, len: u64): u32 {
  return <u32>min(<u64>4096 - (addr & 0xfff), len);
}

/** Copies `len` guest bytes at `from` to kernel memory; the number of bytes not copied. */
export function copyInPartial(to: usize, from: u64, len: u64): u64 {
  if (watching()) watchKernel(from, len, WATCH_READ);
  while (len) {
    const piece = pagePiece(from, len);
    const host = userRead(from);
    if (!host) return len;
    memory.copy(to, host, piece);
    to += piece;
    from += piece;
    len -= piece;
  }
  return 0;
}

/** Copies `len` bytes of kernel memory to the guest at `to`; the number of bytes not copied. */
export function copyOutPartial(to: u64, from: usize, len: u64): u64 {
  const begin = to;
  if (watching()) watchWill(to, len);
  while (len) {
    const piece = pagePiece(to, len);
    const host = userWrite(to, piece);
    if (!host) return len;
    memory.copy(host, from, piece);
    to += piece;
    from += piece;
    len -= piece;
  }
  if (watching()) watchKernel(begin, to - begin, WATCH_WRITE);
  return 0;
}

/** Copies in; false = EFAULT (part may be copied). */
export function copyIn(to: usize, from: u64, len: u64): bool {
  return userRangeOk(from, len) && copyInPartial(to, from, len) == 0;
}

/** Copies out; false = EFAULT (part may be copied). */
export function copyOut(to: u64, from: usize, len: u64): bool {
  return userRangeOk(to, len) && copyOutPartial(to, from, len) == 0;
}

/** Zeroes guest memory; false = EFAULT. */
export function clearUser(to: u64, len: u64): bool {
  if (!userRangeOk(to, len)) return false;
  const begin = to;
  if (watching()) watchWill(to, len);
  while (len) {
    const piece = pagePiece(to, len);
    const host = userWrite(to, piece);
    if (!host) return false;
    memory.fill(host, 0, piece);
    to += piece;
    len -= piece;
  }
  if (watching()) watchKernel(begin, to - begin, WATCH_WRITE);
  return true;
}

/** Copies a NUL-terminated string with its NUL; its length without NUL, −EFAULT, or −ENAMETOOLONG when no NUL lies within `room` bytes. */
export function copyInString(to: usize, from: u64, room: i32): i32 {
  let done = 0;
  while (done < room) {
    const host = userRead(from);
    if (!host) return -EFAULT;
    const piece = <i32>pagePiece(from, room - done);
    for (let i = 0; i < piece; i++) {
      const c = load<u8>(host + i);
      store<u8>(to + done + i, c);
      if (!c) return done + i;
    }
    done += piece;
    from += piece;
  }
  return -ENAMETOOLONG;
}

// @ts-ignore: decorator
@inline
function getUser<T>(addr: u64): bool {
  const size = sizeof<T>();
  const host = hit(tlbRead, addr, size);
  if (host) {
    userValue = <u64>load<T>(host);
    return true;
  }
  return getUserSlow(addr, size);
}

const VALUE = memory.data(8, 8);

function getUserSlow(addr: u64, size: u32): bool {
  store<u64>(VALUE, 0);
  if (!copyIn(VALUE, addr, size)) return false;
  userValue = load<u64>(VALUE);
  return true;
}

// @ts-ignore: decorator
@inline
function putUser<T>(addr: u64, value: u64): bool {
  const size = sizeof<T>();
  const host = hit(tlbWrite, addr, size);
  if (host) {
    store<T>(host, <T>value);
    return true;
  }
  store<u64>(VALUE, value);
  return copyOut(addr, VALUE, size);
}

/** Reads the guest's u64 at `addr` into userValue (zero-extended for the narrower ones); false = EFAULT. */
export function getUser64(addr: u64): bool {
  return getUser<u64>(addr);
}
export function getUser32(addr: u64): bool {
  return getUser<u32>(addr);
}
export function getUser16(addr: u64): bool {
  return getUser<u16>(addr);
}
export function getUser8(addr: u64): bool {
  return getUser<u8>(addr);
}

/** Stores the low bits of `value` at guest address `addr`; false = EFAULT. */
export function putUser64(addr: u64, value: u64): bool {
  return putUser<u64>(addr, value);
}
export function putUser32(addr: u64, value: u64): bool {
  return putUser<u32>(addr, value);
}
export function putUser16(addr: u64, value: u64): bool {
  return putUser<u16>(addr, value);
}
export function putUser8(addr: u64, value: u64): bool {
  return putUser<u8>(addr, value);
}

/** Whether `size` bytes at `addr` can be written now (pages are made present); false = EFAULT. */
export function userWritable(addr: u64, size: u64): bool {
  if (!userRangeOk(addr, size)) return false;
  for (let a = addr; a < addr + size; a = (a | 0xfff) + 1) if (!userWrite(a, 1)) return false;
  return true;
}
