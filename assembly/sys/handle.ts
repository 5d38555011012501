// name_to_handle_at(2), open_by_handle_at(2): files of tmpfs by their number. Kernel: fs/fhandle.c, mm/shmem.c shmem_encode_fh().
import { EBADF, EFAULT, EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE } from "../abi/errno";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW, O_CLOEXEC, O_CREAT, O_EXCL } from "../abi/fcntl";
import { fdGet, fdInstall } from "../fs/fdtable";
import { File } from "../fs/file";
import { Dentry, FS_TMPFS, Inode, dentryDrop, dentryHold, inodeChildren } from "../fs/inode";
import { Mount } from "../fs/mount";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, fileMount, processCwdMount, userPathAt, walkMount } from "../fs/namei";
import { openDentry } from "../fs/open";
import { Super } from "../fs/super";
import { copyIn, copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { current } from "../task/task";

const CAP_DAC_READ_SEARCH: u64 = 1 << 2;
const MAX_HANDLE_SZ: u32 = 128;
const HEAD: u64 = 8; // u32 bytes, i32 type
/** The type that tmpfs gives, and its bytes: u32 generation, u64 number. */
const TYPE: u32 = 1;
const BYTES: u32 = 12;
const HANDLE = memory.data(16, 8);

export function sys_name_to_handle_at(dirfd: u64, path: u64, handle: u64, mountId: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const found = userPathAt(dirfd, path, (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  const r = encode(walkMount, dentry.inode, handle, mountId);
  dentryDrop(dentry);
  return r;
}

function encode(mount: Mount, inode: Inode, handle: u64, mountId: u64): i64 {
  if (mount.sb.type != FS_TMPFS) return -EOPNOTSUPP;
  if (!getUser32(handle)) return -EFAULT;
  const room = <u32>userValue;
  if (room > MAX_HANDLE_SZ) return -EINVAL;
  if (!putUser32(mountId, mount.id)) return -EFAULT;
  if (room < BYTES) return putUser32(handle, BYTES) ? -EOVERFLOW : -EFAULT;
  store<u32>(HANDLE, inode.generation);
  // Not aligned on purpose: three words.
  store<u64>(HANDLE + 4, inode.ino);
  if (!copyOut(handle + HEAD, HANDLE, BYTES)) return -EFAULT;
  return putUser32(handle, BYTES) && putUser32(handle + 4, TYPE) ? 0 : -EFAULT;
}

/** The dentry, held, of the super block's file with that number, or null. */
function find(sb: Super, ino: u64, generation: u32): Dentry | null {
  const top = changetype<Dentry>(<usize>sb.root);
  let at = top;
  while (true) {
    if (at.inode.ino == ino && at.inode.generation == generation) return dentryHold(at);
    const below = inodeChildren(at.inode);
    if (!below.empty) {
      at = changetype<Dentry>(changetype<usize>(below.next));
      continue;
    }
    while (at !== top && at.next === inodeChildren(at.parent.inode)) at = at.parent;
    if (at === top) return null;
    at = changetype<Dentry>(changetype<usize>(at.next));
  }
}

export function sys_open_by_handle_at(mountFd: u64, handle: u64, flags: u64): i64 {
  let mount = processCwdMount();
  if (<i32>mountFd != AT_FDCWD) {
    const file = fdGet(<i32>mountFd);
    if (!file) return -EBADF;
    mount = fileMount(file);
  }
  if (!(current.cred.capEffective & CAP_DAC_READ_SEARCH)) return -EPERM;
  if (!getUser32(handle)) return -EFAULT;
  const bytes = <u32>userValue;
  if (bytes > MAX_HANDLE_SZ || !bytes) return -EINVAL;
  if (!getUser32(handle + 4)) return -EFAULT;
  const type = <u32>userValue;
  if (bytes < BYTES || !copyIn(HANDLE, handle + HEAD, BYTES)) return bytes < BYTES ? -ESTALE : -EFAULT;
  if (mount.sb.type != FS_TMPFS || type != TYPE) return -ESTALE;
  const found = find(mount.sb, load<u64>(HANDLE + 4), load<u32>(HANDLE));
  if (!found) return -ESTALE;
  const opened = openDentry(mount, found, <i32>(<u32>flags & ~(O_CLOEXEC | O_CREAT | O_EXCL)), false);
  return opened < 0 ? opened : fdInstall(changetype<File>(<usize>opened), (flags & O_CLOEXEC) != 0);
}
