// UTS name spaces: host and domain name; uname(2), uts_namespaces(7).
import { kfree, kzalloc } from "../mm/kmalloc";
import { Task, current } from "./task";

/** __NEW_UTS_LEN and a NUL. */
export const UTS_BYTES: u32 = 65;
/** Kernel: include/linux/proc_ns.h PROC_UTS_INIT_INO. */
const UTS_INIT_INO: u32 = 4026531838;

@unmanaged
export class UtsNs {
  refs: u32;
  inum: u32;
  // host name, domain name: UTS_BYTES each
}

const STATE = memory.data(8, 4); // u32 the first one, u32 how many there were
const RING3 = memory.data<u8>([0x72, 0x69, 0x6e, 0x67, 0x33, 0]);
const NONE = memory.data<u8>([0x28, 0x6e, 0x6f, 0x6e, 0x65, 0x29, 0]);

// @ts-ignore: decorator
@inline
export function utsOf(task: Task): UtsNs {
  return changetype<UtsNs>(task.utsNs);
}

function utsNew(): UtsNs | null {
  const ns = changetype<UtsNs>(kzalloc(offsetof<UtsNs>() + 2 * UTS_BYTES));
  if (!changetype<usize>(ns)) return null;
  ns.refs = 1;
  const count = load<u32>(STATE + 4);
  ns.inum = count ? 0xf0100000 + count : UTS_INIT_INO;
  store<u32>(STATE + 4, count + 1);
  return ns;
}

/** The name space of the first processes. */
export function utsFirst(): UtsNs {
  if (!load<u32>(STATE)) {
    const ns = changetype<UtsNs>(changetype<usize>(utsNew()));
    memory.copy(hostnameOf(ns), RING3, 6);
    memory.copy(hostnameOf(ns) + UTS_BYTES, NONE, 7);
    store<u32>(STATE, <u32>changetype<usize>(ns));
  }
  return changetype<UtsNs>(<usize>load<u32>(STATE));
}

export function utsHold(ns: UtsNs): UtsNs {
  ns.refs++;
  return ns;
}

export function utsDrop(ns: UtsNs): void {
  if (!--ns.refs) kfree(changetype<usize>(ns));
}

/** A copy of the running task's names; null = out of memory. */
export function utsCopy(): UtsNs | null {
  const ns = utsNew();
  if (ns) memory.copy(hostnameOf(ns), hostnameOf(utsOf(current)), 2 * UTS_BYTES);
  return ns;
}

/** The running task goes over to a name space, whose reference passes to it. */
export function utsEnter(ns: UtsNs): void {
  const old = utsOf(current);
  current.utsNs = changetype<usize>(ns);
  utsDrop(old);
}

// @ts-ignore: decorator
@inline
function hostnameOf(ns: UtsNs): usize {
  return changetype<usize>(ns) + offsetof<UtsNs>();
}

export function utsHostname(): usize {
  return hostnameOf(utsOf(current));
}

export function utsDomainname(): usize {
  return hostnameOf(utsOf(current)) + UTS_BYTES;
}
