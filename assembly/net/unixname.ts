// Names of Unix sockets: paths of the file system, and the abstract name space. unix(7).
import { EADDRINUSE, ECONNREFUSED, EEXIST, EINVAL, ENOENT, ENOMEM, EPROTOTYPE, EROFS } from "../abi/errno";
import { AT_FDCWD } from "../abi/fcntl";
import { AF_UNIX } from "../abi/socket";
import { Dentry, S_IFMT, S_IFSOCK, dentryDrop } from "../fs/inode";
import { LOOKUP_FOLLOW, LOOKUP_PARENT, MAY_WRITE, inodePermission, lastLength, lastName, lastSlash, lookupChild, walkAt, walkMount } from "../fs/namei";
import { Mount, mountDrop, mountHold, mountReadOnly } from "../fs/mount";
import { createChild } from "../fs/tmpfs";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { NAME } from "./message";
import { UnixSock } from "./unix";

/** A struct sockaddr_un behind the head. */
@unmanaged
export class UnixName {
  refs: u32;
  length: u32;
  hash: u32;
  /** Of a path: the file's number and device, for NETLINK_SOCK_DIAG. */
  ino: u32;
  dev: u32;
}

const FAMILY_BYTES: u32 = 2;
const BUCKETS: u32 = 256;
const STATE = memory.data(8, 4); // u32 table of abstract names, u32 last autobind number

function nameNew(length: u32): UnixName | null {
  const name = changetype<UnixName>(kmalloc(offsetof<UnixName>() + length));
  if (!changetype<usize>(name)) return null;
  name.refs = 1;
  name.length = length;
  name.hash = 0;
  name.ino = 0;
  name.dev = 0;
  memory.copy(changetype<usize>(name) + offsetof<UnixName>(), NAME, length);
  return name;
}

export function nameDrop(name: UnixName): void {
  if (--name.refs) return;
  kfree(changetype<usize>(name));
}

/** Hash of the abstract name in NAME; each type has names of its own. */
function hashOf(length: u32, type: u32): u32 {
  let h: u32 = 0x811c9dc5 ^ type;
  for (let i = FAMILY_BYTES; i < length; i++) h = (h ^ load<u8>(NAME + i)) * 0x01000193;
  // 0 means that a name is not abstract.
  return (h ^ (h >> 16)) | 0x100;
}

function bucket(hash: u32): usize {
  let table = load<u32>(STATE);
  if (!table) {
    table = <u32>kzalloc(BUCKETS * 4);
    store<u32>(STATE, table);
  }
  return table ? table + ((hash & (BUCKETS - 1)) << 2) : 0;
}

function findAbstract(length: u32, type: u32): UnixSock | null {
  const hash = hashOf(length, type);
  const slot = bucket(hash);
  let sk = changetype<UnixSock | null>(<usize>(slot ? load<u32>(slot) : 0));
  while (sk) {
    const name = changetype<UnixName>(changetype<usize>(sk.name));
    if (name.hash == hash && sk.type == type && name.length == length && memory.compare(changetype<usize>(name) + offsetof<UnixName>(), NAME, length) == 0) return sk;
    sk = changetype<UnixSock | null>(<usize>sk.hashNext);
  }
  return null;
}

/** Gives the socket the abstract name in NAME, which is free. */
function insertAbstract(sk: UnixSock, length: u32): i64 {
  const hash = hashOf(length, sk.type);
  const slot = bucket(hash);
  const name = slot ? nameNew(length) : null;
  if (!name) return -ENOMEM;
  name.hash = hash;
  sk.name = name;
  sk.hashNext = load<u32>(slot);
  store<u32>(slot, <u32>changetype<usize>(sk));
  return 0;
}

export function bindAbstract(sk: UnixSock, length: u32): i64 {
  if (sk.name) return -EINVAL;
  if (findAbstract(length, sk.type)) return -EADDRINUSE;
  return insertAbstract(sk, length);
}

const SAVED = memory.data(112, 8);

/** An abstract name of five hexadecimal digits: unix_autobind(), which begins anywhere. NAME stays. */
export function autobind(sk: UnixSock): i64 {
  memory.copy(SAVED, NAME, 112);
  const error = autobindAny(sk);
  memory.copy(NAME, SAVED, 112);
  return error;
}

