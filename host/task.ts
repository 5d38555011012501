// Tasks that the host drives: registers and memory of their own, no guest code.
import { SYS } from "./gen/syscalls.ts";
import type { Machine } from "./machine.ts";
import { FaultError, MachineError, type SyscallName } from "./types.ts";

const ENOMEM = 12;
const NEVER = 0xffff_ffff_ffff_ffffn;
const PIECE = 1 << 20;
const encoder = new TextEncoder();

/** What an argument of a system call may be: strings and bytes are put into the task's memory. */
export type Argument = number | bigint | string | Uint8Array | null | undefined;

const FAULT = 2;
const PAGE_FAULT = 14;
const SIGSEGV = 11;
/** Signal by the vector of an exception of the CPU. */
const SIGNALS: Record<number, number> = { 0: 8, 1: 5, 3: 5, 6: 4, 16: 8, 17: 7, 19: 8 };

/** Why HostTask.runCode came back: at the end, instructions used up, the task waits in a call or has ended, or a fault (`address`: what was accessed, or the instruction). */
export type CodeResult = { reason: "done" | "limit" | "waits" | "ended" } | { reason: "fault"; signal: number; address: bigint };

/** A task that the host drives: registers and memory of its own, no guest code. */
export class HostTask {
  readonly memory: TaskMemory;
  private arena = 0n;
  private used = 0n;

  /** @internal */
  constructor(
    private readonly machine: Machine,
    readonly tid: number,
  ) {
    this.memory = new TaskMemory(machine, tid);
  }

  /**
   * Sets rax, rdi, rsi, rdx, r10, r8, r9 and runs the call: rax, −errno included. A promise when it has to
   * wait; other tasks can complete it. rcx and r11 are lost, as on the hardware. Strings (with a NUL) and bytes are put into
   * the task's memory, where they stay.
   * @throws TypeError for an unknown name, MachineError ENOMEM when the arguments find no room, MachineCrash
   */
  syscall(call: SyscallName | number, ...args: Argument[]): bigint | Promise<bigint> {
    const nr = typeof call === "number" ? call : SYS[call];
    if (nr === undefined) throw new TypeError(`no system call is named ${call}`);
    return this.machine.hostSyscall(this.tid, nr, args.map((value) => this.place(value)));
  }

  /** Register values by name. */
  get registers(): Record<"rax" | "rcx" | "rdx" | "rbx" | "rsp" | "rbp" | "rsi" | "rdi" | "r8" | "r9" | "r10" | "r11" | "rip", bigint> {
    const at = this.machine.exports.taskContext(this.tid) >>> 0;
    const view = new DataView(this.machine.exports.memory.buffer, at, 264);
    const names = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11"] as const;
    const found = Object.fromEntries(names.map((name, i) => [name, view.getBigUint64(8 * i, true)]));
    return { ...found, rip: view.getBigUint64(256, true) } as HostTask["registers"];
  }

  /**
   * Room of `size` bytes in the task's memory, for structures: its guest address.
   * @throws MachineError ENOMEM
   */
  allocate(size: number): bigint {
    const MAP = { PROT_RW: 3n, PRIVATE_ANONYMOUS: 0x22n };
    const ARENA = 1n << 20n;
    const length = BigInt((size + 15) & ~15);
    if (length > ARENA) return this.map(length, MAP.PROT_RW, MAP.PRIVATE_ANONYMOUS);
    if (!this.arena || this.used + length > ARENA) {
      this.arena = this.map(ARENA, MAP.PROT_RW, MAP.PRIVATE_ANONYMOUS);
      this.used = 0n;
    }
    this.used += length;
    return this.arena + this.used - length;
  }

  private map(length: bigint, protection: bigint, flags: bigint): bigint {
    const result = this.machine.hostSyscall(this.tid, SYS.mmap, [0n, length, protection, flags, -1n & NEVER, 0n]) as bigint;
    if (result < 0n && result > -4096n) throw new MachineError(Number(-result), "memory for a task");
    return result;
  }

