// A socket behind a descriptor: read(2), write(2), ioctl(2), close(2).
import { CAP_NET_ADMIN } from "../abi/capability";
import { EFAULT, ENOENT, ENOTTY, EOPNOTSUPP, EPERM } from "../abi/errno";
import { O_NONBLOCK, O_PATH } from "../abi/fcntl";
import { FIONREAD, TIOCOUTQ } from "../abi/ioctl";
import { AF_NETLINK, AF_UNIX, MSG_DONTWAIT, MSG_EOR, SOCK_SEQPACKET, SOCK_STREAM } from "../abi/socket";
import { fdInstall } from "../fs/fdtable";
import { File } from "../fs/file";
import { Dentry, dentryHold } from "../fs/inode";
import { Mount } from "../fs/mount";
import { openDentry } from "../fs/open";
import { ownerGet, ownerSet } from "../fs/owner";
import { getUser32, putUser32, userValue } from "../mm/usercopy";
import { capable } from "../task/cred";
import { familyReceive, familyRelease, familySend } from "./family";
import { inetInq, inetOf } from "./inet";
import { messageKernel, messageSingle, messageVector } from "./message";
import { deviceIoctl } from "./rtnetlink";
import { Socket, socketOf } from "./socket";
import { tcpAtMark } from "./tcp";
import { UnixSock, unixAtMark, unixInq, unixOf } from "./unix";

// Of asm-generic/sockios.h and linux/sockios.h, which the headers of ioctl(2) leave out.
const FIOSETOWN: u32 = 0x8901;
const SIOCSPGRP: u32 = 0x8902;
const FIOGETOWN: u32 = 0x8903;
const SIOCGPGRP: u32 = 0x8904;
const SIOCATMARK: u32 = 0x8905;
const SIOCUNIXFILE: u32 = 0x89e0;

function flagsOf(file: File): u32 {
  return file.flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/** sock_write_iter(). */
function sendFlags(file: File): u32 {
  return flagsOf(file) | (socketOf(file).type == SOCK_SEQPACKET ? MSG_EOR : 0);
}

export function socketRead(file: File, to: u64, count: u64): i64 {
  if (!count) return 0;
  messageSingle(to, count);
  return familyReceive(socketOf(file), flagsOf(file));
}

export function socketWrite(file: File, from: u64, count: u64): i64 {
  messageSingle(from, count);
  return familySend(socketOf(file), sendFlags(file));
}

export function socketReadVector(file: File, iov: usize, count: u32, total: u64): i64 {
  if (!total) return 0;
  messageVector(iov, count, total);
  return familyReceive(socketOf(file), flagsOf(file));
}

export function socketWriteVector(file: File, iov: usize, count: u32, total: u64): i64 {
  messageVector(iov, count, total);
  return familySend(socketOf(file), sendFlags(file));
}

/** Sends kernel memory without waiting (splice, sendfile): bytes or −errno. */
export function socketPut(file: File, from: usize, count: u32): i64 {
  messageKernel(from, count);
  return familySend(socketOf(file), MSG_DONTWAIT);
}

export function socketPutVector(file: File, iov: usize, count: u32, total: u64): i64 {
  messageVector(iov, count, total).kernel = 1;
  return familySend(socketOf(file), MSG_DONTWAIT);
}

/** Receives into kernel memory without waiting: bytes or −errno. */
export function socketGet(file: File, to: usize, count: u32): i64 {
  messageKernel(to, count);
  return familyReceive(socketOf(file), MSG_DONTWAIT);
}

export function socketIoctl(file: File, request: u32, arg: u64): i64 {
  const sk = socketOf(file);
  const local = sk.family == AF_UNIX;
  let value: i64;
  switch (request) {
    case SIOCUNIXFILE: return local ? unixFile(unixOf(sk)) : -ENOTTY;
    case FIOSETOWN:
    case SIOCSPGRP: return getUser32(arg) ? ownerSet(file, <i32>userValue) : -EFAULT;
    case FIOGETOWN:
    case SIOCGPGRP: return putUser32(arg, ownerGet(file)) ? 0 : -EFAULT;
    case FIONREAD: value = local ? unixInq(sk) : sk.family == AF_NETLINK ? -EOPNOTSUPP : inetInq(inetOf(sk)); break;
    case TIOCOUTQ: value = sk.wmem; break;
    case SIOCATMARK:
      if (sk.type != SOCK_STREAM) return local ? -EOPNOTSUPP : -ENOTTY;
      value = (local ? unixAtMark(sk) : tcpAtMark(inetOf(sk))) ? 1 : 0;
      break;
    default: return deviceIoctl(request, arg);
  }
  if (value < 0) return value;
  return putUser32(arg, value) ? 0 : -EFAULT;
}

/** A descriptor, as open(2) with O_PATH gives it, for the file of the socket's address: unix_open_file(). */
function unixFile(sk: UnixSock): i64 {
  if (!capable(CAP_NET_ADMIN)) return -EPERM;
  if (!sk.dentry) return -ENOENT;
  const opened = openDentry(changetype<Mount>(<usize>sk.mount), dentryHold(changetype<Dentry>(<usize>sk.dentry)), O_PATH, false);
  return opened < 0 ? opened : fdInstall(changetype<File>(<usize>opened), true);
}

export function socketReleaseFile(file: File): void {
  const sk = socketOf(file);
  sk.file = 0;
  familyRelease(sk);
}
