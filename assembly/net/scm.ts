// Control messages: descriptors, credentials and process descriptors that go with data over Unix sockets.
// cmsg(3), unix(7); kernel: net/core/scm.c.
//
//   descriptors on their way:  u32 count │ u32 uid of the sender │ u32 File[count]
import { EBADF, EFAULT, EINVAL, ENOBUFS, ENOMEM, ENOTCONN, EPERM, ESRCH, ETOOMANYREFS } from "../abi/errno";
import { RLIMIT_NOFILE } from "../abi/resource";
import { MSG_CTRUNC, SCM_CREDENTIALS, SCM_RIGHTS, SOCK_SEQPACKET, SOL_SOCKET } from "../abi/socket";
import { fdClose, fdGet, fdInstall } from "../fs/fdtable";
import { FILE_SOCKET, File, fileDrop, fileHold } from "../fs/file";
import { pidfdNew } from "../fs/pidfd";
import { kfree, kmalloc } from "../mm/kmalloc";
import { copyIn, copyOut, putUser32 } from "../mm/usercopy";
import { groupPut } from "../task/exit";
import { groupFind } from "../task/table";
import { Group, current } from "../task/task";
import { Message, controlOut, message } from "./message";
import { Skb, queueFirst, queueNext } from "./skb";
import { ESTABLISHED, PASS_CRED, PASS_PIDFD, SYSCTL_OPTMEM_MAX, Socket, socketError, socketOf, sysctl } from "./socket";
import { inflightAdd, inflightRemove } from "./unixgc";
import { AF_UNIX } from "../abi/socket";

export const SCM_PIDFD: u32 = 4;
export const SCM_INQ: u32 = 84;
/** SCM_MAX_FD. */
const MAX_FDS: u32 = 253;
const HEADER: u32 = 16;
const NOBODY: u32 = 65534;
const CAP_SETGID: u64 = 1 << 6;
const CAP_SETUID: u64 = 1 << 7;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_SYS_RESOURCE: u64 = 1 << 24;

/** What the message in progress carries: set by scmParse, or gathered from buffers for scmDeliver. */
@unmanaged
export class Scm {
  fds: usize;
  group: Group | null;
  uid: u32;
  gid: u32;
}

const SCM = memory.data(16, 8);

// @ts-ignore: decorator
@inline
export function scm(): Scm {
  return changetype<Scm>(SCM);
}

export function scmReset(): void {
  memory.fill(SCM, 0, 16);
  scm().uid = NOBODY;
  scm().gid = NOBODY;
}

/** Drops what was not passed on. */
export function scmDestroy(): void {
  const s = scm();
  if (s.fds) fdsDrop(s.fds);
  const group = s.group;
  if (group) groupPut(group);
  scmReset();
}

/** The control messages of a message to be sent; 0 or −errno. Other families than AF_UNIX take no descriptors. */
export function scmParse(m: Message, sk: Socket): i64 {
  scmReset();
  if (!m.controlRoom) return 0;
  const room = m.controlRoom;
  if (room > 0x7fffffff || room >= sysctl(SYSCTL_OPTMEM_MAX)) return -ENOBUFS;
  const buffer = kmalloc(<u32>room);
  if (!buffer) return -ENOBUFS;
  let error: i64 = copyIn(buffer, m.control, room) ? 0 : -EFAULT;
  // unix_seqpacket_sendmsg() looks at error and state before the control messages.
  if (!error && sk.type == SOCK_SEQPACKET) {
    error = socketError(sk);
    if (!error && sk.state != ESTABLISHED) error = -ENOTCONN;
  }
  if (!error) error = parse(buffer, <u32>room, sk);
  kfree(buffer);
  if (error) scmDestroy();
  return error;
}

