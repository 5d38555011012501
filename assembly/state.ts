// The machine's memory as one value: which parts of it are in use, hashes of them, and what must be forgotten when the host
// has put back an earlier one.
//
//   [0, end of the descriptions of frames in use) │ … │ [first frame, first frame never used)
import { hashRange } from "./lib/hash";
import { framesParts } from "./mm/frames";
import { tlbForgetCurrent } from "./mm/tlb";
import { setTrace, traceIsOn } from "./task/trace";
import { Task, setCurrent } from "./task/task";

const PAGE: usize = 4096;
const SCRATCH_BYTES: u32 = 32768;
/** For the host's own use while a guest is in the kernel (traces); no part of the machine's state. */
const SCRATCH = memory.data(32768, 4096);

/** Where the host may put bytes at any time: `hostScratchBytes` of them. Never part of a hash or snapshot. */
export function hostScratch(): usize {
  return SCRATCH;
}

/** Bounds of the memory in use, page aligned. 0: end of the lower part; 1: start of the upper one; 2: its end. */
export function memoryPart(which: i32): usize {
  return framesParts(which);
}

/** Hash of the 4096 bytes at `at`. */
export function hashPage(at: usize): u64 {
  return hashRange(at, at + PAGE, 0);
}

/** Leaves out what is the host's: whether it listens, and its scratch. */
export function stateClean(): i32 {
  const traced = traceIsOn();
  setTrace(0);
  memory.fill(SCRATCH, 0, SCRATCH_BYTES);
  return <i32>traced;
}

/** Hash of all memory in use; the same for the same state, whatever the host listens to. */
export function machineHash(): u64 {
  const traced = stateClean();
  const low = hashRange(0, framesParts(0), 1);
  const hash = hashRange(framesParts(1), framesParts(2), low);
  setTrace(<i32>traced);
  return hash;
}

/** The memory is another now: forgets what the module's globals say of the old one. Nothing may be running. */
export function machineRestored(): void {
  setCurrent(changetype<Task>(0));
  tlbForgetCurrent();
}