  /** @internal */
  place(value: Argument): bigint {
    if (typeof value === "bigint") return BigInt.asUintN(64, value);
    if (typeof value === "number") return BigInt.asUintN(64, BigInt(value));
    if (value === null || value === undefined) return 0n;
    const bytes = typeof value === "string" ? encoder.encode(`${value}\0`) : value;
    const at = this.allocate(bytes.length);
    this.memory.write(at, bytes);
    return at;
  }

  /** @internal Its room, for a snapshot. */
  room(): { tid: number; arena: bigint; used: bigint } {
    return { tid: this.tid, arena: this.arena, used: this.used };
  }

  /** @internal */
  setRoom({ arena, used }: { arena: bigint; used: bigint }): void {
    this.arena = arena;
    this.used = used;
  }

  /**
   * Runs guest code in the task's memory, from one address until another one is come to, `limit` instructions at the most.
   * At a fault the task stands at the instruction, and no signal is sent. After "waits", when `waiting` is false again, go on
   * at `registers.rip`.
   * @throws MachineError EINVAL while a call of it waits
   */
  runCode(from: bigint, to: bigint, limit = 1_000_000): CodeResult {
    const { machine, tid } = this;
    const why = machine.runCode(tid, from, to, limit);
    if (why !== FAULT) return { reason: (["done", "limit", "fault", "waits", "ended"] as const)[why] as Exclude<CodeResult["reason"], "fault"> };
    const view = new DataView(machine.exports.memory.buffer, machine.exports.taskContext(tid) >>> 0, 512);
    const vector = view.getUint32(320, true);
    const signal = view.getUint32(340, true) || SIGNALS[vector] || SIGSEGV;
    return { reason: "fault", signal, address: view.getBigUint64(vector === PAGE_FAULT ? 328 : 256, true) };
  }

  /** Whether its last call still waits. */
  get waiting(): boolean {
    return this.machine.exports.taskDone(this.tid) === 0;
  }

  /** Result of its last call that has ended. */
  get result(): bigint {
    return this.machine.exports.taskResult(this.tid);
  }

  /** Ends the task as exit_group(0) would. */
  exit(): void {
    this.machine.exports.taskDelete(this.tid);
  }
}

/** The memory of a task; what is not there is a FaultError. */
export class TaskMemory {
  /** @internal */
  constructor(
    private readonly machine: Pick<Machine, "exports" | "poke">,
    private readonly tid: number,
  ) {}

  /**
   * A copy of `length` bytes at a guest address.
   * @throws FaultError where nothing is mapped for reading
   */
  read(address: bigint | number, length: number): Uint8Array {
    return this.move(BigInt(address), new Uint8Array(length), "taskRead");
  }

  /**
   * Writes bytes to a guest address.
   * @throws FaultError where nothing is mapped for writing
   */
  write(address: bigint | number, bytes: Uint8Array): void {
    this.move(BigInt(address), bytes, "taskWrite");
  }

  /**
   * The text (UTF-8) up to a NUL.
   * @throws FaultError
   */
  readString(address: bigint | number): string {
    const found: number[] = [];
    for (let at = BigInt(address); ; at++) {
      const [byte] = this.read(at, 1);
      if (byte === 0) return new TextDecoder().decode(new Uint8Array(found));
      found.push(byte!);
    }
  }

  private move(address: bigint, bytes: Uint8Array, way: "taskRead" | "taskWrite"): Uint8Array {
    const { exports } = this.machine;
    const buffer = exports.hostAlloc(Math.min(Math.max(bytes.length, 16), PIECE));
    if (!buffer) throw new MachineError(ENOMEM, "a buffer");
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(PIECE, bytes.length - done);
        if (way === "taskWrite") this.machine.poke(buffer, bytes.subarray(done, done + length));
        const moved = exports[way](this.tid, BigInt.asUintN(64, address + BigInt(done)), buffer, length);
        if (moved < length) throw new FaultError(address + BigInt(done + Math.max(moved, 0)));
        if (way === "taskRead") bytes.set(new Uint8Array(exports.memory.buffer, buffer >>> 0, length), done);
        done += length;
      }
    } finally {
      exports.hostFree(buffer);
    }
    return bytes;
  }
}