function parse(buffer: usize, room: u32, sk: Socket): i64 {
  let at: u32 = 0;
  while (room - at >= HEADER) {
    const length = load<u64>(buffer + at);
    if (length < HEADER || length > room - at) return -EINVAL;
    if (load<i32>(buffer + at, 8) == SOL_SOCKET) {
      let error: i64 = -EINVAL;
      const type = load<i32>(buffer + at, 12);
      const body = buffer + at + HEADER;
      const bytes = <u32>length - HEADER;
      if (type == SCM_RIGHTS && sk.family == AF_UNIX) error = takeFds(body, bytes >> 2);
      else if (type == SCM_CREDENTIALS && bytes == 12) error = takeCredentials(body);
      if (error) return error;
    }
    // A message that reaches the end of the area is the last.
    const next = (<u32>length + 7) & ~7;
    if (next > room - at) break;
    at += next;
  }
  const fds = scm().fds;
  if (fds && !load<u32>(fds)) {
    kfree(fds);
    scm().fds = 0;
  }
  return 0;
}

function takeFds(from: usize, count: u32): i64 {
  if (!count) return 0;
  if (count > MAX_FDS) return -EINVAL;
  let fds = scm().fds;
  if (!fds) {
    fds = kmalloc(8 + MAX_FDS * 4);
    if (!fds) return -ENOMEM;
    store<u32>(fds, 0);
    store<u32>(fds, current.cred.uid, 4);
    scm().fds = fds;
  }
  if (load<u32>(fds) + count > MAX_FDS) return -EINVAL;
  for (let i: u32 = 0; i < count; i++) {
    const file = fdGet(load<i32>(from + (i << 2)));
    if (!file) return -EBADF;
    fileHold(changetype<usize>(file));
    const n = load<u32>(fds);
    store<u32>(fds + 8 + (n << 2), <u32>changetype<usize>(file));
    store<u32>(fds, n + 1);
  }
  return 0;
}

/** struct ucred { pid, uid, gid }; scm_check_creds(). */
function takeCredentials(from: usize): i64 {
  const pid = load<i32>(from);
  const uid = load<u32>(from, 4);
  const gid = load<u32>(from, 8);
  const cred = current.cred;
  if (uid == u32.MAX_VALUE || gid == u32.MAX_VALUE) return -EINVAL;
  const can = cred.capEffective;
  const own = current.group;
  if (pid != own.pid && !(can & CAP_SYS_ADMIN)) return -EPERM;
  if (uid != cred.uid && uid != cred.euid && uid != cred.suid && !(can & CAP_SETUID)) return -EPERM;
  if (gid != cred.gid && gid != cred.egid && gid != cred.sgid && !(can & CAP_SETGID)) return -EPERM;
  const group = pid == own.pid ? own : groupFind(pid);
  if (!group) return -ESRCH;
  const s = scm();
  const old = s.group;
  group.refs++;
  if (old) groupPut(old);
  s.group = group;
  s.uid = uid;
  s.gid = gid;
  return 0;
}

// ── users' counts of descriptors on their way ──────────────────────────────────────

/** Users with descriptors on their way: a list of (u32 next, u32 uid, u32 count). */
const USERS = memory.data(4, 4);

function userSlot(uid: u32): usize {
  let slot: usize = USERS;
  while (load<u32>(slot) && load<u32>(load<u32>(slot), 4) != uid) slot = load<u32>(slot);
  return slot;
}

/** Descriptors in the messages that wait at the socket. */
export function fdsOnTheWay(sk: Socket): u32 {
  let count: u32 = 0;
  let skb = queueFirst(sk);
  while (skb) {
    if (skb.fds) count += fdsCount(skb.fds);
    skb = queueNext(sk, skb);
  }
  return count;
}

/** Whether the user has too many on the way: too_many_unix_fds(). */
function tooMany(): bool {
  const user = load<u32>(userSlot(current.cred.uid));
  if (!user || <u64>load<u32>(user, 8) <= load<u64>(current.group.rlimits + RLIMIT_NOFILE * 16)) return false;
  return !(current.cred.capEffective & (CAP_SYS_RESOURCE | CAP_SYS_ADMIN));
}

function userCount(uid: u32, change: i32): void {
  const slot = userSlot(uid);
  let user = load<u32>(slot);
  if (!user) {
    user = <u32>kmalloc(12);
    if (!user) return;
    store<u32>(user, 0);
    store<u32>(user, uid, 4);
    store<u32>(user, 0, 8);
    store<u32>(slot, user);
  }
  const count = load<u32>(user, 8) + change;
  store<u32>(user, count, 8);
  if (count) return;
  store<u32>(slot, load<u32>(user));
  kfree(user);
}

