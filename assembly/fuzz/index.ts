// Every export of the fuzzer's module: the kernel without the CPU, and the loop around it.
export { markDirty, markedCopy, markedFill, edgeNew, probeStore, probeEdge, probeFuel, fuelSpent, globalsSave, globalsRestore, reset, resetDifferences } from "./probe";
export {
  host_clock,
  host_hookCode,
  host_hookEnter,
  host_hookExit,
  host_hookMemory,
  host_list,
  host_output,
  host_readPage,
  host_taskEvent,
  host_terminal,
  host_traceEnter,
  host_traceExit,
  host_traceSignal,
  host_wantInput,
} from "./hostside";
export {
  campaignRun,
  checkNow,
  corpusAdd,
  corpusAt,
  corpusClear,
  corpusSize,
  dirtyCount,
  executedCount,
  generateOnly,
  leaked,
  runMany,
  runOnce,
  setOptions,
  setSeed,
  stageBuild,
} from "./campaign";
export { sleepers } from "./execute";
export { reportBytes } from "./report";
export { scheduleSteps } from "./schedule";
