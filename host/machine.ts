// The machine seen from TypeScript: files, processes, tasks that the host drives. No node: and no DOM here;
// what differs between hosts comes in as MachineHost. See host/node.ts for Node's.
import { eventsOf, FanOut, syscallSink, type MachineEvent, type SyscallEvent } from "./events.ts";
import { applyChoices, readChoices, type Choice, type Choices } from "./choices.ts";
import { Checker, type CheckExports } from "./check.ts";
import type { Exports } from "./exports.ts";
import { Hooks, type HookedInstruction, type HookRange, type MemoryAccess, type SyscallHook } from "./hooks.ts";
import { MachineFiles } from "./files.ts";
import { readIpc, type IpcState } from "./ipc/index.ts";
import type { Injection } from "./inject.ts";
import { apply, capture, type Snapshot } from "./snapshot.ts";
import { GuestOutput, guestInput } from "./streams.ts";
import { HostTask, TaskMemory } from "./task.ts";
import { TraceBridge, type TraceSink } from "./trace/bridge.ts";
import { fileOperation, isLive, type TreeFile } from "./tree.ts";
import { FuelExhausted, MachineCrash, MachineError, RestoredError } from "./types.ts";
import type { ExitStatus, Fault, MachineHost, MachineOptions, Process, SpawnOptions, StreamKind } from "./types.ts";

export { FaultError, FormatError, FuelExhausted, MachineCrash, MachineError, RestoredError } from "./types.ts";
export type { ExitStatus, Fault, LazySource, MachineHost, MachineOptions, Process, SpawnOptions, StreamKind, SyscallName } from "./types.ts";
export { HostTask, TaskMemory, type Argument } from "./task.ts";

const PAGE = 4096;
const BUDGET = 4_000_000n;
const NEVER = 0xffff_ffff_ffff_ffffn;
const SLEEPS = -(1n << 63n);
const STREAM_KINDS: Record<StreamKind, number> = { null: 0, terminal: 1, pipe: 2, file: 3 };
const TRACED = 2;
const CPU_V1 = 4;
/** Streams of their own begin behind those of the host; three a process. */
const FIRST_STREAM = 3;
const STREAMS = 255;
const RUN = { BUDGET: 0, IDLE: 1, INPUT: 2, EXITED: 3, FUEL: 4 } as const;
const EVENT_GROUP_ENDED = 4;
const EVENT_GROUP_STOPPED = 5;
const EBUSY = 16;
/** setTimeout takes no more; a machine that waits for ever wakes up as often. */
const LONGEST_SLEEP_MS = 0x3fffffff;

const encoder = new TextEncoder();

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value, { stream: true });
  return text + decoder.decode();
}

/** Lets the event loop run once. */
const turn: () => Promise<void> =
  typeof setImmediate === "function"
    ? () => new Promise((resolve) => setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(0);
        });

/** Why Machine.run came back. */
export type RunReason = "budget" | "idle" | "input" | "exited" | "fuel";
const REASONS: readonly RunReason[] = ["budget", "idle", "input", "exited", "fuel"];

/** What a program did: Machine.execute. */
export interface Execution extends ExitStatus {
  /** What it wrote to its descriptors 1 and 2, as text. */
  stdout: string;
  stderr: string;
}

class HookError extends Error {
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}

interface Ending {
  promise: Promise<ExitStatus>;
  resolve(status: ExitStatus): void;
  reject(error: Error): void;
}

/**
 * A machine: a CPU, a kernel, files, processes. It runs in the event loop of its host while there is something to run, or,
 * with `manual`, in run() alone. createMachine makes one with files.
 */