/** Drops descriptors that nobody received. */
export function fdsDrop(fds: usize): void {
  fdsLand(fds);
  const count = load<u32>(fds);
  for (let i: u32 = 0; i < count; i++) fileDrop(load<u32>(fds + 8 + (i << 2)));
  kfree(fds);
}

const IN_FLIGHT: u32 = 0x80000000;

/** They are no longer on their way. */
function fdsLand(fds: usize): void {
  if (!(load<u32>(fds) & IN_FLIGHT)) return;
  store<u32>(fds, load<u32>(fds) & ~IN_FLIGHT);
  const count = load<u32>(fds);
  userCount(load<u32>(fds, 4), -<i32>count);
  for (let i: u32 = 0; i < count; i++) {
    const file = changetype<File>(<usize>load<u32>(fds + 8 + (i << 2)));
    if (file.kind == FILE_SOCKET && socketOf(file).family == AF_UNIX) inflightRemove(socketOf(file));
  }
}

/** How many descriptors a list holds, on their way or not. */
export function fdsCount(fds: usize): u32 {
  return load<u32>(fds) & ~IN_FLIGHT;
}

export function fdsFile(fds: usize, i: u32): File {
  return changetype<File>(<usize>load<u32>(fds + 8 + (i << 2)));
}

/** The message's credentials, and with `withFds` its descriptors, go into the buffer: 0 or −errno; unix_scm_to_skb(). */
export function scmAttach(skb: Skb, withFds: bool): i64 {
  const s = scm();
  const group = s.group;
  skb.uid = s.uid;
  skb.gid = s.gid;
  if (group) {
    group.refs++;
    skb.group = group;
  }
  const fds = s.fds;
  if (!fds || !withFds) return 0;
  if (tooMany()) return -ETOOMANYREFS;
  const count = load<u32>(fds);
  // The list was made for the most there can be.
  const kept = kmalloc(8 + count * 4);
  if (!kept) return -ENOMEM;
  memory.copy(kept, fds, 8 + count * 4);
  kfree(fds);
  s.fds = 0;
  userCount(load<u32>(kept, 4), count);
  for (let i: u32 = 0; i < count; i++) {
    const file = changetype<File>(<usize>load<u32>(kept + 8 + (i << 2)));
    if (file.kind == FILE_SOCKET && socketOf(file).family == AF_UNIX) inflightAdd(socketOf(file));
  }
  store<u32>(kept, count | IN_FLIGHT);
  skb.fds = kept;
  return 0;
}

/** Credentials that nobody gave explicitly go with the buffer when one of the two wants them: unix_maybe_add_creds(). */
export function scmAddCreds(skb: Skb, from: Socket, to: Socket): void {
  if (skb.group) return;
  const wanted = PASS_CRED | PASS_PIDFD;
  if (!((from.passes | to.passes) & wanted) && to.file) return;
  const group = current.group;
  group.refs++;
  skb.group = group;
  skb.uid = current.cred.uid;
  skb.gid = current.cred.gid;
}

// ── receiving ───────────────────────────────────────────────────────────────────────

/** Credentials of the buffer become those of the message received. */
export function scmFromSkb(skb: Skb): void {
  const s = scm();
  const old = s.group;
  const group = skb.group;
  if (group) group.refs++;
  if (old) groupPut(old);
  s.group = group;
  s.uid = group ? skb.uid : NOBODY;
  s.gid = group ? skb.gid : NOBODY;
}

/** Whether the buffer has the same credentials as the message so far. */
export function scmSame(skb: Skb): bool {
  const s = scm();
  if (s.group !== skb.group) return false;
  return !skb.group || (s.uid == skb.uid && s.gid == skb.gid);
}

/** The buffer's descriptors pass to the message. */
export function scmTakeFds(skb: Skb): void {
  const fds = skb.fds;
  skb.fds = 0;
  fdsLand(fds);
  scm().fds = fds;
}

