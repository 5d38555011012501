// arch_prctl(2), uname(2), sysinfo(2), getrandom(2), rseq(2), membarrier(2), getcpu(2).
import { EBUSY, EFAULT, EINVAL, EPERM } from "../abi/errno";
import { ARCH_GET_FS, ARCH_GET_GS, ARCH_SET_FS, ARCH_SET_GS } from "../abi/prctl";
import { PER_LINUX32, PER_MASK, UNAME26 } from "../abi/personality";
import { CPU, FS_BASE, GS_BASE } from "../cpu/state";
import { randomToUser } from "../fs/dev";
import { RELEASE } from "../fs/procfile";
import { framesTotal, framesUsed } from "../mm/frames";
import { TASK_SIZE } from "../mm/space";
import { copyIn, copyOut, putUser32, putUser64, userWritable } from "../mm/usercopy";
import { now } from "../task/clock";
import { groupCount } from "../task/table";
import { current } from "../task/task";
import { utsDomainname, utsHostname } from "../task/uts";

const BUFFER = memory.data(400, 8);
const CAP_SYS_ADMIN: u64 = 1 << 21;

export function sys_arch_prctl(code: u64, addr: u64): i64 {
  switch (<i32>code) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
      if (addr >= TASK_SIZE) return -EPERM;
      store<u64>(CPU + (<i32>code == ARCH_SET_FS ? FS_BASE : GS_BASE), addr);
      return 0;
    case ARCH_GET_FS: return putUser64(addr, load<u64>(CPU + FS_BASE)) ? 0 : -EFAULT;
    case ARCH_GET_GS: return putUser64(addr, load<u64>(CPU + GS_BASE)) ? 0 : -EFAULT;
    default: return -EINVAL;
  }
}

function field(offset: usize, text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(BUFFER + offset + i, load<u8>(changetype<usize>(text) + (i << 1)));
}

/** What UNAME26 of personality(2) makes of the release: 2.6.60 and the patch level; kernel: override_release(). */
const RELEASE_26 = "2.6.78-ring3";

export function sys_uname(to: u64): i64 {
  memory.fill(BUFFER, 0, 390);
  field(0, "Linux");
  memory.copy(BUFFER + 65, utsHostname(), 65);
  field(130, current.personality & UNAME26 ? RELEASE_26 : RELEASE);
  field(195, "#1 SMP PREEMPT_DYNAMIC");
  field(260, (current.personality & PER_MASK) == PER_LINUX32 ? "i686" : "x86_64");
  memory.copy(BUFFER + 325, utsDomainname(), 65);
  return copyOut(to, BUFFER, 390) ? 0 : -EFAULT;
}

function setName(to: usize, from: u64, length: u64): i64 {
  if (!(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  if (<i32>length < 0 || length > 64) return -EINVAL;
  memory.fill(BUFFER, 0, 65);
  if (!copyIn(BUFFER, from, length)) return -EFAULT;
  memory.copy(to, BUFFER, 65);
  return 0;
}

export function sys_sethostname(name: u64, length: u64): i64 {
  return setName(utsHostname(), name, length);
}

export function sys_setdomainname(name: u64, length: u64): i64 {
  return setName(utsDomainname(), name, length);
}

export function sys_sysinfo(to: u64): i64 {
  const total = <u64>framesTotal() << 12;
  memory.fill(BUFFER, 0, 112);
  store<u64>(BUFFER, now() / 1_000_000_000);
  store<u64>(BUFFER, total, 32);
  store<u64>(BUFFER, total - (<u64>framesUsed() << 12), 40);
  store<u16>(BUFFER, <u16>groupCount(), 80);
  store<u32>(BUFFER, 1, 104);
  return copyOut(to, BUFFER, 112) ? 0 : -EFAULT;
}

export function sys_getrandom(to: u64, count: u64, flags: u64): i64 {
  if (flags & ~(<u64>7) || (flags & 6) == 6) return -EINVAL;
  return randomToUser(to, min<u64>(count, 0x7ffff000));
}

export function sys_getcpu(cpu: u64, node: u64): i64 {
  return (!cpu || putUser32(cpu, 0)) && (!node || putUser32(node, 0)) ? 0 : -EFAULT;
}

const RSEQ_UNREGISTER: u64 = 1;

/** rseq(2): there is one CPU, so cpu_id is 0 from registration on. */
export function sys_rseq(area: u64, length: u64, flags: u64, signature: u64): i64 {
  const task = current;
  if (flags & ~RSEQ_UNREGISTER) return -EINVAL;
  if (flags & RSEQ_UNREGISTER) {
    if (!task.rseq || task.rseq != area) return -EINVAL;
    task.rseq = 0;
    return putUser32(area + 4, 0xffffffff) ? 0 : -EFAULT;
  }
  if (task.rseq) return task.rseq == area ? -EBUSY : -EINVAL;
  if (area & 31 || length < 32) return -EINVAL;
  if (!userWritable(area, 32)) return -EFAULT;
  putUser32(area, 0);
  putUser32(area + 4, 0);
  task.rseq = area;
  return 0;
}

/** One CPU: every command is done at once. Query answers what is there. */
export function sys_membarrier(command: u64, flags: u64): i64 {
  if (flags) return -EINVAL;
  const known: u32 = 0x1ff & ~0x180;
  if (!<u32>command) return known;
  return popcnt<u32>(<u32>command) == 1 && <u32>command & known ? 0 : -EINVAL;
}

export function sys_personality(value: u64): i64 {
  const old = current.personality;
  if (<u32>value != 0xffffffff) current.personality = <u32>value;
  return old;
}
