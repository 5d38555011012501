// Socket calls: addresses and messages are copied in and out here, the rest is net/family.ts. socket(2).
import { EAFNOSUPPORT, EAGAIN, EBADF, EFAULT, EINVAL, EMFILE, EMSGSIZE, ENOBUFS, ENOPROTOOPT, ENOTSOCK, EOPNOTSUPP } from "../abi/errno";
import { O_NONBLOCK } from "../abi/fcntl";
import {
  MSGHDR_MSG_CONTROL, MSGHDR_MSG_CONTROLLEN, MSGHDR_MSG_FLAGS, MSGHDR_MSG_IOV, MSGHDR_MSG_IOVLEN, MSGHDR_MSG_NAME, MSGHDR_MSG_NAMELEN, MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_OOB,
  MSG_WAITFORONE, SIZEOF_MSGHDR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET,
} from "../abi/socket";
import { fdClose, fdGet, fdInstall } from "../fs/fdtable";
import { FILE_PATH, FILE_SOCKET, File, fileDrop } from "../fs/file";
import { copyIn, copyOut, getUser32, putUser32, userRangeOk, userValue } from "../mm/usercopy";
import { familyAccept, familyBind, familyConnect, familyCreate, familyListen, familyName, familyPair, familyReceive, familySend, familySetOption, familyGetOption, familyShutdown } from "../net/family";
import { IOVECS, NAME, NAME_ROOM, doneMessages, message, messageSingle, messageVector, setDoneMessages } from "../net/message";
import { optionGet, optionSet } from "../net/options";
import { SYSCTL_SOMAXCONN, Socket, socketDrop, socketFile, socketOf, sysctl } from "../net/socket";
import { now } from "../task/clock";
import { current } from "../task/task";
import { BLOCKED } from "../task/wait";
import { timespecIn } from "./timespec";

/** Flags of a type argument; SOCK_TYPE_MASK is 0xf. */
const TYPE_FLAGS: u32 = SOCK_CLOEXEC | SOCK_NONBLOCK;
/** MAX_RW_COUNT. */
const MAX_COUNT: u64 = 0x7ffff000;
/** UIO_MAXIOV. */
const MAX_VECTOR: u64 = 1024;
/** MSG_INTERNAL_SENDMSG_FLAGS, which no guest may give, and MSG_CMSG_COMPAT. */
const INTERNAL: u32 = 0x80000000;

/** The File of a socket, or −EBADF, −ENOTSOCK. */
function fileOf(fd: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  return file.kind == FILE_SOCKET ? <i64>changetype<usize>(file) : -ENOTSOCK;
}

// @ts-ignore: decorator
@inline
function at(found: i64): Socket {
  return socketOf(changetype<File>(<usize>found));
}

// @ts-ignore: decorator
@inline
function nonblocking(found: i64): bool {
  return (changetype<File>(<usize>found).flags & O_NONBLOCK) != 0;
}

/** Puts a new socket behind a descriptor; the reference is dropped on failure. */
function install(sk: Socket, flags: u32): i64 {
  const file = socketFile(sk, (flags & SOCK_NONBLOCK) != 0);
  if (file < 0) {
    socketDrop(sk);
    return file;
  }
  return fdInstall(changetype<File>(<usize>file), (flags & SOCK_CLOEXEC) != 0);
}

export function sys_socket(domain: u64, typeArg: u64, protocol: u64): i64 {
  const type = <u32>typeArg;
  if (type & ~0xf & ~TYPE_FLAGS) return -EINVAL;
  const made = familyCreate(<u32>domain, type & 0xf, <i32>protocol);
  return made < 0 ? made : install(changetype<Socket>(<usize>made), type);
}