/** MSG_PEEK: the message gets references of its own; scm_fp_dup(). */
export function scmPeekFds(skb: Skb): void {
  const count = fdsCount(skb.fds);
  const fds = kmalloc(8 + count * 4);
  if (!fds) return;
  memory.copy(fds, skb.fds, 8 + count * 4);
  store<u32>(fds, count);
  for (let i: u32 = 0; i < count; i++) fileHold(load<u32>(fds + 8 + (i << 2)));
  scm().fds = fds;
}

const CONTROL = memory.data(32, 8);

/** Writes a control message, cut when there is no room; put_cmsg(). */
export function controlPut(m: Message, level: u32, type: u32, body: usize, bytes: u32): bool {
  const room = m.controlRoom - m.controlUsed;
  if (!m.control || room < HEADER) {
    m.flags |= MSG_CTRUNC;
    return false;
  }
  let length: u64 = HEADER + bytes;
  if (room < length) {
    m.flags |= MSG_CTRUNC;
    length = room;
  }
  store<u64>(CONTROL, length);
  store<u32>(CONTROL, level, 8);
  store<u32>(CONTROL, type, 12);
  if (!controlOut(m, 0, CONTROL, HEADER) || !controlOut(m, HEADER, body, length - HEADER)) return false;
  m.controlUsed += min<u64>((HEADER + bytes + 7) & ~7, room);
  return true;
}

const BODY = memory.data(16, 8);

/** Gives the receiver what came with the data and what its options ask for; scm_recv_unix(). */
export function scmDeliver(sk: Socket): void {
  const m = message();
  const s = scm();
  if (!m.control) {
    if (sk.passes & (PASS_CRED | PASS_PIDFD) || s.fds) m.flags |= MSG_CTRUNC;
    scmDestroy();
    return;
  }
  const group = s.group;
  if (sk.passes & PASS_CRED) {
    store<u32>(BODY, group ? group.pid : 0);
    store<u32>(BODY, s.uid, 4);
    store<u32>(BODY, s.gid, 8);
    controlPut(m, SOL_SOCKET, SCM_CREDENTIALS, BODY, 12);
  }
  if (s.fds) deliverFds(m, s.fds);
  if (sk.passes & PASS_PIDFD) deliverPidfd(m, group);
  scmDestroy();
}

/** Installs as many as there is room for; scm_detach_fds(). */
function deliverFds(m: Message, fds: usize): void {
  const count = load<u32>(fds);
  const room = m.controlRoom - m.controlUsed;
  const most = room > HEADER ? <u32>min<u64>((room - HEADER) >> 2, count) : 0;
  let i: u32 = 0;
  for (; i < most; i++) {
    const slot = fds + 8 + (i << 2);
    const file = changetype<File>(<usize>load<u32>(slot));
    fileHold(changetype<usize>(file));
    const fd = fdInstall(file, m.cloexec != 0);
    if (fd < 0) break;
    store<u32>(BODY, fd);
    if (controlOut(m, HEADER + (<u64>i << 2), BODY, 4)) continue;
    fdClose(fd);
    break;
  }
  if (i) {
    store<u64>(CONTROL, HEADER + (i << 2));
    store<u32>(CONTROL, SOL_SOCKET, 8);
    store<u32>(CONTROL, SCM_RIGHTS, 12);
    if (controlOut(m, 0, CONTROL, HEADER)) m.controlUsed += min<u64>((HEADER + (i << 2) + 7) & ~7, room);
  }
  if (i < count) m.flags |= MSG_CTRUNC;
}

/** scm_pidfd_recv(). */
function deliverPidfd(m: Message, group: Group | null): void {
  if (m.controlRoom - m.controlUsed < HEADER + 4) {
    m.flags |= MSG_CTRUNC;
    return;
  }
  if (!group) return;
  const fd = pidfdNew(group, 0);
  store<i32>(BODY, fd);
  if (!controlPut(m, SOL_SOCKET, SCM_PIDFD, BODY, 4) && fd >= 0) fdClose(fd);
}
