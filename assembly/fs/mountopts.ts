// Options of tmpfs; tmpfs(5). Kernel: mm/shmem.c shmem_parse_one(), shmem_show_options().
import { EINVAL } from "../abi/errno";
import { nameIs, text, textDecimal, textNumber } from "../lib/text";
import { framesTotal } from "../mm/frames";
import { Super } from "./super";

const SHOW_SIZE: u32 = 1;
const SHOW_INODES: u32 = 2;
const STICKY_777: u32 = 0x3ff;

/** Half of the memory, and as many inodes as pages in it. */
export function optionsDefault(sb: Super): void {
  sb.maxPages = framesTotal() >> 1;
  sb.maxInodes = framesTotal() >> 1;
  sb.optionMode = STICKY_777;
}

let valueAt: usize = 0;
let valueLength: u32 = 0;
let number: u64 = 0;

/** The value as a number in the base, with k, m, g (and % of the memory) behind it when `sized`; false when it is none. */
function parseNumber(base: u32, sized: bool): bool {
  number = 0;
  let i: u32 = 0;
  for (; i < valueLength; i++) {
    const digit = <u32>load<u8>(valueAt + i) - 48;
    if (digit >= base) break;
    number = number * base + digit;
  }
  if (!i) return false;
  if (i == valueLength) return true;
  if (!sized || i + 1 != valueLength) return false;
  const unit = load<u8>(valueAt + i);
  const letter = unit | 32;
  if (letter == 107) number <<= 10;
  else if (letter == 109) number <<= 20;
  else if (letter == 103) number <<= 30;
  else if (unit == 37) number = (<u64>framesTotal() << 12) * number / 100;
  else return false;
  return true;
}

function setPages(sb: Super, pages: u64): i32 {
  // A limit may not be lowered below what is used, nor given to a file system made without one.
  if (pages && pages < sb.pages) return -EINVAL;
  sb.maxPages = <u32>min<u64>(pages, u32.MAX_VALUE);
  sb.shown |= SHOW_SIZE;
  return 0;
}

function option(sb: Super, name: usize, n: u32): i32 {
  if (nameIs(name, n, "size")) return parseNumber(10, true) ? setPages(sb, (number + 4095) >> 12) : -EINVAL;
  if (nameIs(name, n, "nr_blocks")) return parseNumber(10, true) ? setPages(sb, number) : -EINVAL;
  if (nameIs(name, n, "nr_inodes")) {
    if (!parseNumber(10, true) || (number && number < sb.inodes)) return -EINVAL;
    sb.maxInodes = <u32>min<u64>(number, u32.MAX_VALUE);
    sb.shown |= SHOW_INODES;
    return 0;
  }
  if (nameIs(name, n, "mode")) {
    if (!parseNumber(8, false)) return -EINVAL;
    sb.optionMode = <u32>number & 0xfff;
    return 0;
  }
  if (nameIs(name, n, "uid") || nameIs(name, n, "gid")) {
    if (!parseNumber(10, false)) return -EINVAL;
    if (load<u8>(name) == 117) sb.optionUid = <u32>number;
    else sb.optionGid = <u32>number;
    return 0;
  }
  return nameIs(name, n, "inode64") || nameIs(name, n, "inode32") || nameIs(name, n, "noswap") ? 0 : -EINVAL;
}

/** Takes the options, which stand between commas; 0 or −EINVAL. */
export function optionsParse(sb: Super, data: usize): i32 {
  let at = data;
  while (load<u8>(at)) {
    const name = at;
    let n: u32 = 0;
    while (load<u8>(at) && load<u8>(at) != 44 && load<u8>(at) != 61) {
      at++;
      n++;
    }
    valueLength = 0;
    if (load<u8>(at) == 61) {
      valueAt = ++at;
      while (load<u8>(at) && load<u8>(at) != 44) at++;
      valueLength = <u32>(at - valueAt);
    }
    if (load<u8>(at)) at++;
    const error = n ? option(sb, name, n) : 0;
    if (error) return error;
  }
  return 0;
}

/** Appends the options as /proc/PID/mounts shows them. */
export function optionsShow(sb: Super): void {
  if (sb.shown & SHOW_SIZE) {
    text(",size=");
    textDecimal(<u64>sb.maxPages * 4);
    text("k");
  }
  if (sb.shown & SHOW_INODES) {
    text(",nr_inodes=");
    textDecimal(sb.maxInodes);
  }
  if (sb.optionMode != STICKY_777) {
    text(",mode=");
    textNumber(sb.optionMode, 8, 3, 48);
  }
  if (sb.optionUid) {
    text(",uid=");
    textDecimal(sb.optionUid);
  }
  if (sb.optionGid) {
    text(",gid=");
    textDecimal(sb.optionGid);
  }
}
