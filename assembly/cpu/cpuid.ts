// cpuid: what is implemented, and nothing else. Level x86-64-v2, or v1 when that is asked for. SDM vol. 2 CPUID.
import { XCR0, XSAVE_BYTES } from "./fxsave";
import { textByte } from "../lib/text";
import { CPU, RAX, RBX, RCX, RDX } from "./state";

const LEVEL = memory.data<u32>([2]);

/** The level of x86-64 that the machine shows and executes: 1 or 2. */
export function cpuLevel(): u32 {
  return load<u32>(LEVEL);
}

export function cpuLevelSet(level: u32): void {
  store<u32>(LEVEL, level);
}

// cpuid(1).edx, by bit; what is empty is absent. Kernel features that user code expects of any 64-bit CPU are among them.
const EDX1 = "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 - clflush - - - mmx fxsr sse sse2";
const ECX1 = "pni - - - - - - - - ssse3 - - - cx16 - - - - - sse4_1 sse4_2 - - popcnt - - xsave - - - rdrand";
const EBX7 = "- - - - - - - - - erms - - - - - - - - rdseed";
const ECX8 = "lahf_lm";
const EDX8 = "- - - - - - - - - - - syscall - - - - - - - - nx - - - - - - rdtscp - lm";
const OSXSAVE: u32 = 1 << 27;
const HYPERVISOR: u32 = 1 << 31;

/** The bits of the names in a list. */
function bitsOf(names: string): u32 {
  let bits: u32 = 0;
  let n: u32 = 0;
  for (let i = 0; i < names.length; i++) {
    const c = names.charCodeAt(i);
    if (c == 32) n++;
    else if (c != 45) bits |= 1 << n;
  }
  return bits;
}

function isFirst(): bool {
  return cpuLevel() < 2;
}

function edx8(): u32 {
  return bitsOf(EDX8) & (isFirst() ? ~(<u32>1 << 27) : u32.MAX_VALUE);
}

/** cpuid(1).edx, which Linux passes on as AT_HWCAP. */
export function hwcap(): u64 {
  return bitsOf(EDX1);
}

function flagNames(names: string, bits: u32): void {
  let n: u32 = 0;
  for (let i = 0; i < names.length; i++) {
    const c = names.charCodeAt(i);
    if (c == 32) n++;
    else if ((bits >> n) & 1) {
      if (i == 0 || names.charCodeAt(i - 1) == 32) textByte(32);
      textByte(c);
    }
  }
}

/** The flags of /proc/cpuinfo, each after a space. */
export function cpuFlags(): void {
  flagNames(EDX1, bitsOf(EDX1));
  flagNames(EDX8, edx8());
  if (!isFirst()) {
    flagNames(ECX1, bitsOf(ECX1));
    flagNames(ECX8, 1);
    flagNames(EBX7, bitsOf(EBX7));
  }
  flagNames("hypervisor", 1);
}

const BRAND = memory.data<u8>([
  0x72, 0x69, 0x6e, 0x67, 0x33, 0x20, 0x78, 0x38, 0x36, 0x2d, 0x36, 0x34, 0x2d, 0x76, 0x32, 0x20, 0x76, 0x69, 0x72, 0x74, 0x75, 0x61, 0x6c, 0x20, 0x43, 0x50, 0x55, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

function put(a: u32, b: u32, c: u32, d: u32): void {
  store<u64>(CPU + RAX, a);
  store<u64>(CPU + RBX, b);
  store<u64>(CPU + RCX, c);
  store<u64>(CPU + RDX, d);
}

export function cpuid(): void {
  const leaf = load<u32>(CPU + RAX);
  const index = load<u32>(CPU + RCX);
  switch (leaf) {
    case 0: put(isFirst() ? 7 : 0xd, 0x756e6547, 0x6c65746e, 0x49656e69); return; // GenuineIntel: the vendor that glibc tunes least oddly for
    case 1: put(0x000106a5, 0x00010800, HYPERVISOR | (isFirst() ? 0 : bitsOf(ECX1) | OSXSAVE), bitsOf(EDX1)); return; // family 6, model 26: the first with SSE4.2
    case 2: put(0x00000001, 0, 0, 0); return;
    case 4: cacheLeaf(index); return;
    case 7: put(0, index || isFirst() ? 0 : bitsOf(EBX7), 0, 0); return;
    case 0xd: // what xsave manages, and the size of its area
      if (index || isFirst()) put(0, 0, 0, 0);
      else put(XCR0, XSAVE_BYTES, XSAVE_BYTES, 0);
      return;
    case 0x40000000: put(0x40000000, 0x676e6972, 0x20202033, 0x20202020); return; // "ring3"
    case 0x80000000: put(0x80000008, 0, 0, 0); return;
    case 0x80000001: put(0, 0, isFirst() ? 0 : bitsOf(ECX8), edx8()); return;
    case 0x80000002: case 0x80000003: case 0x80000004: {
      const at = BRAND + ((leaf - 0x80000002) << 4);
      put(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12) - (leaf == 0x80000002 && isFirst() ? 1 << 16 : 0)); // … v1
      return;
    }
    case 0x80000006: put(0, 0, 0x01006040, 0); return;
    case 0x80000008: put(0x3030, 0, 0, 0); return;
    default: put(0, 0, 0, 0);
  }
}

/** Deterministic cache parameters: 32 KiB L1 data and code, 256 KiB L2, 8 MiB L3, lines of 64 bytes. */
function cacheLeaf(index: u32): void {
  switch (index) {
    case 0: put(0x21, 0x01c0003f, 63, 0); return;
    case 1: put(0x22, 0x01c0003f, 63, 0); return;
    case 2: put(0x43, 0x01c0003f, 511, 0); return;
    case 3: put(0x63, 0x03c0003f, 8191, 0); return;
    default: put(0, 0, 0, 0);
  }
}
