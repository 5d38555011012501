// msgget(2), msgsnd(2), msgrcv(2), msgctl(2). Kernel: ipc/msg.c.
import { EFAULT, EINVAL, ENOMEM } from "../abi/errno";
import {
  IPC_INFO, IPC_NOWAIT, IPC_PERM_GID, IPC_PERM_MODE, IPC_PERM_UID, IPC_RMID, IPC_SET, IPC_STAT, MSGINFO_MSGMAP, MSGINFO_MSGMAX, MSGINFO_MSGMNB, MSGINFO_MSGMNI, MSGINFO_MSGPOOL, MSGINFO_MSGSEG, MSGINFO_MSGSSZ,
  MSGINFO_MSGTQL, MSG_COPY, MSG_EXCEPT, MSG_INFO, MSG_STAT, MSG_STAT_ANY, MSQID_DS_MSG_CBYTES, MSQID_DS_MSG_CTIME, MSQID_DS_MSG_LRPID, MSQID_DS_MSG_LSPID, MSQID_DS_MSG_QBYTES, MSQID_DS_MSG_QNUM, MSQID_DS_MSG_RTIME,
  MSQID_DS_MSG_STIME, SIZEOF_MSGINFO, SIZEOF_MSQID_DS,
} from "../abi/ipc";
import { idsInfoResult, idsObtainIndex, ipcPermission } from "../ipc/ipcids";
import { IpcNs, ipcOf, msgIds } from "../ipc/ipcns";
import { Msg, MsgQueue, MsgWait, msgFree, msgGet, msgNew, msgObtain, msgReceive, msgReceiveAgain, msgRemove, msgSend, msgSendAgain, msgSet, msgText } from "../ipc/msg";
import { copyIn, copyOut, getUser64, putUser64, userValue } from "../mm/usercopy";
import { current } from "../task/task";
import { BLOCKED } from "../task/wait";
import { permOut } from "./ipcperm";

const BUFFER = memory.data(128, 8);

export function sys_msgget(key: u64, flags: u64): i64 {
  return msgGet(ipcOf(current), <i32>key, <i32>flags);
}

export function sys_msgsnd(id: u64, from: u64, size: u64, flags: u64): i64 {
  if (current.ipcWait) return msgSendAgain(changetype<MsgWait>(current.ipcWait));
  if (!getUser64(from)) return -EFAULT;
  const type = <i64>userValue;
  const ns = ipcOf(current);
  if (size > ns.msgMax || <i32>id < 0 || type < 1) return -EINVAL;
  const msg = msgNew(<u32>size);
  if (!msg) return -ENOMEM;
  msg.type = type;
  const result: i64 = copyIn(msgText(msg), from + 8, size) ? msgSend(ns, <i32>id, msg, <i32>flags) : -EFAULT;
  if (result < 0 && result != BLOCKED) msgFree(msg);
  return result;
}

export function sys_msgrcv(id: u64, to: u64, size: u64, msgType: u64, msgFlags: u64): i64 {
  const flags = <i32>msgFlags;
  let got: i64;
  if (current.ipcWait) got = msgReceiveAgain(changetype<MsgWait>(current.ipcWait), size);
  else {
    if (<i32>id < 0 || <i64>size < 0) return -EINVAL;
    if (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & IPC_NOWAIT))) return -EINVAL;
    got = msgReceive(ipcOf(current), <i32>id, size, <i64>msgType, flags);
  }
  if (got < 0) return got;
  const msg = changetype<Msg>(<usize>got);
  const n = min<u64>(size, msg.size);
  // A message whose text cannot be stored is lost, as in Linux.
  const stored = putUser64(to, msg.type) && copyOut(to + 8, msgText(msg), n);
  msgFree(msg);
  return stored ? <i64>n : -EFAULT;
}

export function sys_msgctl(id: u64, command: u64, buffer: u64): i64 {
  const ns = ipcOf(current);
  if (<i32>id < 0 || <i32>command < 0) return -EINVAL;
  switch (<i32>command) {
    case IPC_INFO:
    case MSG_INFO: return info(ns, <i32>command, buffer);
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY: return stat(ns, <i32>id, <i32>command, buffer);
    case IPC_SET:
      if (!copyIn(BUFFER, buffer, SIZEOF_MSQID_DS)) return -EFAULT;
      return msgSet(ns, <i32>id, load<u32>(BUFFER + IPC_PERM_UID), load<u32>(BUFFER + IPC_PERM_GID), load<u32>(BUFFER + IPC_PERM_MODE), load<u64>(BUFFER + MSQID_DS_MSG_QBYTES));
    case IPC_RMID: return msgRemove(ns, <i32>id);
    default: return -EINVAL;
  }
}

function info(ns: IpcNs, command: i32, buffer: u64): i64 {
  memory.fill(BUFFER, 0, SIZEOF_MSGINFO);
  store<i32>(BUFFER + MSGINFO_MSGMNI, ns.msgMni);
  store<u32>(BUFFER + MSGINFO_MSGMAX, ns.msgMax);
  store<u32>(BUFFER + MSGINFO_MSGMNB, ns.msgMnb);
  store<i32>(BUFFER + MSGINFO_MSGSSZ, 16);
  store<u16>(BUFFER + MSGINFO_MSGSEG, 0xffff);
  const now = command == MSG_INFO;
  // MSGPOOL, MSGMAP, MSGTQL of linux/msg.h are what Linux begins with, whatever the limits are now.
  store<i32>(BUFFER + MSGINFO_MSGPOOL, now ? msgIds(ns).inUse : 512000);
  store<u32>(BUFFER + MSGINFO_MSGMAP, now ? ns.msgHeaders : 16384);
  store<u32>(BUFFER + MSGINFO_MSGTQL, now ? <u32>ns.msgBytes : 16384);
  return copyOut(buffer, BUFFER, SIZEOF_MSGINFO) ? idsInfoResult(msgIds(ns)) : -EFAULT;
}

function stat(ns: IpcNs, id: i32, command: i32, buffer: u64): i64 {
  const found = command == IPC_STAT ? msgObtain(ns, id) : idsObtainIndex(msgIds(ns), id);
  if (found < 0) return found;
  const q = changetype<MsgQueue>(<usize>found);
  if (command != MSG_STAT_ANY) {
    const error = ipcPermission(q, 0x124);
    if (error) return error;
  }
  memory.fill(BUFFER, 0, SIZEOF_MSQID_DS);
  permOut(BUFFER, q);
  store<i64>(BUFFER + MSQID_DS_MSG_STIME, q.stime);
  store<i64>(BUFFER + MSQID_DS_MSG_RTIME, q.rtime);
  store<i64>(BUFFER + MSQID_DS_MSG_CTIME, q.ctime);
  store<u64>(BUFFER + MSQID_DS_MSG_CBYTES, q.bytes);
  store<u64>(BUFFER + MSQID_DS_MSG_QNUM, q.count);
  store<u64>(BUFFER + MSQID_DS_MSG_QBYTES, q.maxBytes);
  store<i32>(BUFFER + MSQID_DS_MSG_LSPID, q.lastSender);
  store<i32>(BUFFER + MSQID_DS_MSG_LRPID, q.lastReceiver);
  if (!copyOut(buffer, BUFFER, SIZEOF_MSQID_DS)) return -EFAULT;
  return command == IPC_STAT ? 0 : q.id;
}