export class Machine extends MachineFiles {
  /** @internal */
  readonly exports: Exports;
  /** The module that it is an instance of. */
  readonly module: WebAssembly.Module;
  private readonly options: MachineOptions;
  private readonly host: MachineHost;
  private readonly exits = new Map<number, Ending>();
  private readonly sleeping = new Map<number, { resolve(result: bigint): void; reject(error: Error): void }>();
  private readonly hostTasks = new Map<number, HostTask>();
  private readonly sinks = new FanOut();
  private readonly hooks = new Hooks(this);
  private readonly bridge: TraceBridge;
  private readonly checker: Checker | null;
  private readonly streams = new Map<number, GuestOutput>();
  private nextStream = 0;
  private loop: Promise<void> | null = null;
  private wakeUp: (() => void) | null = null;
  private crash: Error | null = null;
  private stopped = false;
  private paused = false;
  /** The snapshot that the memory was last equal to. */
  private base: Snapshot | null = null;

  /** @throws MachineError ENOMEM when `memory` is less than an empty machine needs, EBUSY for a recording from a snapshot */
  constructor(module: WebAssembly.Module, host: MachineHost, options: MachineOptions = {}) {
    super();
    this.module = module;
    this.host = host;
    this.options = options;
    const { recorder, snapshot, check } = options;
    this.checker = check ? new Checker(() => this.exports, (kind) => host.clock(kind)) : null;
    const imports = recorder ? recorder.imports(module, this.imports()) : this.imports();
    const raw = new WebAssembly.Instance(module, { host: imports as WebAssembly.ModuleImports }).exports as unknown as Exports;
    this.exports = recorder ? recorder.exports(module, raw) : raw;
    this.bridge = new TraceBridge(this.exports, this.sinks);
    if (options.trace) this.sinks.add(options.trace);
    if (snapshot) {
      if (recorder) throw new MachineError(EBUSY, "recording a machine that begins with a snapshot");
      this.restore(snapshot);
    } else this.initialise();
    if (check) (this.exports as CheckExports).checkEvery(check);
    if (options.fuel) this.exports.setFuel(options.fuel);
    if (options.choices) this.setChoices(options.choices);
  }

  private initialise(): void {
    const { memory = 1 << 30, clock, cpu, maxTasks = 4096, seed = this.anySeed() } = this.options;
    const frames = Math.min(Math.floor(memory / PAGE), 1_048_575);
    const flags = (clock === "virtual" ? 1 : 0) | (this.sinks.size ? TRACED : 0) | (cpu === "v1" ? CPU_V1 : 0);
    this.check(this.exports.machineInit(frames, BigInt.asUintN(64, seed), flags, maxTasks), "starting the machine");
  }

  private imports() {
    const bytes = (at: number, length: number) => new Uint8Array(this.exports.memory.buffer, at >>> 0, length);
    return {
      clock: (kind: number) => this.host.clock(kind),
      ...this.checker?.imports(),
      output: (stream: number, at: number, length: number) => this.output(stream, bytes(at, length)),
      wantInput: (stream: number) => this.wantInput(stream),
      readPage: (handle: number, index: bigint, at: number) => this.readPage(handle, index, bytes(at, PAGE)),
      list: (handle: number) => this.list(handle),
      file: (op: number, handle: number, argument: bigint, at: number, length: number) => fileOperation(this, op, handle, argument, bytes(at, length)),
      hookEnter: (tid: number, nr: number) => this.hooks.enter(tid, nr),
      hookExit: (tid: number, nr: number, result: bigint) => this.hooks.exit(tid, nr, result),
      hookCode: (tid: number, rip: bigint) => this.hooks.instruction(tid, rip),
      hookMemory: (tid: number, record: number) => this.hooks.access(tid, record),
      traceEnter: (tid: number, nr: number) => this.bridge.enter(tid, nr),
      traceExit: (tid: number, _nr: number, result: bigint) => this.bridge.exit(tid, result),
      traceSignal: (tid: number, signal: number, info: number) => this.bridge.signal(tid, signal, info),
      taskEvent: (kind: number, tid: number, value: number) => this.taskEvent(kind, tid, value),
    };
  }

  /** @internal */
  override poke(at: number, bytes: Uint8Array): void {
    this.options.recorder?.poke(at, bytes);
    super.poke(at, bytes);
  }

