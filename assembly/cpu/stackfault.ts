// #SS or #GP: an address that is not canonical is a stack fault where the stack segment would have been used, that is
// for pushes and pops, and for operands at rsp or rbp without fs or gs. SDM vol. 1 section 3.7.4, vol. 3 section 6.15.
import { memFetch } from "../mm/tlb";
import { CPU, RSP } from "./state";

let next: u64 = 0;

function byte(): u32 {
  const host = memFetch(next++);
  return host ? load<u8>(host) : 0;
}

/** Whether the instruction at rip, which could not reach `addr`, meant it as an address on the stack. */
export function inStackSegment(rip: u64, addr: u64): bool {
  next = rip;
  let rex: u32 = 0;
  let otherBase = false;
  let op = byte();
  for (let n = 0; n < 14; n++) {
    if (op == 0x64 || op == 0x65) otherBase = true;
    if ((op & 0xf0) == 0x40) rex = op;
    else if (op == 0x66 || op == 0x67 || op == 0x64 || op == 0x65 || (op & 0xe7) == 0x26 || (op & 0xfc) == 0xf0) rex = 0;
    else break;
    op = byte();
  }
  let map = 0;
  if (op == 0x0f) {
    op = byte();
    map = 1;
    if (op == 0x38 || op == 0x3a) {
      byte();
      map = 2;
    }
  }
  if (map == 0) {
    if ((op & 0xf0) == 0x50 || op == 0x68 || op == 0x6a || op == 0x9c || op == 0x9d || (op >= 0xc8 && op <= 0xcb) || op == 0xc2 || op == 0xc3 || op == 0xcf || op == 0xe8) return true;
    // Strings, xlat and the moves of an absolute address.
    if ((op & 0xfc) == 0xa0 || (op & 0xfc) == 0xa4 || (op >= 0xaa && op <= 0xaf) || op == 0xd7) return false;
  } else if (map == 1 && (op & 0xf6) == 0xa0) return true;
  const modrm = byte();
  if (map == 0 && op == 0x8f && addr == load<u64>(CPU + RSP)) return true;
  const digit = (modrm >> 3) & 7;
  const below = load<u64>(CPU + RSP) - addr;
  // call and push, call far
  if (map == 0 && op == 0xff && ((digit == 2 || digit == 6) ? below == 8 || below == 2 : digit == 3 && (below == 16 || below == 8 || below == 4))) return true;
  if (otherBase || modrm >= 0xc0 || rex & 1) return false;
  if ((modrm & 7) == 5) return modrm >= 0x40;
  if ((modrm & 7) != 4) return false;
  const base = byte() & 7;
  return base == 4 || (base == 5 && modrm >= 0x40);
}
