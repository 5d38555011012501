import { IpcNs } from "./ipcns";
import { IpcWait } from "./ipcwait";
@unmanaged
export class MqWait extends IpcWait { x: u32; }
export function mqWaitAbandon(wait: MqWait): void {}
export function mqExitNs(ns: IpcNs): void {}