  private output(stream: number, bytes: Uint8Array): number {
    if (this.checker?.probing) return bytes.length;
    const own = this.streams.get(stream);
    if (own) return own.write(bytes);
    return stream < FIRST_STREAM ? this.host.output(stream, bytes) : bytes.length;
  }

  private wantInput(stream: number): void {
    if (stream < FIRST_STREAM && !this.checker?.probing) this.host.wantInput?.(stream);
  }

  private anySeed(): bigint {
    const bytes = new Uint8Array(8);
    this.host.entropy(bytes);
    return new DataView(bytes.buffer).getBigUint64(0);
  }

  /** Called when job control stopped a process by `signal`. */
  onStopped: ((pid: number, signal: number) => void) | null = null;

  private taskEvent(kind: number, tid: number, value: number): void {
    if (this.checker?.probing) return;
    if (kind === EVENT_GROUP_STOPPED) {
      this.onStopped?.(tid, value);
      return;
    }
    if (kind !== EVENT_GROUP_ENDED) {
      this.bridge.taskEvent(kind, tid, value);
      return;
    }
    const signal = value & 0x7f;
    this.exits.get(tid)?.resolve(signal ? { code: null, signal } : { code: (value >> 8) & 0xff, signal: null });
    this.exits.delete(tid);
  }

  // ── processes ──────────────────────────────────────────────────────────────────────

  /**
   * Starts a program of the machine's files. It runs as soon as the event loop turns.
   * @throws MachineError with the errno that execve(2) gives: ENOENT, EACCES, ENOEXEC …
   */
  spawn(path: string, options: SpawnOptions = {}): Process {
    const { argv = [path], env = {}, cwd = "/", uid = 0, gid = 0, stdio = ["null", "pipe", "pipe"] } = options;
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const block = (words: string[]) => encoder.encode(words.map((word) => `${word}\0`).join(""));
    const first = this.options.streams ? this.takeStreams() : 0;
    const kinds = stdio.reduce((sum, kind, fd) => sum | (STREAM_KINDS[kind] << (4 * fd)), first << 12);
    const outputs = first ? [1, 2].map((fd) => this.openOutput(first + fd)) : [];
    const pid = this.withPath(path, (pathAt, pathLength) =>
      this.withBytes(block(argv), (argvAt) =>
        this.withBytes(block(variables), (envAt) =>
          this.withPath(cwd, (cwdAt, cwdLength) =>
            this.exports.processSpawn(pathAt, pathLength, argvAt, argv.length, envAt, variables.length, cwdAt, cwdLength, uid, gid, kinds),
          ),
        ),
      ),
    );
    this.check(pid, `starting ${path}`);
    const made = this.processOf(pid, first, outputs);
    this.traceStart(pid, path, argv, variables.length);
    this.start();
    return made;
  }

  /**
   * Runs a program to its end and gives what it wrote. Needs a machine with streams, as createMachine makes it.
   * @param input what its descriptor 0 gives; without it, /dev/null
   * @throws MachineError when it cannot be started, FuelExhausted or MachineCrash when the machine stops before it ends
   */
  async execute(path: string, { input, ...options }: SpawnOptions & { input?: string | Uint8Array } = {}): Promise<Execution> {
    if (!this.options.streams) throw new TypeError("execute needs a machine with streams");
    const { stdin, stdout, stderr, exited } = this.spawn(path, { ...options, stdio: [input === undefined ? "null" : "pipe", "pipe", "pipe"] });
    if (input !== undefined) void feed(stdin!, typeof input === "string" ? encoder.encode(input) : input);
    const texts = Promise.all([textOf(stdout!), textOf(stderr!)]);
    const ended = await Promise.race([exited, this.idle().then(() => exited)]);
    if (this.crash) throw this.crash;
    const [out, err] = await texts;
    return { ...ended, stdout: out, stderr: err };
  }

  /** A process that is there: after restore() or fork(), those of before. */
  process(pid: number): Process {
    return this.processOf(pid, 0, []);
  }

