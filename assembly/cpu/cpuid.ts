// cpuid: what is implemented, and nothing else. Level x86-64-v2. SDM vol. 2 CPUID.
import { CPU, RAX, RBX, RCX, RDX } from "./state";

const LEVEL = memory.data<u32>([2]);

/** The level of x86-64 that the machine shows and executes: 1 or 2. */
export function cpuLevel(): u32 {
  return load<u32>(LEVEL);
}

export function cpuLevelSet(level: u32): void {
  store<u32>(LEVEL, level);
}

// fpu tsc msr? no; cx8 cmov clflush mmx fxsr sse sse2 (and the bits that user code expects of any
// 64-bit CPU: de pse pae mce apic sep mtrr pge mca pat pse36).
const FPU = 1 << 0;
const TSC = 1 << 4;
const CX8 = 1 << 8;
const CMOV = 1 << 15;
const CLFSH = 1 << 19;
const MMX = 1 << 23;
const FXSR = 1 << 24;
const SSE = 1 << 25;
const SSE2 = 1 << 26;
const KERNEL_BITS = 0x3da6e; // vme … pse36 without the ones above
/** cpuid(1).edx, which Linux passes on as AT_HWCAP. */
export const HWCAP: u64 = FPU | TSC | CX8 | CMOV | CLFSH | MMX | FXSR | SSE | SSE2 | (KERNEL_BITS & ~CX8 & ~CMOV);
const SSE3 = 1 << 0;
const SSSE3 = 1 << 9;
const CX16 = 1 << 13;
const SSE41 = 1 << 19;
const SSE42 = 1 << 20;
const POPCNT = 1 << 23;
const HYPERVISOR: u32 = 1 << 31;
const ECX1: u32 = SSE3 | SSSE3 | CX16 | SSE41 | SSE42 | POPCNT | HYPERVISOR;

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
  switch (leaf) {
    case 0: put(7, 0x756e6547, 0x6c65746e, 0x49656e69); return; // GenuineIntel: the vendor that glibc tunes least oddly for
    case 1: put(0x000106a5, 0x00010800, ECX1, <u32>HWCAP); return; // family 6, model 26: the first with SSE4.2
    case 2: put(0x00000001, 0, 0, 0); return;
    case 4: cacheLeaf(load<u32>(CPU + RCX)); return;
    case 7: put(0, 0, 0, 0); return;
    case 0x40000000: put(0x40000000, 0x676e6972, 0x20202033, 0x20202020); return; // "ring3"
    case 0x80000000: put(0x80000008, 0, 0, 0); return;
    case 0x80000001: put(0, 0, 1, (1 << 29) | (1 << 20) | (1 << 11) | (1 << 27)); return; // lahf; lm nx syscall rdtscp
    case 0x80000002: case 0x80000003: case 0x80000004: {
      const at = BRAND + ((leaf - 0x80000002) << 4);
      put(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
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
