// Extended attributes of inodes: a list of names and values. xattr(7), fs/xattr.c.
import { E2BIG, EACCES, EEXIST, EINVAL, ENODATA, ENOMEM, EOPNOTSUPP, EPERM, ERANGE } from "../abi/errno";
import { kfree, kzalloc } from "../mm/kmalloc";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { FS_HOST, FS_PROC, Inode, S_IFDIR, S_IFMT, S_IFREG } from "./inode";
import { MAY_READ, MAY_WRITE, inodePermission } from "./namei";

export const XATTR_CREATE: u32 = 1;
export const XATTR_REPLACE: u32 = 2;
export const XATTR_NAME_MAX: u32 = 255;
export const XATTR_SIZE_MAX: u64 = 65536;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_FOWNER: u64 = 1 << 3;

@unmanaged
class Xattr {
  next: u32;
  nameLength: u32;
  size: u32;
  spare: u32;
  // name, then value
}

// @ts-ignore: decorator
@inline
function nameOf(x: Xattr): usize {
  return changetype<usize>(x) + offsetof<Xattr>();
}

const SPACES = memory.data<u8>([
  0x75, 0x73, 0x65, 0x72, 0x2e, // user. 0
  0x74, 0x72, 0x75, 0x73, 0x74, 0x65, 0x64, 0x2e, // trusted. 5
  0x73, 0x65, 0x63, 0x75, 0x72, 0x69, 0x74, 0x79, 0x2e, // security. 13
  0x73, 0x79, 0x73, 0x74, 0x65, 0x6d, 0x2e, 0x70, 0x6f, 0x73, 0x69, 0x78, 0x5f, 0x61, 0x63, 0x6c, 0x5f, // system.posix_acl_ 22
  0x63, 0x61, 0x70, 0x61, 0x62, 0x69, 0x6c, 0x69, 0x74, 0x79, // capability 39
]);
const USER: u32 = 1;
const TRUSTED: u32 = 2;
const SECURITY: u32 = 3;
const ACL: u32 = 4;

function begins(name: usize, length: u32, text: usize, bytes: u32): bool {
  return length >= bytes && memory.compare(name, text, bytes) == 0;
}

/** The name space; 0 = one that no file system here has, −EINVAL = nothing behind the dot. */
function spaceOf(name: usize, length: u32): i32 {
  if (begins(name, length, SPACES, 5)) return length == 5 ? -EINVAL : <i32>USER;
  if (begins(name, length, SPACES + 5, 8)) return length == 8 ? -EINVAL : <i32>TRUSTED;
  if (begins(name, length, SPACES + 13, 9)) return length == 9 ? -EINVAL : <i32>SECURITY;
  return begins(name, length, SPACES + 22, 17) ? ACL : 0;
}

/** Kernel: xattr_permission(); 0 or −errno. */
function permission(inode: Inode, space: u32, mask: u32): i32 {
  const refused = mask == MAY_WRITE ? -EPERM : -ENODATA;
  if (space == TRUSTED) return current.cred.capEffective & CAP_SYS_ADMIN ? 0 : refused;
  if (space != USER) return 0;
  const type = inode.mode & S_IFMT;
  if (type != S_IFREG && type != S_IFDIR) return refused;
  const cred = current.cred;
  if (type == S_IFDIR && inode.mode & 0x200 && mask == MAY_WRITE && cred.fsuid != inode.uid && !(cred.capEffective & CAP_FOWNER)) return -EPERM;
  return inodePermission(inode, mask);
}

let found: usize = 0;

/** Address of the link that leads to the attribute (`found`), or to where it belongs: listings go down the alphabet. */
function find(inode: Inode, name: usize, length: u32): usize {
  let slot = changetype<usize>(inode) + offsetof<Inode>("xattrs");
  found = 0;
  while (load<u32>(slot)) {
    const x = changetype<Xattr>(<usize>load<u32>(slot));
    const order = memory.compare(nameOf(x), name, min(length, x.nameLength));
    if (!order && x.nameLength == length) found = changetype<usize>(x);
    if (found || order < 0 || (!order && x.nameLength < length)) break;
    slot = changetype<usize>(x);
  }
  return slot;
}