  private processOf(pid: number, first: number, outputs: GuestOutput[]): Process {
    let ending = this.exits.get(pid);
    if (!ending) {
      const made = {} as Ending;
      made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
      // Whoever does not wait for the end need not hear that it will never come.
      made.promise.catch(() => {});
      for (const output of outputs) made.promise.then(() => output.end(), () => output.end());
      this.exits.set(pid, (ending = made));
    }
    const { promise } = ending;
    const machine = this;
    return {
      pid,
      exited: promise,
      kill: (signal) => machine.kill(pid, signal),
      stdin: first ? guestInput(machine, first) : null,
      stdout: outputs[0]?.readable ?? null,
      stderr: outputs[1]?.readable ?? null,
    };
  }

  /** Three numbers for streams of one process, in turn. */
  private takeStreams(): number {
    const first = FIRST_STREAM + this.nextStream;
    this.nextStream = (this.nextStream + 3) % (STREAMS - FIRST_STREAM - 3);
    return first;
  }

  private openOutput(stream: number): GuestOutput {
    const output = new GuestOutput();
    this.streams.set(stream, output);
    return output;
  }

  private traceStart(pid: number, path: string, argv: string[], variables: number): void {
    if (!this.sinks.size) return;
    const RSP = 32;
    const view = new DataView(this.exports.memory.buffer);
    const sp = view.getBigUint64((this.exports.taskContext(pid) >>> 0) + RSP, true);
    this.sinks.started(pid, path, argv, sp + BigInt(8 * (argv.length + 2)), variables);
  }

  /**
   * Sends a signal to a process, to a process group when `pid` is negative.
   * @throws MachineError ESRCH when there is none, EINVAL for a signal that does not exist
   */
  kill(pid: number, signal: number): void {
    this.check(this.exports.taskKill(pid, signal), `kill ${pid}`);
    this.start();
  }

