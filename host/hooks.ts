// Hooks: functions of the host that run while a guest stands still in the middle of what it does, see it, and may change it.
// They must return at once: no await, no system calls of host tasks. One that throws stops the machine; Machine.idle() says so.
import type { Exports } from "./exports.ts";
import { SYS } from "./gen/syscalls.ts";
import { TaskMemory } from "./task.ts";
import { MachineError, type SyscallName } from "./types.ts";

const ENOSPC = 28;
const PAGE_OF_ARGS = 48;
const RECORD = { ADDRESS: 0, BEFORE: 8, AFTER: 16, RIP: 24, SIZE: 32, WRITE: 36 } as const;
const TOP = 0x8000_0000_0000n;

/** Registers as stand-ins: reading one reads the guest's, assigning to one changes it. */
export const REGISTER_NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"] as const;
export type RegisterName = (typeof REGISTER_NAMES)[number];
export type Registers = Record<RegisterName, bigint>;

/** A system call that is about to be made (`before`), or has been (`after`). */
export interface HookedCall {
  /** The thread that makes it. */
  readonly tid: number;
  readonly nr: number;
  readonly name: SyscallName | `syscall_${number}`;
  /** Its six arguments. What `before` puts there is what the kernel sees; registers stay as they are. */
  readonly args: bigint[];
  /** rax, −errno included; null in `before`. */
  readonly result: bigint | null;
  /** The memory of its process. */
  readonly memory: TaskMemory;
}

/** What a hook on system calls does. A call that a signal interrupts and restarts comes by `before` again. */
export interface SyscallHook {
  /** Which calls: one, several, or all when it is left out. */
  calls?: SyscallName | readonly SyscallName[];
  /** A value that it returns is the call's result, and the call is not made. */
  before?(call: HookedCall): bigint | number | void;
  /** A value that it returns is the result that the guest gets. */
  after?(call: HookedCall): bigint | number | void;
}

/** Where a hook on instructions or memory is: [start, end) of one process, or of all without `pid`. */
export interface HookRange {
  /** Lowest guest address (0). */
  start?: bigint | number;
  /** Guest address behind the last (the end of the address space). */
  end?: bigint | number;
  pid?: number;
}

/** An instruction that is about to run. */
export interface HookedInstruction {
  readonly tid: number;
  readonly address: bigint;
  /** Assigning changes the guest's registers; with `rip` it goes on elsewhere. */
  readonly registers: Registers;
  readonly memory: TaskMemory;
}

/** Guest memory was read or written: by an instruction, or by the kernel for a system call. */
export interface MemoryAccess {
  readonly tid: number;
  readonly address: bigint;
  /** In bytes. */
  readonly size: number;
  /** A read-modify-write is a "write". */
  readonly kind: "read" | "write";
  /** The (first eight) bytes before and after, as a little-endian number. */
  readonly before: bigint;
  readonly after: bigint;
  /** Address of the instruction. */
  readonly rip: bigint;
  readonly memory: TaskMemory;
}

/** What is needed of the machine. */
export interface HookedMachine {
  readonly exports: Exports;
  poke(at: number, bytes: Uint8Array): void;
}

interface Placed {
  kind: number;
  start: bigint;
  end: bigint;
  pid: number;
}

interface CodeHook extends Placed {
  run(at: HookedInstruction): void;
}

interface MemoryHook extends Placed {
  run(access: MemoryAccess): void;
}

let names: Map<number, string> | null = null;
const nameOf = (nr: number): string => (names ??= new Map(Object.entries(SYS).map(([name, n]) => [n, name]))).get(nr) ?? `syscall_${nr}`;

/** Little-endian bytes of a 64-bit word. */
function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}

/** All hooks of a machine. */
export class Hooks {
  private readonly syscalls = new Set<SyscallHook & { numbers: ReadonlySet<number> | null }>();
  private readonly code = new Set<CodeHook>();
  private readonly accesses = new Set<MemoryHook>();
  /** What a hook threw; the machine stops for it. */
  error: Error | null = null;

  constructor(private readonly machine: HookedMachine) {}

  addSyscall(hook: SyscallHook): () => void {
    const list = hook.calls === undefined ? null : typeof hook.calls === "string" ? [hook.calls] : hook.calls;
    const unknown = list?.find((name) => SYS[name] === undefined);
    if (unknown) throw new TypeError(`no system call is named ${unknown}`);
    const entry = { ...hook, numbers: list && new Set(list.map((name) => SYS[name])) };
    this.syscalls.add(entry);
    this.machine.exports.hookSyscalls(1);
    return () => {
      this.syscalls.delete(entry);
      if (!this.syscalls.size) this.machine.exports.hookSyscalls(0);
    };
  }

  addCode(range: HookRange, run: (at: HookedInstruction) => void): () => void {
    return this.place(this.code, { ...placed(range, 0), run });
  }

  addMemory(range: HookRange & { kind?: "read" | "write" | "both" }, run: (access: MemoryAccess) => void): () => void {
    const kind = { read: 1, write: 2, both: 3 }[range.kind ?? "both"];
    return this.place(this.accesses, { ...placed(range, kind), run });
  }

