// sched_setattr(2).
// Compiled by AssemblyScript and by TypeScript. Made by tools/gen-abi.mjs from the C headers.
export const SCHED_FLAG_KEEP_POLICY = 8;
export const SCHED_FLAG_RESET_ON_FORK = 1;
export const SCHED_FLAG_KEEP_PARAMS = 16;
export const SCHED_ATTR_SIZE = 0;
export const SCHED_ATTR_SCHED_POLICY = 4;
export const SCHED_ATTR_SCHED_FLAGS = 8;
export const SCHED_ATTR_SCHED_NICE = 16;
export const SCHED_ATTR_SCHED_PRIORITY = 20;
export const SCHED_ATTR_SCHED_RUNTIME = 24;
export const SCHED_ATTR_SCHED_DEADLINE = 32;
export const SCHED_ATTR_SCHED_PERIOD = 40;
export const SIZEOF_SCHED_ATTR = 56;