function autobindAny(sk: UnixSock): i64 {
  store<u16>(NAME, <u16>AF_UNIX);
  store<u8>(NAME + 2, 0);
  let number = load<u32>(STATE + 4);
  for (let tries = 0; tries < 0x100000; tries++) {
    number = (number + 1) & 0xfffff;
    for (let i: u32 = 0; i < 5; i++) {
      const digit = (number >> (16 - 4 * i)) & 15;
      store<u8>(NAME + 3 + i, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    }
    if (findAbstract(8, sk.type)) continue;
    store<u32>(STATE + 4, number);
    return insertAbstract(sk, 8);
  }
  return -28; // ENOSPC
}

/** The path in NAME gets its NUL; its length. */
function terminate(length: u32): u32 {
  store<u8>(NAME + length, 0);
  let n: u32 = 0;
  while (load<u8>(NAME + FAMILY_BYTES + n)) n++;
  return n;
}

const LAST = memory.data(112, 8);

/** Makes the socket's file: unix_bind_bsd(). */
export function bindPath(sk: UnixSock, length: u32): i64 {
  const n = terminate(length);
  const up = walkAt(AT_FDCWD, NAME + FAMILY_BYTES, LOOKUP_PARENT);
  if (up < 0) return up;
  const parent = changetype<Dentry>(<usize>up);
  const mount = walkMount;
  const made = makeNode(sk, parent);
  dentryDrop(parent);
  if (made < 0) return made == -EEXIST ? -EADDRINUSE : made;
  const dentry = changetype<Dentry>(<usize>made);
  const name = nameNew(FAMILY_BYTES + n + 1);
  if (!name) {
    dentryDrop(dentry);
    return -ENOMEM;
  }
  sk.name = name;
  name.ino = <u32>dentry.inode.ino;
  name.dev = dentry.inode.dev;
  sk.dentry = <u32>made;
  sk.mount = <u32>changetype<usize>(mountHold(mount));
  dentry.inode.special = changetype<usize>(sk);
  return 0;
}

function makeNode(sk: UnixSock, parent: Dentry): i64 {
  const n = lastLength;
  const dots = n && load<u8>(lastName) == 0x2e && (n == 1 || (n == 2 && load<u8>(lastName + 1) == 0x2e));
  if (!n || dots) return -EEXIST;
  memory.copy(LAST, lastName, n);
  const there = lookupChild(parent, LAST, n);
  if (there) {
    dentryDrop(there);
    return -EEXIST;
  }
  if (lastSlash) return -ENOENT;
  if (sk.name) return -EINVAL;
  if (mountReadOnly(walkMount)) return -EROFS;
  return createChild(parent, LAST, n, S_IFSOCK | (sk.mode & 0xfff & ~current.fs.umask), 0);
}

/** Nobody can find the socket by its name any more. */
export function nameRemove(sk: UnixSock): void {
  if (sk.dentry) {
    const dentry = changetype<Dentry>(<usize>sk.dentry);
    if (dentry.inode.special == changetype<usize>(sk)) dentry.inode.special = 0;
    const mount = changetype<Mount>(<usize>sk.mount);
    sk.dentry = 0;
    sk.mount = 0;
    dentryDrop(dentry);
    mountDrop(mount);
    return;
  }
  const name = sk.name;
  if (!name || sk.embryo || !name.hash) return;
  let slot = bucket(name.hash);
  while (load<u32>(slot) && load<u32>(slot) != changetype<usize>(sk)) slot = load<u32>(slot) + offsetof<UnixSock>("hashNext");
  if (load<u32>(slot)) store<u32>(slot, sk.hashNext);
}

/** The socket (not held) that has the address in NAME: −ENOENT …, −ECONNREFUSED, −EPROTOTYPE; unix_find_other(). */
export function findOther(length: u32, type: u32): i64 {
  if (!load<u8>(NAME + FAMILY_BYTES)) {
    const found = findAbstract(length, type);
    return found ? <i64>changetype<usize>(found) : -ECONNREFUSED;
  }
  terminate(length);
  const at = walkAt(AT_FDCWD, NAME + FAMILY_BYTES, LOOKUP_FOLLOW);
  if (at < 0) return at;
  const dentry = changetype<Dentry>(<usize>at);
  const inode = dentry.inode;
  let result: i64 = inodePermission(inode, MAY_WRITE);
  if (!result) {
    const sk = changetype<UnixSock>(inode.special);
    if ((inode.mode & S_IFMT) != S_IFSOCK || !inode.special) result = -ECONNREFUSED;
    else if (sk.type != type) result = -EPROTOTYPE;
    else {
      inode.atime = realtime();
      result = <i64>inode.special;
    }
  }
  dentryDrop(dentry);
  return result;
}