/** Sets the attribute to `size` bytes at `value`; 0 or −errno. */
export function xattrSet(inode: Inode, name: usize, length: u32, value: usize, size: u32, flags: u32): i32 {
  const space = spaceOf(name, length);
  if (space < 0) return space;
  const error = permission(inode, space, MAY_WRITE);
  if (error) return error;
  if (!space || inode.fs == FS_PROC || inode.fs == FS_HOST) return -EOPNOTSUPP;
  if (space == ACL) return -EOPNOTSUPP;
  if (space == SECURITY) {
    if (!(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
    // The kernel reads this one itself; what has not its form is refused.
    if (length == 19 && memory.compare(name + 9, SPACES + 39, 10) == 0 && size != 12 && size != 20 && size != 24) return -EINVAL;
  }
  const slot = find(inode, name, length);
  const old = found;
  if (old && flags & XATTR_CREATE) return -EEXIST;
  if (!old && flags & XATTR_REPLACE) return -ENODATA;
  const x = changetype<Xattr>(kzalloc(offsetof<Xattr>() + length + size));
  if (!changetype<usize>(x)) return -ENOMEM;
  x.nameLength = length;
  x.size = size;
  memory.copy(nameOf(x), name, length);
  memory.copy(nameOf(x) + length, value, size);
  x.next = old ? changetype<Xattr>(old).next : load<u32>(slot);
  if (old) kfree(old);
  store<u32>(slot, <u32>changetype<usize>(x));
  inode.ctime = realtime();
  return 0;
}

/** The value's bytes at `xattrValue` and their number; −errno. */
export function xattrGet(inode: Inode, name: usize, length: u32): i64 {
  const space = spaceOf(name, length);
  if (space < 0) return space;
  const error = permission(inode, space, MAY_READ);
  if (error) return error;
  if (!space || inode.fs == FS_PROC || inode.fs == FS_HOST) return -EOPNOTSUPP;
  find(inode, name, length);
  if (!found) return -ENODATA;
  const x = changetype<Xattr>(found);
  xattrValue = nameOf(x) + x.nameLength;
  return x.size;
}

export let xattrValue: usize = 0;

export function xattrRemove(inode: Inode, name: usize, length: u32): i32 {
  const space = spaceOf(name, length);
  if (space < 0) return space;
  const error = permission(inode, space, MAY_WRITE);
  if (error) return error;
  if (!space || inode.fs == FS_PROC || inode.fs == FS_HOST) return -EOPNOTSUPP;
  if (space == SECURITY && !(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  const slot = find(inode, name, length);
  if (!found) return -ENODATA;
  const x = changetype<Xattr>(found);
  store<u32>(slot, x.next);
  kfree(changetype<usize>(x));
  inode.ctime = realtime();
  return 0;
}

/** Copies the NUL-terminated names to `to` (0 = only counts): their bytes, or −ERANGE when they do not fit in `room`. */
export function xattrList(inode: Inode, to: usize, room: u64): i64 {
  let bytes: u64 = 0;
  for (let p = inode.xattrs; p; p = changetype<Xattr>(<usize>p).next) {
    const x = changetype<Xattr>(<usize>p);
    if (spaceOf(nameOf(x), x.nameLength) == TRUSTED && !(current.cred.capEffective & CAP_SYS_ADMIN)) continue;
    if (to) {
      if (bytes + x.nameLength + 1 > room) return -ERANGE;
      memory.copy(to + <usize>bytes, nameOf(x), x.nameLength);
      store<u8>(to + <usize>bytes + x.nameLength, 0);
    }
    bytes += x.nameLength + 1;
  }
  return bytes;
}

export function xattrsFree(inode: Inode): void {
  let p = inode.xattrs;
  while (p) {
    const next = changetype<Xattr>(<usize>p).next;
    kfree(p);
    p = next;
  }
}
