// personality(2).
// Compiled by AssemblyScript and by TypeScript. Made by tools/gen-abi.mjs from the C headers.
export const PER_CLEAR_ON_SETID = 7602176;
export const UNAME26 = 131072;
export const ADDR_NO_RANDOMIZE = 262144;
export const FDPIC_FUNCPTRS = 524288;
export const MMAP_PAGE_ZERO = 1048576;
export const ADDR_COMPAT_LAYOUT = 2097152;
export const READ_IMPLIES_EXEC = 4194304;
export const ADDR_LIMIT_32BIT = 8388608;
export const SHORT_INODE = 16777216;
export const WHOLE_SECONDS = 33554432;
export const STICKY_TIMEOUTS = 67108864;
export const ADDR_LIMIT_3GB = 134217728;
export const PER_LINUX = 0;
export const PER_LINUX32 = 8;
export const PER_MASK = 255;
