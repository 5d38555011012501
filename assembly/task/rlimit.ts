// Resource limits of the first process; getrlimit(2). 16 pairs of u64 soft, u64 hard.
import { RLIMIT_AS, RLIMIT_CORE, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RTPRIO, RLIMIT_SIGPENDING, RLIMIT_STACK } from "../abi/resource";
import { Mm } from "../mm/space";

function set(limits: usize, which: i32, soft: u64, hard: u64): void {
  store<u64>(limits + (which << 4), soft);
  store<u64>(limits + (which << 4), hard, 8);
}

export function rlimitsInit(limits: usize): void {
  for (let i = 0; i < 16; i++) set(limits, i, u64.MAX_VALUE, u64.MAX_VALUE);
  set(limits, RLIMIT_STACK, 8 << 20, u64.MAX_VALUE);
  set(limits, RLIMIT_CORE, 0, u64.MAX_VALUE);
  set(limits, RLIMIT_NPROC, 95000, 95000);
  set(limits, RLIMIT_NOFILE, 1024, 1048576);
  set(limits, RLIMIT_MEMLOCK, 8 << 20, 8 << 20);
  set(limits, RLIMIT_SIGPENDING, 95000, 95000);
  set(limits, RLIMIT_MSGQUEUE, 819200, 819200);
  set(limits, RLIMIT_NICE, 0, 0);
  set(limits, RLIMIT_RTPRIO, 0, 0);
}

function pages(limit: u64): u64 {
  return limit == u64.MAX_VALUE ? limit : limit >> 12;
}

/** The limits that an address space looks at. */
export function mmLimits(mm: Mm, limits: usize): void {
  mm.limitPages = pages(load<u64>(limits + RLIMIT_AS * 16));
  mm.dataLimitPages = pages(load<u64>(limits + RLIMIT_DATA * 16));
  mm.dataLimitMaxPages = pages(load<u64>(limits + RLIMIT_DATA * 16, 8));
  mm.stackLimit = load<u64>(limits + RLIMIT_STACK * 16);
}