export function sys_socketpair(domain: u64, typeArg: u64, protocol: u64, fds: u64): i64 {
  const type = <u32>typeArg;
  if (type & ~0xf & ~TYPE_FLAGS) return -EINVAL;
  const one = familyCreate(<u32>domain, type & 0xf, <i32>protocol);
  if (one < 0) return one;
  const two = familyCreate(<u32>domain, type & 0xf, <i32>protocol);
  let error = two < 0 ? two : familyPair(changetype<Socket>(<usize>one), changetype<Socket>(<usize>two));
  const a = install(changetype<Socket>(<usize>one), type);
  if (two < 0) {
    if (a >= 0) fdClose(<i32>a);
    return two;
  }
  const b = install(changetype<Socket>(<usize>two), type);
  if (!error) error = a < 0 ? a : b < 0 ? b : 0;
  if (!error && !(putUser32(fds, a) && putUser32(fds + 4, b))) error = -EFAULT;
  if (!error) return 0;
  if (a >= 0) fdClose(<i32>a);
  if (b >= 0) fdClose(<i32>b);
  return error;
}

/** Copies an address to NAME: its length or −errno; move_addr_to_kernel(). */
function nameIn(address: u64, length: i32): i64 {
  if (length < 0 || length > <i32>NAME_ROOM) return -EINVAL;
  return length && !copyIn(NAME, address, length) ? -EFAULT : length;
}

/** Copies the address in NAME out, cut to the room that stands at lengthAt: 0 or −errno; move_addr_to_user(). */
function nameBack(address: u64, lengthAt: u64, length: u32): i64 {
  if (!getUser32(lengthAt)) return -EFAULT;
  const room = <i32>userValue;
  if (room < 0) return -EINVAL;
  const n = min<u32>(<u32>room, length);
  if (n && !copyOut(address, NAME, n)) return -EFAULT;
  return putUser32(lengthAt, length) ? 0 : -EFAULT;
}

export function sys_bind(fd: u64, address: u64, length: u64): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  const n = nameIn(address, <i32>length);
  return n < 0 ? n : familyBind(at(file), <u32>n);
}

export function sys_listen(fd: u64, backlog: u64): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  return familyListen(at(file), min(<u32>backlog, sysctl(SYSCTL_SOMAXCONN)));
}

export function sys_connect(fd: u64, address: u64, length: u64): i64 {
  const file = fileOf(fd);
  if (file == -EBADF) return file;
  const n = nameIn(address, <i32>length);
  if (n < 0) return n;
  return file < 0 ? file : familyConnect(at(file), <u32>n, nonblocking(file));
}

export function sys_accept4(fd: u64, address: u64, lengthAt: u64, flagsArg: u64): i64 {
  const flags = <u32>flagsArg;
  const file = fileOf(fd);
  if (file == -EBADF) return file;
  if (flags & ~TYPE_FLAGS) return -EINVAL;
  if (file < 0) return file;
  const made = familyAccept(at(file), nonblocking(file));
  if (made < 0) return made;
  const sk = changetype<Socket>(<usize>made);
  const newFd = install(sk, flags);
  if (newFd < 0 || !address) return newFd;
  const n = familyName(sk, true);
  const error = n < 0 ? -103 : nameBack(address, lengthAt, <u32>n); // ECONNABORTED
  if (!error) return newFd;
  fdClose(<i32>newFd);
  return error;
}

export function sys_accept(fd: u64, address: u64, lengthAt: u64): i64 {
  return sys_accept4(fd, address, lengthAt, 0);
}

function nameOf(fd: u64, address: u64, lengthAt: u64, ofPeer: bool): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  const n = familyName(at(file), ofPeer);
  return n < 0 ? n : nameBack(address, lengthAt, <u32>n);
}

export function sys_getsockname(fd: u64, address: u64, lengthAt: u64): i64 {
  return nameOf(fd, address, lengthAt, false);
}

export function sys_getpeername(fd: u64, address: u64, lengthAt: u64): i64 {
  return nameOf(fd, address, lengthAt, true);
}

export function sys_shutdown(fd: u64, how: u64): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  return <u32>how > 2 ? -EINVAL : familyShutdown(at(file), <u32>how + 1);
}

export function sys_setsockopt(fd: u64, level: u64, name: u64, value: u64, length: u64): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  if (<i32>length < 0) return -EINVAL;
  if (<i32>level == SOL_SOCKET) return optionSet(at(file), <u32>name, value, <i32>length);
  return familySetOption(at(file), <i32>level, <u32>name, value, <i32>length);
}

