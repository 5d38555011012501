// Decoding of x87 instructions, and their execution by x87.ts.
import { OP_NOP } from "../gen/ops";
import { emit, emitInvalid, modrm } from "./decode";

export function decodeFloat(opcode: u32): void {
  if (opcode == 0x9b) {
    emit(OP_NOP, 0, 0, 0);
    return;
  }
  modrm(0);
  emitInvalid();
}

export function x87Op(pc: usize): i32 {
  return 0;
}
