// setxattr(2), getxattr(2), listxattr(2), removexattr(2), each by path, by path without following, by descriptor.
import { notifyAttributes } from "../fs/notify";
import { E2BIG, EBADF, EFAULT, EINVAL, ENOMEM, ERANGE, EROFS } from "../abi/errno";
import { fdGet } from "../fs/fdtable";
import { FILE_PATH } from "../fs/file";
import { Dentry, Inode, dentryDrop } from "../fs/inode";
import { mountReadOnly } from "../fs/mount";
import { LOOKUP_FOLLOW, fileMount, userPathAt, walkMount } from "../fs/namei";
import { XATTR_CREATE, XATTR_NAME_MAX, XATTR_REPLACE, XATTR_SIZE_MAX, xattrGet, xattrList, xattrRemove, xattrSet, xattrValue } from "../fs/xattr";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copyIn, copyInString, copyOut } from "../mm/usercopy";

const CWD: u64 = <u64><i64>-100;
const NAME = memory.data(264, 8);

/** The attribute's name at NAME: its length or −errno. */
function nameIn(name: u64): i32 {
  const n = copyInString(NAME, name, XATTR_NAME_MAX + 1);
  if (n == -EFAULT) return n;
  return n <= 0 ? -ERANGE : n;
}

function setOn(inode: Inode, name: u64, value: u64, size: u64, flags: u64): i64 {
  if (<u32>flags & ~(XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
  const n = nameIn(name);
  if (n < 0) return n;
  if (size > XATTR_SIZE_MAX) return -E2BIG;
  const buffer = kmalloc(max<u32>(<u32>size, 8));
  if (!buffer) return -ENOMEM;
  const r = copyIn(buffer, value, size) ? xattrSet(inode, NAME, n, buffer, <u32>size, <u32>flags) : -EFAULT;
  kfree(buffer);
  return r;
}

function getOn(inode: Inode, name: u64, value: u64, size: u64): i64 {
  const n = nameIn(name);
  if (n < 0) return n;
  const bytes = xattrGet(inode, NAME, n);
  if (bytes < 0 || !size) return bytes;
  if (<u64>bytes > size) return -ERANGE;
  return copyOut(value, xattrValue, bytes) ? bytes : -EFAULT;
}

function listOn(inode: Inode, list: u64, size: u64): i64 {
  const bytes = xattrList(inode, 0, 0);
  if (!size || bytes <= 0) return bytes;
  if (<u64>bytes > size) return -ERANGE;
  const buffer = kmalloc(<u32>bytes);
  if (!buffer) return -ENOMEM;
  let r = xattrList(inode, buffer, bytes);
  if (r > 0 && !copyOut(list, buffer, r)) r = -EFAULT;
  kfree(buffer);
  return r;
}

function removeOn(inode: Inode, name: u64): i64 {
  const n = nameIn(name);
  return n < 0 ? n : xattrRemove(inode, NAME, n);
}

const SET: u32 = 0;
const GET: u32 = 1;
const LIST: u32 = 2;
const REMOVE: u32 = 3;

function changes(what: u32): bool {
  return what == SET || what == REMOVE;
}

function dispatch(what: u32, inode: Inode, a: u64, b: u64, c: u64, d: u64): i64 {
  switch (what) {
    case SET: return setOn(inode, a, b, c, d);
    case GET: return getOn(inode, a, b, c);
    case LIST: return listOn(inode, a, b);
    default: return removeOn(inode, a);
  }
}

function byPath(what: u32, path: u64, flags: u32, a: u64, b: u64, c: u64, d: u64): i64 {
  const found = userPathAt(CWD, path, flags);
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  const r = changes(what) && mountReadOnly(walkMount) ? -EROFS : dispatch(what, dentry.inode, a, b, c, d);
  if (changes(what)) notifyAttributes(dentry, r);
  dentryDrop(dentry);
  return r;
}

function byDescriptor(what: u32, fd: u64, a: u64, b: u64, c: u64, d: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  // Pipes and sockets have inodes of their own on Linux, without attributes.
  if (!file.inode) return what == LIST ? 0 : -95;
  if (changes(what) && file.mount && mountReadOnly(fileMount(file))) return -EROFS;
  const r = dispatch(what, changetype<Inode>(<usize>file.inode), a, b, c, d);
  return changes(what) && file.dentry ? notifyAttributes(changetype<Dentry>(<usize>file.dentry), r) : r;
}

export function sys_setxattr(path: u64, name: u64, value: u64, size: u64, flags: u64): i64 {
  return byPath(SET, path, LOOKUP_FOLLOW, name, value, size, flags);
}

export function sys_lsetxattr(path: u64, name: u64, value: u64, size: u64, flags: u64): i64 {
  return byPath(SET, path, 0, name, value, size, flags);
}

export function sys_fsetxattr(fd: u64, name: u64, value: u64, size: u64, flags: u64): i64 {
  return byDescriptor(SET, fd, name, value, size, flags);
}

export function sys_getxattr(path: u64, name: u64, value: u64, size: u64): i64 {
  return byPath(GET, path, LOOKUP_FOLLOW, name, value, size, 0);
}

export function sys_lgetxattr(path: u64, name: u64, value: u64, size: u64): i64 {
  return byPath(GET, path, 0, name, value, size, 0);
}

export function sys_fgetxattr(fd: u64, name: u64, value: u64, size: u64): i64 {
  return byDescriptor(GET, fd, name, value, size, 0);
}

export function sys_listxattr(path: u64, list: u64, size: u64): i64 {
  return byPath(LIST, path, LOOKUP_FOLLOW, list, size, 0, 0);
}

export function sys_llistxattr(path: u64, list: u64, size: u64): i64 {
  return byPath(LIST, path, 0, list, size, 0, 0);
}

export function sys_flistxattr(fd: u64, list: u64, size: u64): i64 {
  return byDescriptor(LIST, fd, list, size, 0, 0);
}

export function sys_removexattr(path: u64, name: u64): i64 {
  return byPath(REMOVE, path, LOOKUP_FOLLOW, name, 0, 0, 0);
}

export function sys_lremovexattr(path: u64, name: u64): i64 {
  return byPath(REMOVE, path, 0, name, 0, 0, 0);
}

export function sys_fremovexattr(fd: u64, name: u64): i64 {
  return byDescriptor(REMOVE, fd, name, 0, 0, 0);
}