  private place<T extends Placed>(set: Set<T>, hook: T): () => void {
    if (this.machine.exports.hookAdd(hook.kind, hook.start, hook.end, hook.pid) < 0) throw new MachineError(ENOSPC, "a hook");
    set.add(hook);
    return () => {
      if (set.delete(hook)) this.install();
    };
  }

  /** Tells the kernel of all hooks: after it forgot them, or when one is gone. */
  install(): void {
    const { exports } = this.machine;
    exports.hooksClear();
    for (const { kind, start, end, pid } of [...this.code, ...this.accesses]) exports.hookAdd(kind, start, end, pid);
    exports.hookSyscalls(this.syscalls.size ? 1 : 0);
  }

  /** Runs something that must not see hooks in the machine's memory. */
  without<T>(run: () => T): T {
    if (!this.syscalls.size && !this.code.size && !this.accesses.size) return run();
    this.machine.exports.hooksClear();
    this.machine.exports.hookSyscalls(0);
    try {
      return run();
    } finally {
      this.install();
    }
  }

  private memory(tid: number): TaskMemory {
    return new TaskMemory(this.machine, tid);
  }

  private safely<T>(run: () => T, otherwise: T): T {
    try {
      return run();
    } catch (error) {
      this.error ??= error as Error;
      return otherwise;
    }
  }

  private callOf(tid: number, nr: number, result: bigint | null): HookedCall {
    const view = new DataView(this.machine.exports.memory.buffer, this.machine.exports.taskArgs(tid) >>> 0, PAGE_OF_ARGS);
    const args = [0, 1, 2, 3, 4, 5].map((i) => view.getBigUint64(8 * i, true));
    return { tid, nr, name: nameOf(nr) as SyscallName, args, result, memory: this.memory(tid) };
  }

  private *meant(nr: number): Iterable<SyscallHook> {
    for (const hook of this.syscalls) if (!hook.numbers || hook.numbers.has(nr)) yield hook;
  }

  /** Import hookEnter. */
  enter(tid: number, nr: number): number {
    return this.safely(() => {
      for (const hook of this.meant(nr)) {
        if (!hook.before) continue;
        const call = this.callOf(tid, nr, null);
        const given = [...call.args];
        const answer = hook.before(call);
        const at = this.machine.exports.taskArgs(tid) >>> 0;
        call.args.forEach((value, i) => {
          if (value !== given[i]) this.machine.poke(at + 8 * i, word(value));
        });
        if (answer === undefined) continue;
        this.machine.poke(at + PAGE_OF_ARGS, word(BigInt(answer)));
        return 1;
      }
      return 0;
    }, 0);
  }

  /** Import hookExit. */
  exit(tid: number, nr: number, result: bigint): bigint {
    return this.safely(() => {
      for (const hook of this.meant(nr)) {
        const other = hook.after?.(this.callOf(tid, nr, result));
        if (other !== undefined) result = BigInt.asIntN(64, BigInt(other));
      }
      return result;
    }, result);
  }

  /** Import hookCode. */
  instruction(tid: number, rip: bigint): void {
    const address = BigInt.asUintN(64, rip);
    this.safely(() => {
      for (const hook of this.code) {
        if (address < hook.start || address >= hook.end) continue;
        hook.run({ tid, address, registers: registersOf(this.machine, tid), memory: this.memory(tid) });
      }
    }, undefined);
  }

  /** Import hookMemory. */
  access(tid: number, record: number): void {
    const view = new DataView(this.machine.exports.memory.buffer, record >>> 0, 40);
    const at = (offset: number) => view.getBigUint64(offset, true);
    const [address, size, write] = [at(RECORD.ADDRESS), view.getUint32(RECORD.SIZE, true), view.getUint32(RECORD.WRITE, true)];
    const access = { tid, address, size, kind: write ? "write" : "read", before: at(RECORD.BEFORE), after: at(RECORD.AFTER), rip: at(RECORD.RIP), memory: this.memory(tid) } as const;
    this.safely(() => {
      for (const hook of this.accesses) {
        if (address < hook.end && address + BigInt(size) > hook.start && hook.kind & (write ? 2 : 1)) hook.run(access);
      }
    }, undefined);
  }
}

function placed({ start = 0, end = TOP, pid = 0 }: HookRange, kind: number): Placed {
  return { kind, start: BigInt(start), end: BigInt(end), pid };
}

/** The registers of a task, live. */
export function registersOf(machine: HookedMachine, tid: number): Registers {
  const registers = {} as Registers;
  const place = (index: number) => (machine.exports.taskContext(tid) >>> 0) + (index === 16 ? 256 : 8 * index);
  REGISTER_NAMES.forEach((name, index) => {
    Object.defineProperty(registers, name, {
      enumerable: true,
      get: () => new DataView(machine.exports.memory.buffer).getBigUint64(place(index), true),
      set: (value: bigint) => machine.poke(place(index), word(value)),
    });
  });
  return registers;
}
