// Every export of the machine.
export {
  hostAlloc,
  hostFree,
  machineBusy,
  machineInit,
  processSpawn,
  taskArgs,
  taskContext,
  taskContextSize,
  taskDelete,
  taskDone,
  taskInjected,
  taskKill,
  taskNew,
  taskRead,
  taskResult,
  taskRunCode,
  taskSyscall,
  taskWrite,
} from "./host";
export { choicesLog, choicesLogBegin, choicesLogged, choicesMade, choicesSet, choicesTape } from "./lib/choose";
export { hookAdd, hooksClear } from "./cpu/step";
export { hashPage, hostScratch, machineHash, machineRestored, memoryPart, stateClean } from "./state";
export { injectSet } from "./task/inject";
export { hookSyscalls, idleUntil, machineRun, retired, setFuel } from "./task/run";
export { setTrace } from "./task/trace";
export { framesPeak, framesTotal, framesUsed } from "./mm/frames";
export { kmallocLive } from "./mm/kmalloc";
export { ipcReport, ipcReportLength } from "./ipc/report";
export { now } from "./task/clock";
export { groupsAlive } from "./task/exit";
export { faultReport } from "./task/signal";
export { inputEof, inputPush, terminalForeground, terminalResize } from "./fs/stdio";
export { hostAppendFile, hostAttachFolder, hostCreateFile, hostCreateLazyFile, hostFileSize, hostMkdir, hostReadFile, hostSymlink, hostMount } from "./fs/hostapi";
