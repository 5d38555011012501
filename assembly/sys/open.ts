// open(2), creat(2), openat(2), openat2(2).
import { E2BIG, EAGAIN, EFAULT, EINVAL } from "../abi/errno";
import { O_CLOEXEC, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TRUNC, O_WRONLY, RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from "../abi/fcntl";
import { fdInstall } from "../fs/fdtable";
import { File } from "../fs/file";
import { LOOKUP_BENEATH, LOOKUP_IN_ROOT, LOOKUP_NO_MAGICLINKS, LOOKUP_NO_SYMLINKS, LOOKUP_NO_XDEV, PATH_BUFFER, pathIn } from "../fs/namei";
import { openAt, openResume, openWaits } from "../fs/open";
import { copyIn } from "../mm/usercopy";

const CWD: u64 = <u64><i64>-100;
const __O_TMPFILE: u64 = 0x400000;
/** Flags that open knows; kernel: VALID_OPEN_FLAGS. */
const VALID: u64 = 0x7ffbc3 | 0x8000 | __O_TMPFILE;
const HOW_BYTES: u64 = 24;
const HOW = memory.data(4096, 8);

export function sys_open(path: u64, flags: u64, mode: u64): i64 {
  return sys_openat(CWD, path, flags, mode);
}

export function sys_creat(path: u64, mode: u64): i64 {
  return sys_openat(CWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

export function sys_openat(dirfd: u64, path: u64, flags: u64, mode: u64): i64 {
  return openInto(dirfd, path, <u32>flags, <u32>mode & 0xfff, 0);
}

function openInto(dirfd: u64, path: u64, flags: u32, mode: u32, resolve: u32): i64 {
  if (openWaits()) return install(openResume(), flags);
  const error = pathIn(path);
  if (error) return error;
  return install(openAt(<i32>dirfd, PATH_BUFFER, flags & ~O_CLOEXEC, mode, resolve), flags);
}

function install(opened: i64, flags: u32): i64 {
  return opened < 0 ? opened : fdInstall(changetype<File>(<usize>opened), (flags & O_CLOEXEC) != 0);
}

export function sys_openat2(dirfd: u64, path: u64, how: u64, size: u64): i64 {
  if (size < HOW_BYTES) return -EINVAL;
  if (size > 4096) return -E2BIG;
  if (!copyIn(HOW, how, size)) return -EFAULT;
  for (let at = <usize>HOW_BYTES; at < <usize>size; at++) if (load<u8>(HOW + at)) return -E2BIG;
  const flags = load<u64>(HOW);
  const mode = load<u64>(HOW, 8);
  const resolve = load<u64>(HOW, 16);
  if (flags & ~VALID || resolve & ~<u64>(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)) return -EINVAL;
  if (resolve & RESOLVE_BENEATH && resolve & RESOLVE_IN_ROOT) return -EINVAL;
  if (flags & (O_CREAT | __O_TMPFILE) ? mode & ~<u64>0xfff : mode) return -EINVAL;
  if (flags & O_PATH && flags & ~<u64>(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) return -EINVAL;
  // All is in memory, but what makes or cuts a file cannot be tried.
  if (resolve & RESOLVE_CACHED && flags & (O_TRUNC | O_CREAT | __O_TMPFILE)) return -EAGAIN;
  return openInto(dirfd, path, <u32>flags, <u32>mode, lookupFlags(resolve));
}

function lookupFlags(resolve: u64): u32 {
  let flags: u32 = 0;
  if (resolve & RESOLVE_NO_XDEV) flags |= LOOKUP_NO_XDEV;
  if (resolve & RESOLVE_NO_MAGICLINKS) flags |= LOOKUP_NO_MAGICLINKS;
  if (resolve & RESOLVE_NO_SYMLINKS) flags |= LOOKUP_NO_SYMLINKS;
  if (resolve & RESOLVE_BENEATH) flags |= LOOKUP_BENEATH;
  if (resolve & RESOLVE_IN_ROOT) flags |= LOOKUP_IN_ROOT;
  return flags;
}
