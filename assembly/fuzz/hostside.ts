// The kernel's imports, answered here: tools/probes.mjs redirects its calls. Nothing outside is asked.
import { actorEnded, actorMade } from "./actors";

export function host_clock(kind: i32): i64 {
  return 0;
}

export function host_output(stream: i32, ptr: usize, len: i32): i32 {
  return len;
}

export function host_wantInput(stream: i32): void {}

export function host_terminal(stream: i32, request: i32, ptr: usize): i32 {
  return -25; // ENOTTY
}

export function host_readPage(handle: i32, index: i64, ptr: usize): i32 {
  return -5; // EIO
}

export function host_list(handle: i32): usize {
  return <usize>-5;
}

export function host_hookEnter(tid: i32, nr: i32): i32 {
  return 0;
}

export function host_hookExit(tid: i32, nr: i32, result: i64): i64 {
  return result;
}

export function host_hookCode(tid: i32, rip: u64): void {}
export function host_hookMemory(tid: i32, record: usize): void {}

export function host_traceEnter(tid: i32, nr: i32): void {}
export function host_traceExit(tid: i32, nr: i32, result: i64): void {}
export function host_traceSignal(tid: i32, signal: i32, info: usize): void {}

export function host_taskEvent(kind: i32, tid: i32, value: i32): void {
  if (kind == 0) actorMade(tid);
  else if (kind == 1) actorEnded(tid);
}