export function sys_getsockopt(fd: u64, level: u64, name: u64, value: u64, lengthAt: u64): i64 {
  const file = fileOf(fd);
  if (file < 0) return file;
  if (<i32>level == SOL_SOCKET) return optionGet(at(file), <u32>name, value, lengthAt);
  return familyGetOption(at(file), <i32>level, <u32>name, value, lengthAt);
}

// ── one message ─────────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
function wait(found: i64, flags: u32): u32 {
  return nonblocking(found) ? flags | MSG_DONTWAIT : flags;
}

export function sys_sendto(fd: u64, buffer: u64, count: u64, flags: u64, address: u64, length: u64): i64 {
  const n = min(count, MAX_COUNT);
  if (!userRangeOk(buffer, n)) return -EFAULT;
  const file = fileOf(fd);
  if (file < 0) return file;
  const m = messageSingle(buffer, n);
  if (address) {
    const given = nameIn(address, <i32>length);
    if (given < 0) return given;
    m.nameLength = <u32>given;
  }
  return familySend(at(file), wait(file, <u32>flags & ~INTERNAL));
}

export function sys_recvfrom(fd: u64, buffer: u64, count: u64, flags: u64, address: u64, lengthAt: u64): i64 {
  const n = min(count, MAX_COUNT);
  if (!userRangeOk(buffer, n)) return -EFAULT;
  const file = fileOf(fd);
  if (file < 0) return file;
  const m = messageSingle(buffer, n);
  m.wantsName = address ? 1 : 0;
  const r = familyReceive(at(file), wait(file, <u32>flags));
  if (r < 0 || !address) return r;
  const error = nameBack(address, lengthAt, m.nameLength);
  return error ? error : r;
}

const HEADER = memory.data(64, 8);

/** Copies a struct msghdr and its vector in; the message is set up with its control area: 0 or −errno. */
function headerIn(header: u64): i64 {
  if (!copyIn(HEADER, header, SIZEOF_MSGHDR)) return -EFAULT;
  if (!load<u64>(HEADER + MSGHDR_MSG_NAME)) store<i32>(HEADER + MSGHDR_MSG_NAMELEN, 0);
  if (load<i32>(HEADER + MSGHDR_MSG_NAMELEN) < 0) return -EINVAL;
  const count = load<u64>(HEADER + MSGHDR_MSG_IOVLEN);
  if (count > MAX_VECTOR) return -EMSGSIZE;
  if (count && !copyIn(IOVECS, load<u64>(HEADER + MSGHDR_MSG_IOV), count * 16)) return -EFAULT;
  const total = vectorTotal(<u32>count);
  if (total < 0) return total;
  const m = messageVector(IOVECS, <u32>count, total);
  m.control = load<u64>(HEADER + MSGHDR_MSG_CONTROL);
  m.controlRoom = load<u64>(HEADER + MSGHDR_MSG_CONTROLLEN);
  return 0;
}

/** Checks the vector at IOVECS and cuts it at the most that one call moves: its bytes or −errno. */
export function vectorTotal(count: u32): i64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = IOVECS + (i << 4);
    let length = load<u64>(entry, 8);
    if (<i64>length < 0) return -EINVAL;
    if (!userRangeOk(load<u64>(entry), length)) return -EFAULT;
    if (length > MAX_COUNT - total) {
      length = MAX_COUNT - total;
      store<u64>(entry, length, 8);
    }
    total += length;
  }
  return total;
}

function sendOne(found: i64, header: u64, flags: u32): i64 {
  const error = headerIn(header);
  if (error) return error;
  const m = message();
  const address = load<u64>(HEADER + MSGHDR_MSG_NAME);
  const length = min<u32>(load<u32>(HEADER + MSGHDR_MSG_NAMELEN), NAME_ROOM);
  if (address && length) {
    const given = nameIn(address, length);
    if (given < 0) return given;
    m.nameLength = <u32>given;
  }
  return familySend(at(found), wait(found, flags & ~INTERNAL));
}

