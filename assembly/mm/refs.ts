// References to user frames.
import { codeInvalidate } from "../cpu/code";
import { frameInfo, framesFree } from "./frames";

// @ts-ignore: decorator
@inline
export function frameHold(host: usize): void {
  frameInfo(host).refs++;
}

/** Drops one reference; the last one frees the frame and what the CPU decoded from it. */
export function frameDrop(host: usize): void {
  const frame = frameInfo(host);
  if (--frame.refs) return;
  if (frame.code | <u32>(frame.codeLines != 0)) codeInvalidate(host);
  frame.codeLines = 0;
  framesFree(host, 0);
}
