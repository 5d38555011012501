// Seals of memfds: fcntl(2) F_ADD_SEALS, F_GET_SEALS.
import { EBUSY, EINVAL, EPERM } from "../abi/errno";
import { FMODE_WRITE, File } from "./file";
import { Inode, KERNEL_DEV } from "./inode";
import { mappingVmas } from "../mm/mapping";
import { VM_NOWRITE, VM_SHARED, vmaOfLink } from "../mm/space";

export const SEAL_SEAL: u32 = 1;
export const SEAL_SHRINK: u32 = 2;
export const SEAL_GROW: u32 = 4;
export const SEAL_WRITE: u32 = 8;
export const SEAL_FUTURE_WRITE: u32 = 16;
/** The execute bits stay as they are. */
export const SEAL_EXEC: u32 = 32;
const ALL: u32 = 0x3f;

/** Seals of a file in memory: other files than memfds may get none. */
export function sealsOf(inode: Inode): u32 {
  return inode.dev == KERNEL_DEV ? inode.seals : SEAL_SEAL;
}

/** F_ADD_SEALS: 0 or −errno. */
export function sealsAdd(file: File, inode: Inode, seals: u32): i32 {
  if (!(file.mode & FMODE_WRITE)) return -EPERM;
  if (seals & ~ALL) return -EINVAL;
  if (sealsOf(inode) & SEAL_SEAL) return -EPERM;
  // What may be executed may then not be written.
  if (seals & SEAL_EXEC && inode.mode & 0x49) seals |= SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE;
  if (seals & SEAL_WRITE && !(inode.seals & SEAL_WRITE) && mappedWritable(inode)) return -EBUSY;
  inode.seals |= seals;
  return 0;
}

function mappedWritable(inode: Inode): bool {
  const mapping = inode.mapping;
  if (!mapping) return false;
  const list = mappingVmas(mapping);
  for (let link = list.next; link !== list; link = link.next) {
    const flags = vmaOfLink(link).flags;
    if (flags & VM_SHARED && !(flags & VM_NOWRITE)) return true;
  }
  return false;
}
