// struct ipc_perm of the three System V facilities.
import { IPC_PERM_CGID, IPC_PERM_CUID, IPC_PERM_GID, IPC_PERM_KEY, IPC_PERM_MODE, IPC_PERM_SEQ, IPC_PERM_UID } from "../abi/ipc";
import { IpcPerm } from "../ipc/ipcids";

/** Fills a zeroed struct ipc_perm at `to`. */
export function permOut(to: usize, perm: IpcPerm): void {
  store<i32>(to + IPC_PERM_KEY, perm.key);
  store<u32>(to + IPC_PERM_UID, perm.uid);
  store<u32>(to + IPC_PERM_GID, perm.gid);
  store<u32>(to + IPC_PERM_CUID, perm.cuid);
  store<u32>(to + IPC_PERM_CGID, perm.cgid);
  store<u16>(to + IPC_PERM_MODE, <u16>perm.mode);
  store<u16>(to + IPC_PERM_SEQ, <u16>perm.seq);
}