  /** Gives input of a stream to the guests: how many bytes were taken, less than given when the buffer (64 KiB) is full. */
  pushInput(stream: number, bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length) {
      const piece = bytes.subarray(done, done + 32768);
      const taken = this.withBytes(piece, (at, length) => this.exports.inputPush(stream, at, length));
      done += taken;
      if (taken < piece.length) break;
    }
    this.start();
    return done;
  }

  /** No more input comes on the stream. */
  endInput(stream: number): void {
    this.exports.inputEof(stream);
    this.start();
  }

  /**
   * A task without guest code, whose system calls the host makes.
   * @throws MachineError EAGAIN at the limit of tasks, ENOMEM
   */
  task({ uid = 0, gid = 0, stdio = ["null", "null", "null"] as SpawnOptions["stdio"] } = {}): HostTask {
    const kinds = stdio!.reduce((sum, kind, fd) => sum | (STREAM_KINDS[kind] << (4 * fd)), 0);
    const task = new HostTask(this, this.check(this.exports.taskNew(uid, gid, kinds), "a new task"));
    this.hostTasks.set(task.tid, task);
    return task;
  }

  /** @internal Makes one system call for a task of the host (HostTask.syscall). */
  hostSyscall(tid: number, nr: number, args: bigint[]): bigint | Promise<bigint> {
    const [a0 = 0n, a1 = 0n, a2 = 0n, a3 = 0n, a4 = 0n, a5 = 0n] = args;
    this.notBusy("a system call");
    if (this.exports.taskDone(tid) === 0) throw new MachineError(EBUSY, "a system call of a task that waits in one");
    const result = this.guard(() => this.exports.taskSyscall(tid, nr, a0, a1, a2, a3, a4, a5));
    // Others may have been woken by it.
    this.start();
    if (result !== SLEEPS) return result;
    const promise = new Promise<bigint>((resolve, reject) => this.sleeping.set(tid, { resolve, reject }));
    promise.catch(() => {});
    return promise;
  }

  /** @internal Runs code of a task of the host (HostTask.runCode). */
  runCode(tid: number, from: bigint, to: bigint, limit: number): number {
    this.notBusy("running code");
    const why = this.check(this.guard(() => this.exports.taskRunCode(tid, from, to, limit)), "running code");
    this.start();
    return why;
  }

  // ── running ────────────────────────────────────────────────────────────────────────

  /** Process group that the terminal's signals are for; 0 = none. */
  get foregroundGroup(): number {
    return this.exports.terminalForeground();
  }

  /** The window of the terminal has another size: the foreground group hears of it by SIGWINCH. */
  resize(rows: number, columns: number): void {
    this.exports.terminalResize(rows, columns);
    this.start();
  }

  /** Instructions that all guests ran. */
  get retired(): bigint {
    return this.exports.retired();
  }

  /** Every IPC object: attributes, contents, and who waits on it. */
  get ipc(): IpcState {
    return readIpc(this.exports);
  }

  /** Bytes of guest and kernel memory that were in use at once, at the most. */
  get peakMemory(): number {
    return this.exports.framesPeak() * PAGE;
  }

  /** The last fault that killed a process, if there was one. */
  get lastFault(): Fault | null {
    const view = new DataView(this.exports.memory.buffer, this.exports.faultReport() >>> 0, 168);
    const pid = view.getUint32(0, true);
    if (!pid) return null;
    const word = (offset: number) => view.getBigUint64(offset, true);
    const registers = BigUint64Array.from({ length: 16 }, (_, i) => word(40 + i * 8));
    return { pid, signal: view.getUint32(4, true), address: word(16), rip: word(24), rflags: word(32), registers };
  }

  /**
   * Runs guests now, for about `budget` instructions at the most, and says why it came back: its budget is used up, all sleep
   * ("idle"), one waits for input, all have exited, or the machine's fuel is used up. For callers that steer a machine step by step.
   */
  run(budget: bigint | number = BUDGET): RunReason {
    const reason = this.guard(() => this.exports.machineRun(BigInt(budget)));
    this.settleSleepers();
    return REASONS[reason]!;
  }

  // ── snapshots ──────────────────────────────────────────────────────────────────────

  /**
   * The state of the machine now: a node of a tree whose parent is the snapshot that the machine was last equal to. It costs
   * the pages (4096 bytes) that differ from the parent.
   * @throws MachineError EBUSY from within a hook
   */
  snapshot(label = ""): Snapshot {
    const tasks = [...this.hostTasks.values()].filter(({ tid }) => this.exports.taskDone(tid) >= 0).map((task) => task.room());
    const host = { sources: [...this.sources], free: [...this.freeHandles], tasks, streams: this.nextStream };
    this.notBusy("a snapshot");
    this.base = this.hooks.without(() => capture(this.exports, this.base, host, label));
    return this.base;
  }

  /**
   * Makes the machine what it was. Promises of processes and calls that wait then stay; those that were not there are rejected
   * with RestoredError. How many pages had to be put back.
   * @throws MachineError EBUSY from within a hook, or when the machine is recorded
   */
  restore(snapshot: Snapshot): number {
    if (this.options.recorder && this.base !== null) throw new MachineError(EBUSY, "putting back a machine that is recorded");
    this.notBusy("going back");
    const copied = apply(this.exports, snapshot);
    this.hooks.install();
    if (!snapshot.hashed) snapshot.setHashes(this.exports);
    this.base = snapshot;
    this.sources = [...snapshot.host.sources] as typeof this.sources;
    this.handles = new Map();
    this.freeHandles = [...snapshot.host.free];
    this.sources.forEach((source, handle) => {
      if (isLive(source)) this.handles.set(source, handle);
      else if (source && "stat" in source && "read" in source && (source as unknown as TreeFile).stat.nlink > 1) this.handles.set(source as unknown as TreeFile, handle);
    });
    this.nextStream = snapshot.host.streams;
    this.restoreTasks(snapshot);
    this.exports.setTrace(this.sinks.size ? TRACED : 0);
    if (this.crash instanceof FuelExhausted || this.crash instanceof MachineCrash) this.crash = null;
    this.start();
    return copied;
  }

  private restoreTasks(snapshot: Snapshot): void {
    const rooms = new Map(snapshot.host.tasks.map((room) => [room.tid, room]));
    for (const [tid, task] of this.hostTasks) {
      const room = rooms.get(tid);
      if (room) task.setRoom(room);
      else this.hostTasks.delete(tid);
    }
    for (const room of rooms.values()) {
      if (this.hostTasks.has(room.tid)) continue;
      const task = new HostTask(this, room.tid);
      task.setRoom(room);
      this.hostTasks.set(room.tid, task);
    }
    for (const [tid, { reject }] of this.sleeping) {
      if (this.exports.taskDone(tid) === 0) continue;
      this.sleeping.delete(tid);
      reject(new RestoredError());
    }
    for (const [pid, { reject }] of this.exits) {
      if (this.exports.taskContext(pid)) continue;
      this.exits.delete(pid);
      reject(new RestoredError());
    }
  }

  /** Another machine in the same state, with the same files of the host; it has the same module and these options. Its processes have no streams. */
  fork(host: MachineHost = this.host, options: Partial<MachineOptions> = {}): Machine {
    const { recorder: _recorder, trace: _trace, ...mine } = this.options;
    return new Machine(this.module, host, { ...mine, ...options, snapshot: this.snapshot() });
  }

  /** What the machine was made with, as far as a snapshot of it needs it. */
  get settings(): { memory: number; maxTasks: number; clock: "real" | "virtual" } {
    const { memory = 1 << 30, maxTasks = 4096, clock = "real" } = this.options;
    return { memory, maxTasks, clock };
  }

  /** The tasks that the host drives. */
  get tasks(): HostTask[] {
    return [...this.hostTasks.values()];
  }

  /** Hash of all memory in use: equal for equal states. */
  stateHash(): bigint {
    return this.hooks.without(() => BigInt.asUintN(64, this.exports.machineHash()));
  }

  // ── experiments ────────────────────────────────────────────────────────────────────

  /** Who answers what Linux leaves open from now on; null: nobody, as at the start. */
  setChoices(choices: Choices | null): void {
    applyChoices(this, choices ?? {});
  }

  /** The choices that were made since setChoices with `log`; as `tape` they make the same run again. */
  get choiceTape(): Choice[] {
    return readChoices(this.exports);
  }

  /** Puts faults into system calls; the rules are those of `strace --inject`, as parseInjection reads them. */
  inject(rules: readonly Injection[]): void {
    for (const { numbers, flags, first, last, step, value, signal, delayEnterNs, delayExitNs } of rules) {
      for (const nr of numbers) this.check(this.exports.injectSet(nr, flags, first, last, step, value, signal, delayEnterNs, delayExitNs), "a fault");
    }
  }

  /** Tells a listener of system calls, signals and tasks from now on; what it returns ends that. */
  listen(sink: TraceSink): () => void {
    this.sinks.add(sink);
    this.exports.setTrace(TRACED);
    return () => {
      this.sinks.delete(sink);
      if (!this.sinks.size) this.exports.setTrace(0);
    };
  }

  /** What happens, one event after the other; ends when the loop over it does, or the machine is closed. */
  events(): AsyncIterableIterator<MachineEvent> {
    return eventsOf((sink) => this.listen(sink));
  }

  /** Calls `hook` at each system call of a guest: at its entry, and with its result. */
  onSyscall(hook: (event: SyscallEvent) => void): () => void {
    return this.listen(syscallSink(hook));
  }

  /**
   * Hooks system calls of all processes and host tasks: before them (arguments may be changed, the call answered) and after
   * them (the result may be changed). What it returns takes the hook away.
   * @throws TypeError for the name of no call
   */
  hookSyscalls(hook: SyscallHook): () => void {
    return this.hooks.addSyscall(hook);
  }

  /**
   * Calls `run` before each instruction of the range, with the registers. Pages without hooks run nearly as fast as else; code
   * in a hooked page or the page before it is stepped. At most 64 at a time. What it returns takes the hook away.
   * @throws MachineError ENOSPC when there are too many
   */
  hookInstructions(range: HookRange, run: (at: HookedInstruction) => void): () => void {
    return this.hooks.addCode(range, run);
  }

  /**
   * Calls `run` after each access of the range by an instruction, or by a system call that copies from or to it. At most 32
   * at a time. What it returns takes the hook away.
   * @throws MachineError ENOSPC when there are too many
   */
  hookMemory(range: HookRange & { kind?: "read" | "write" | "both" }, run: (access: MemoryAccess) => void): () => void {
    return this.hooks.addMemory(range, run);
  }

  private notBusy(what: string): void {
    if (this.exports.machineBusy()) throw new MachineError(EBUSY, `${what} from within a hook`);
  }

  /** The memory of a process, by the id of one of its threads. */
  memory(tid: number): TaskMemory {
    return new TaskMemory(this, tid);
  }

  /** Nothing of it runs any more; what it recorded is complete. */
  close(): void {
    this.stop();
    this.options.recorder?.end();
    for (const output of this.streams.values()) output.end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Settles when nothing runs any more; throws what stopped the machine. */
  async idle(): Promise<void> {
    while (this.loop) await this.loop;
    if (this.crash) throw this.crash;
  }

  /** What stopped the machine, if something did. */
  get failure(): Error | null {
    return this.crash;
  }

  /** The machine does nothing from now on. */
  stop(): void {
    this.stopped = true;
    this.wakeUp?.();
  }

  /** With true guests run only in run(), until it is set to false. */
  get manual(): boolean {
    return this.paused;
  }

  set manual(on: boolean) {
    this.paused = on;
    this.start();
  }

  private start(): void {
    if (this.crash || this.paused) return void this.wakeUp?.();
    this.wakeUp?.();
    this.loop ??= this.runLoop();
  }

  private guard<T>(run: () => T): T {
    if (this.crash) throw this.crash;
    try {
      const result = run();
      const { error } = this.hooks;
      if (!error) return result;
      this.hooks.error = null;
      throw new HookError(error);
    } catch (error) {
      if (error instanceof HookError) throw error.cause;
      this.crash = error instanceof MachineCrash ? error : new MachineCrash(`the machine stopped: ${(error as Error).message}`, { cause: error });
      throw this.crash;
    }
  }

  private async runLoop(): Promise<void> {
    await Promise.resolve();
    try {
      while (!this.stopped && !this.paused) {
        const reason = this.guard(() => this.exports.machineRun(BUDGET));
        this.settleSleepers();
        if (reason === RUN.EXITED && this.sleeping.size === 0) return;
        if (reason === RUN.FUEL) throw (this.crash = new FuelExhausted(this.options.fuel ?? 0n));
        if (reason === RUN.BUDGET) await turn();
        else await this.sleep(reason);
      }
    } catch (error) {
      this.crash ??= error as Error;
    } finally {
      // Now and not when the promise is settled: what is started by those who heard of an exit just now needs a loop of its own.
      this.loop = null;
    }
  }

  /** Waits for the machine's next event, or for the host. */
  private async sleep(reason: number): Promise<void> {
    let ms = LONGEST_SLEEP_MS;
    const until = BigInt.asUintN(64, this.exports.idleUntil());
    if (reason === RUN.IDLE && until !== NEVER) {
      if (this.options.clock === "virtual") return turn();
      ms = Number(until - this.exports.now()) / 1e6;
      if (ms <= 0.2) return turn();
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(Math.ceil(ms), LONGEST_SLEEP_MS));
      // Nobody's process runs, and nothing will happen by itself: Node need not stay for it.
      if (ms === LONGEST_SLEEP_MS && this.exits.size === 0) (timer as { unref?(): void }).unref?.();
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = null;
  }

  private settleSleepers(): void {
    for (const [tid, { resolve }] of this.sleeping) {
      if (this.exports.taskDone(tid) === 0) continue;
      this.sleeping.delete(tid);
      resolve(this.exports.taskResult(tid));
    }
  }
}