function receiveOne(found: i64, header: u64, flags: u32): i64 {
  const error = headerIn(header);
  if (error) return error;
  const m = message();
  const address = load<u64>(HEADER + MSGHDR_MSG_NAME);
  const controlStart = m.control;
  m.wantsName = address ? 1 : 0;
  m.cloexec = flags & MSG_CMSG_CLOEXEC ? 1 : 0;
  m.flags = flags & MSG_CMSG_CLOEXEC;
  if (!controlStart) m.controlRoom = 0;
  const r = familyReceive(at(found), wait(found, flags));
  if (r < 0) return r;
  if (address) {
    const back = nameBack(address, header + MSGHDR_MSG_NAMELEN, m.nameLength);
    if (back) return back;
  }
  if (!putUser32(header + MSGHDR_MSG_FLAGS, m.flags)) return -EFAULT;
  store<u64>(HEADER, m.controlUsed);
  return copyOut(header + MSGHDR_MSG_CONTROLLEN, HEADER, 8) ? r : -EFAULT;
}

/** What callers of 32 bits set inside the kernel. */
const MSG_CMSG_COMPAT: u64 = 0x80000000;

export function sys_sendmsg(fd: u64, header: u64, flags: u64): i64 {
  if (flags & MSG_CMSG_COMPAT) return -EINVAL;
  const file = fileOf(fd);
  return file < 0 ? file : sendOne(file, header, <u32>flags);
}

export function sys_recvmsg(fd: u64, header: u64, flags: u64): i64 {
  if (flags & MSG_CMSG_COMPAT) return -EINVAL;
  const file = fileOf(fd);
  return file < 0 ? file : receiveOne(file, header, <u32>flags);
}

// ── several messages ────────────────────────────────────────────────────────────────

/** struct mmsghdr: a msghdr, and how much went with it. */
const MMSGHDR: u64 = 64;
const MMSG_LEN: u64 = 56;

export function sys_sendmmsg(fd: u64, list: u64, count: u64, flags: u64): i64 {
  if (flags & MSG_CMSG_COMPAT) return -EINVAL;
  const file = fileOf(fd);
  if (file < 0) return file;
  const most = min<u32>(<u32>count, <u32>MAX_VECTOR);
  let done = doneMessages();
  while (done < most) {
    const header = list + <u64>done * MMSGHDR;
    const r = sendOne(file, header, <u32>flags);
    if (r == BLOCKED) return r;
    if (r < 0) return done ? <i64>done : r;
    if (!putUser32(header + MMSG_LEN, <u32>r)) return done ? <i64>done : -EFAULT;
    setDoneMessages(++done);
  }
  return done;
}

export function sys_recvmmsg(fd: u64, list: u64, count: u64, flagsArg: u64, timeout: u64): i64 {
  let flags = <u32>flagsArg;
  let ns: i64 = -1;
  if (timeout && !doneMessages()) {
    ns = timespecIn(timeout);
    if (ns < 0) return ns;
  }
  const file = fileOf(fd);
  if (file < 0) return file;
  const sk = at(file);
  let done = doneMessages();
  if (!done && sk.error) {
    const error = -sk.error;
    sk.error = 0;
    return error;
  }
  if (timeout && !current.sysObject) {
    // The time when it is over, it is looked at after each message only.
    current.spare2 = now() + <u64>ns;
    current.sysObject = 1;
  }
  while (done < <u32>count) {
    const header = list + <u64>done * MMSGHDR;
    if (done && flags & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
    const r = receiveOne(file, header, flags & ~MSG_WAITFORONE);
    if (r == BLOCKED) return r;
    if (r < 0) {
      // A later call hears of an error that cut the list short.
      if (done && r != -EAGAIN && r > -512) sk.error = -<i32>r;
      if (!done) return r;
      break;
    }
    if (!putUser32(header + MMSG_LEN, <u32>r)) return done ? <i64>done : -EFAULT;
    setDoneMessages(++done);
    if (timeout && now() >= current.spare2) break;
    if (message().flags & MSG_OOB) break;
  }
  if (timeout) timeLeft(timeout);
  return done;
}

/** What is left of the timeout goes back. */
function timeLeft(to: u64): void {
  const t = now();
  const left = current.spare2 > t ? current.spare2 - t : 0;
  store<u64>(HEADER, left / 1_000_000_000);
  store<u64>(HEADER, left % 1_000_000_000, 8);
  copyOut(to, HEADER, 16);
}
