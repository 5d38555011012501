// The machine seen from TypeScript: files, processes, tasks that the host drives. No node: and no DOM here;
// what differs between hosts comes in as MachineHost. See host/node.ts for Node's.
import { SYS } from "./gen/syscalls.ts";
import { readIpc, type IpcState } from "./ipc/index.ts";
import { encodeEntries, errnoOf, fileOperation, isFile, isFolder, isLive, type LiveNode, type Handles, type TreeFolder, type TreeNode } from "./tree.ts";
import { TraceBridge, type TraceSink } from "./trace/bridge.ts";

export type SyscallName = keyof typeof SYS;

/** What the machine asks of its surroundings. */
export interface MachineHost {
  /** ns since the epoch (0), or of a clock that only goes forward (1). */
  clock(kind: number): bigint;
  entropy(bytes: Uint8Array): void;
  /** Guest output of stream 1 or 2: bytes taken, or −errno. */
  output(stream: number, bytes: Uint8Array): number;
  /** A guest waits for input of the stream: give it with pushInput or endInput. */
  wantInput?(stream: number): void;
}

export interface MachineOptions {
  /** Bytes that guests and kernel may use together. */
  memory?: number;
  maxTasks?: number;
  seed?: bigint;
  clock?: "real" | "virtual";
  /** Level of x86-64 that guests see (v2). */
  cpu?: "v1" | "v2";
  /** Instructions that may be run in all; 0 = no limit. */
  fuel?: bigint;
  trace?: TraceSink;
}

export interface SpawnOptions {
  argv?: string[];
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What descriptors 0, 1 and 2 are. */
  stdio?: [StreamKind, StreamKind, StreamKind];
}

export type StreamKind = "null" | "terminal" | "pipe" | "file";

/** How a process ended: its exit status, or the signal that killed it. */
export interface ExitStatus {
  code: number | null;
  signal: number | null;
}

/** A file whose pages are read when a guest first uses them. */
export interface LazySource {
  size: number;
  /** Fills `page` (4096 bytes, zeroed) with what stands at `position`; false on an error. */
  read(position: number, page: Uint8Array): boolean;
}

/** Death of a process by a fault of its own. */
export interface Fault {
  pid: number;
  signal: number;
  address: bigint;
  rip: bigint;
  rflags: bigint;
  /** rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
  registers: BigUint64Array;
}

/** A call of the machine was refused: `errno` says why. */
export class MachineError extends Error {
  constructor(
    readonly errno: number,
    what: string,
  ) {
    super(`${what}: errno ${errno}`);
    this.name = "MachineError";
  }
}

/** The kernel found itself wrong, or the module trapped: the machine cannot go on. */
export class MachineCrash extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MachineCrash";
  }
}

/** The instructions that the machine was given are used up. */
export class FuelExhausted extends Error {
  constructor(readonly fuel: bigint) {
    super(`${fuel} instructions are used up`);
    this.name = "FuelExhausted";
  }
}

interface Exports {
  memory: WebAssembly.Memory;
  machineInit(maxFrames: number, seed: bigint, flags: number, maxTasks: number): number;
  machineRun(budget: bigint): number;
  idleUntil(): bigint;
  now(): bigint;
  retired(): bigint;
  setFuel(limit: bigint): void;
  framesUsed(): number;
  framesPeak(): number;
  faultReport(): number;
  hostAlloc(size: number): number;
  hostFree(pointer: number): void;
  ipcReport(): number;
  ipcReportLength(): number;
  hostMkdir(path: number, length: number, mode: number, uid: number, gid: number): number;
  hostCreateFile(path: number, length: number, mode: number, uid: number, gid: number, data: number, size: number): number;
  hostAppendFile(path: number, length: number, data: number, size: number): number;
  hostCreateLazyFile(path: number, length: number, mode: number, uid: number, gid: number, size: bigint, handle: number): number;
  hostAttachFolder(path: number, length: number, handle: number, mode: number, uid: number, gid: number): number;
  hostMount(path: number, length: number, handle: number, readOnly: number): number;
  hostSymlink(path: number, length: number, target: number, targetLength: number): number;
  hostFileSize(path: number, length: number): bigint;
  terminalForeground(): number;
  terminalResize(rows: number, columns: number): void;
  hostReadFile(path: number, length: number, position: bigint, to: number, room: number): number;
  inputPush(stream: number, from: number, length: number): number;
  inputEof(stream: number): void;
  processSpawn(path: number, pathLength: number, argv: number, argc: number, envp: number, envc: number, cwd: number, cwdLength: number, uid: number, gid: number, stdio: number): number;
  taskNew(uid: number, gid: number, stdio: number): number;
  taskSyscall(tid: number, nr: number, a0: bigint, a1: bigint, a2: bigint, a3: bigint, a4: bigint, a5: bigint): bigint;
  taskDone(tid: number): number;
  taskResult(tid: number): bigint;
  taskDelete(tid: number): void;
  taskContext(tid: number): number;
  taskArgs(tid: number): number;
  taskRead(tid: number, address: bigint, to: number, length: number): number;
  taskWrite(tid: number, address: bigint, from: number, length: number): number;
  taskKill(pid: number, signal: number): number;
}

const PAGE = 4096;
const PIECE = 1 << 20;
const BUDGET = 4_000_000n;
const NEVER = 0xffff_ffff_ffff_ffffn;
const SLEEPS = -(1n << 63n);
const STREAM_KINDS: Record<StreamKind, number> = { null: 0, terminal: 1, pipe: 2, file: 3 };
const RUN = { BUDGET: 0, IDLE: 1, INPUT: 2, EXITED: 3, FUEL: 4 } as const;
const EVENT_GROUP_ENDED = 4;
const EVENT_GROUP_STOPPED = 5;
const EIO = 5;
const ENOMEM = 12;
/** setTimeout takes no more; a machine that waits for ever wakes up as often. */
const LONGEST_SLEEP_MS = 0x3fffffff;

const encoder = new TextEncoder();

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

export class Machine implements Handles {
  readonly exports: Exports;
  private readonly options: MachineOptions;
  private readonly host: MachineHost;
  /** Files and folders of the host by handle; 0 is none. */
  private readonly lazy: (LazySource | TreeFolder | LiveNode | null)[] = [null];
  /** Numbers of live files that were given back. */
  private readonly freeHandles: number[] = [];
  private readonly handles = new Map<TreeNode, number>();
  private readonly exits = new Map<number, (status: ExitStatus) => void>();
  private readonly sleeping = new Map<number, (result: bigint) => void>();
  private readonly bridge: TraceBridge | null;
  private loop: Promise<void> | null = null;
  private wakeUp: (() => void) | null = null;
  private crash: Error | null = null;
  private stopped = false;

  constructor(module: WebAssembly.Module, host: MachineHost, options: MachineOptions = {}) {
    this.host = host;
    this.options = options;
    this.exports = new WebAssembly.Instance(module, { host: this.imports() }).exports as unknown as Exports;
    this.bridge = options.trace ? new TraceBridge(this.exports, options.trace) : null;
    const frames = Math.min(Math.floor((options.memory ?? 1 << 30) / PAGE), 1_048_575);
    const flags = (options.clock === "virtual" ? 1 : 0) | (options.trace ? 2 : 0) | (options.cpu === "v1" ? 4 : 0);
    const seed = options.seed ?? this.anySeed();
    this.check(this.exports.machineInit(frames, BigInt.asUintN(64, seed), flags, options.maxTasks ?? 4096), "starting the machine");
    if (options.fuel) this.exports.setFuel(options.fuel);
  }

  private imports() {
    const bytes = (at: number, length: number) => new Uint8Array(this.exports.memory.buffer, at >>> 0, length);
    return {
      clock: (kind: number) => this.host.clock(kind),
      output: (stream: number, at: number, length: number) => this.host.output(stream, bytes(at, length)),
      wantInput: (stream: number) => this.host.wantInput?.(stream),
      readPage: (handle: number, index: bigint, at: number) => (this.read(handle, Number(index) * PAGE, bytes(at, PAGE)) ? 0 : -EIO),
      list: (handle: number) => this.list(handle),
      file: (op: number, handle: number, argument: bigint, at: number, length: number) => fileOperation(this, op, handle, argument, bytes(at, length)),
      traceEnter: (tid: number, nr: number) => this.bridge?.enter(tid, nr),
      traceExit: (tid: number, _nr: number, result: bigint) => this.bridge?.exit(tid, result),
      traceSignal: (tid: number, signal: number, info: number) => this.bridge?.signal(tid, signal, info),
      taskEvent: (kind: number, tid: number, value: number) => this.taskEvent(kind, tid, value),
    };
  }

  private read(handle: number, position: number, page: Uint8Array): boolean {
    const source = this.lazy[handle];
    return source != null && "read" in source && source.read(position, page);
  }

  /** Puts the entries of a folder into the machine's memory. */
  private list(handle: number): number {
    const node = this.lazy[handle];
    if (!node || !("list" in node)) return -EIO;
    let bytes;
    try {
      bytes = encodeEntries(node.list(), (entry) => (isLive(node) ? 0 : this.treeHandle(entry)));
    } catch (error) {
      return errnoOf(error);
    }
    const at = this.exports.hostAlloc(bytes.length);
    if (!at) return -ENOMEM;
    new Uint8Array(this.exports.memory.buffer, at >>> 0, bytes.length).set(bytes);
    return at;
  }

  /** The node behind a number (Handles). */
  node(handle: number): unknown {
    return this.lazy[handle];
  }

  /** The number of a live node (Handles). */
  handleOf(node: LiveNode): number {
    let handle = this.handles.get(node);
    if (handle === undefined) {
      handle = this.freeHandles.pop() ?? this.lazy.length;
      this.lazy[handle] = node;
      this.handles.set(node, handle);
    }
    return handle;
  }

  /** The machine uses the number no longer (Handles). */
  forget(handle: number): void {
    const node = this.lazy[handle];
    if (!isLive(node)) return;
    this.handles.delete(node);
    this.lazy[handle] = null;
    this.freeHandles.push(handle);
  }

  private treeHandle(node: TreeNode): number {
    if (!isFile(node) && !isFolder(node)) return 0;
    let handle = this.handles.get(node);
    if (handle === undefined) {
      handle = this.lazy.push(node) - 1;
      if (!isFolder(node) && node.stat.nlink > 1) this.handles.set(node, handle);
    }
    return handle;
  }

  private anySeed(): bigint {
    const bytes = new Uint8Array(8);
    this.host.entropy(bytes);
    return new DataView(bytes.buffer).getBigUint64(0);
  }

  /** Called when job control stopped a process by `signal`. */
  onStopped: ((pid: number, signal: number) => void) | null = null;

  private taskEvent(kind: number, tid: number, value: number): void {
    if (kind === EVENT_GROUP_STOPPED) {
      this.onStopped?.(tid, value);
      return;
    }
    if (kind !== EVENT_GROUP_ENDED) {
      this.bridge?.taskEvent(kind, tid, value);
      return;
    }
    const signal = value & 0x7f;
    this.exits.get(tid)?.(signal ? { code: null, signal } : { code: (value >> 8) & 0xff, signal: null });
    this.exits.delete(tid);
  }

  private check(result: number, what: string): number {
    if (result < 0) throw new MachineError(-result, what);
    return result;
  }

  // ── linear memory ──────────────────────────────────────────────────────────────────

  /** Runs `use` with these bytes in the machine's memory. */
  private withBytes<T>(bytes: Uint8Array, use: (at: number, length: number) => T): T {
    const at = this.exports.hostAlloc(Math.max(bytes.length, 16));
    if (!at) throw new MachineError(ENOMEM, "a buffer");
    try {
      new Uint8Array(this.exports.memory.buffer, at >>> 0, bytes.length).set(bytes);
      return use(at, bytes.length);
    } finally {
      this.exports.hostFree(at);
    }
  }

  private withPath<T>(path: string, use: (at: number, length: number) => T): T {
    return this.withBytes(encoder.encode(path), use);
  }

  // ── files ──────────────────────────────────────────────────────────────────────────

  /** Makes a folder; that it is there already is no error with `recursive`, which makes those above too. */
  mkdir(path: string, { mode = 0o755, uid = 0, gid = 0, recursive = false } = {}): void {
    const EEXIST = 17;
    if (recursive) {
      const parts = path.split("/").filter(Boolean);
      parts.forEach((_, i) => {
        const result = this.withPath(`/${parts.slice(0, i + 1).join("/")}`, (at, n) => this.exports.hostMkdir(at, n, mode, uid, gid));
        if (result !== -EEXIST) this.check(result, `mkdir ${path}`);
      });
      return;
    }
    this.check(this.withPath(path, (at, n) => this.exports.hostMkdir(at, n, mode, uid, gid)), `mkdir ${path}`);
  }

  writeFile(path: string, data: Uint8Array | string, { mode = 0o644, uid = 0, gid = 0 } = {}): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.withPath(path, (at, n) => {
      for (let done = 0; done === 0 || done < bytes.length; done += PIECE) {
        const piece = bytes.subarray(done, done + PIECE);
        const result = this.withBytes(piece, (from, length) =>
          done === 0 ? this.exports.hostCreateFile(at, n, mode, uid, gid, from, length) : this.exports.hostAppendFile(at, n, from, length),
        );
        this.check(result, `writing ${path}`);
      }
    });
  }

  /** A file that is read from its source page by page; what guests write stays in the machine. */
  addFile(path: string, source: LazySource, { mode = 0o644, uid = 0, gid = 0 } = {}): void {
    const handle = this.lazy.push(source) - 1;
    const size = BigInt(source.size);
    this.check(this.withPath(path, (at, n) => this.exports.hostCreateLazyFile(at, n, mode, uid, gid, size, handle)), `adding ${path}`);
  }

  /**
   * Shows a tree of the host in the folder at `path`, which is made when it is not there, besides what the folder has:
   * names that it has already hide those of the tree. What guests write stays in the machine.
   */
  addTree(path: string, tree: TreeFolder): void {
    if (path !== "/") this.mkdir(path, { recursive: true });
    const { mode, uid, gid } = tree.stat;
    this.check(this.withPath(path, (at, n) => this.exports.hostAttachFolder(at, n, this.treeHandle(tree), mode, uid, gid)), `adding ${path}`);
  }

  /**
   * Mounts a live tree at `path`, which is made when it is not there; at "/" it becomes the root of all processes that
   * start from now on. What guests do is done to the tree, unless `readOnly`.
   */
  mount(path: string, tree: LiveNode, { readOnly = false } = {}): void {
    if (path !== "/") {
      if (isFolder(tree)) this.mkdir(path, { recursive: true });
      else {
        this.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
        if (!this.hasFile(path)) this.writeFile(path, "");
      }
    }
    this.check(this.withPath(path, (at, n) => this.exports.hostMount(at, n, this.handleOf(tree), readOnly ? 1 : 0)), `mounting ${path}`);
  }

  symlink(target: string, path: string): void {
    const result = this.withPath(path, (at, n) => this.withPath(target, (to, m) => this.exports.hostSymlink(at, n, to, m)));
    this.check(result, `symlink ${path}`);
  }

  /** Whether a regular file is there. */
  hasFile(path: string): boolean {
    return this.withPath(path, (at, n) => this.exports.hostFileSize(at, n)) >= 0n;
  }

  readFile(path: string): Uint8Array {
    return this.withPath(path, (at, n) => {
      const size = Number(this.exports.hostFileSize(at, n));
      this.check(size, `reading ${path}`);
      const bytes = new Uint8Array(size);
      const buffer = this.exports.hostAlloc(PIECE);
      if (!buffer) throw new MachineError(ENOMEM, "a buffer");
      try {
        for (let done = 0; done < size; ) {
          const got = this.check(this.exports.hostReadFile(at, n, BigInt(done), buffer, Math.min(PIECE, size - done)), `reading ${path}`);
          if (got === 0) return bytes.subarray(0, done);
          bytes.set(new Uint8Array(this.exports.memory.buffer, buffer >>> 0, got), done);
          done += got;
        }
      } finally {
        this.exports.hostFree(buffer);
      }
      return bytes;
    });
  }

  // ── processes ──────────────────────────────────────────────────────────────────────

  /** Starts a program of the machine's files. It runs as soon as the event loop turns. */
  spawn(path: string, options: SpawnOptions = {}): Process {
    const { argv = [path], env = {}, cwd = "/", uid = 0, gid = 0, stdio = ["null", "pipe", "pipe"] } = options;
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const block = (words: string[]) => encoder.encode(words.map((word) => `${word}\0`).join(""));
    const kinds = stdio.reduce((sum, kind, fd) => sum | (STREAM_KINDS[kind] << (4 * fd)), 0);
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
    const exited = new Promise<ExitStatus>((resolve) => this.exits.set(pid, resolve));
    this.traceStart(pid, path, argv, variables.length);
    this.start();
    return { pid, exited, kill: (signal) => this.kill(pid, signal) };
  }

  private traceStart(pid: number, path: string, argv: string[], variables: number): void {
    if (!this.options.trace) return;
    const RSP = 32;
    const view = new DataView(this.exports.memory.buffer);
    const sp = view.getBigUint64((this.exports.taskContext(pid) >>> 0) + RSP, true);
    this.options.trace.started(pid, path, argv, sp + BigInt(8 * (argv.length + 2)), variables);
  }

  /** Sends a signal to a process, to a process group when negative. */
  kill(pid: number, signal: number): void {
    this.check(this.exports.taskKill(pid, signal), `kill ${pid}`);
    this.start();
  }

  /** Gives input of a stream to the guests: how many bytes were taken. */
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

  /** A task without guest code, whose system calls the host makes. */
  task({ uid = 0, gid = 0, stdio = ["null", "null", "null"] as SpawnOptions["stdio"] } = {}): HostTask {
    const kinds = stdio!.reduce((sum, kind, fd) => sum | (STREAM_KINDS[kind] << (4 * fd)), 0);
    return new HostTask(this, this.check(this.exports.taskNew(uid, gid, kinds), "a new task"));
  }

  /** Makes one system call for a task of the host (HostTask.syscall). */
  hostSyscall(tid: number, nr: number, args: bigint[]): bigint | Promise<bigint> {
    const [a0 = 0n, a1 = 0n, a2 = 0n, a3 = 0n, a4 = 0n, a5 = 0n] = args;
    const result = this.guard(() => this.exports.taskSyscall(tid, nr, a0, a1, a2, a3, a4, a5));
    // Others may have been woken by it.
    this.start();
    if (result !== SLEEPS) return result;
    return new Promise((resolve) => this.sleeping.set(tid, resolve));
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

  /** Settles when nothing runs any more; throws what stopped the machine. */
  async idle(): Promise<void> {
    while (this.loop) await this.loop;
    if (this.crash) throw this.crash;
  }

  /** The machine does nothing from now on. */
  stop(): void {
    this.stopped = true;
    this.wakeUp?.();
  }

  private start(): void {
    if (this.crash) return;
    this.wakeUp?.();
    this.loop ??= this.runLoop().finally(() => {
      this.loop = null;
    });
  }

  private guard<T>(run: () => T): T {
    if (this.crash) throw this.crash;
    try {
      return run();
    } catch (error) {
      this.crash = error instanceof MachineCrash ? error : new MachineCrash(`the machine stopped: ${(error as Error).message}`, { cause: error });
      throw this.crash;
    }
  }

  private async runLoop(): Promise<void> {
    await Promise.resolve();
    try {
      while (!this.stopped) {
        const reason = this.guard(() => this.exports.machineRun(BUDGET));
        this.settleSleepers();
        if (reason === RUN.EXITED && this.sleeping.size === 0) return;
        if (reason === RUN.FUEL) throw (this.crash = new FuelExhausted(this.options.fuel ?? 0n));
        if (reason === RUN.BUDGET) await turn();
        else await this.sleep(reason);
      }
    } catch (error) {
      this.crash ??= error as Error;
    }
  }

  /** Waits for the machine's next event, or for the host. */
  private async sleep(reason: number): Promise<void> {
    let ms = LONGEST_SLEEP_MS;
    const until = this.exports.idleUntil();
    if (reason === RUN.IDLE && until !== NEVER) {
      if (this.options.clock === "virtual") return turn();
      ms = Number(until - this.exports.now()) / 1e6;
      if (ms <= 0.2) return turn();
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(Math.ceil(ms), LONGEST_SLEEP_MS));
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = null;
  }

  private settleSleepers(): void {
    for (const [tid, resolve] of this.sleeping) {
      if (this.exports.taskDone(tid) === 0) continue;
      this.sleeping.delete(tid);
      resolve(this.exports.taskResult(tid));
    }
  }
}

export interface Process {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  kill(signal: number): void;
}

/** A fault of a task's memory. */
export class FaultError extends Error {
  constructor(readonly address: bigint) {
    super(`no access to 0x${address.toString(16)}`);
    this.name = "FaultError";
  }
}

/** What an argument of a system call may be: strings and bytes are put into the task's memory. */
export type Argument = number | bigint | string | Uint8Array | null | undefined;

/** A task that the host drives: registers and memory of its own, no guest code. */
export class HostTask {
  readonly memory: TaskMemory;
  private arena = 0n;
  private used = 0n;

  constructor(
    private readonly machine: Machine,
    readonly tid: number,
  ) {
    this.memory = new TaskMemory(machine, tid);
  }

  /**
   * Sets rax, rdi, rsi, rdx, r10, r8, r9 and runs the call: rax, −errno included. A promise when it has to
   * wait; other tasks can complete it. rcx and r11 are lost, as on the hardware.
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

  /** Room in the task's memory, for structures. */
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

  private place(value: Argument): bigint {
    if (typeof value === "bigint") return BigInt.asUintN(64, value);
    if (typeof value === "number") return BigInt.asUintN(64, BigInt(value));
    if (value === null || value === undefined) return 0n;
    const bytes = typeof value === "string" ? encoder.encode(`${value}\0`) : value;
    const at = this.allocate(bytes.length);
    this.memory.write(at, bytes);
    return at;
  }

  /** Ends the task as exit_group(0) would. */
  exit(): void {
    this.machine.exports.taskDelete(this.tid);
  }
}

/** The memory of a task; what is not there is a FaultError. */
export class TaskMemory {
  constructor(
    private readonly machine: Machine,
    private readonly tid: number,
  ) {}

  read(address: bigint | number, length: number): Uint8Array {
    return this.move(BigInt(address), new Uint8Array(length), "taskRead");
  }

  write(address: bigint | number, bytes: Uint8Array): void {
    this.move(BigInt(address), bytes, "taskWrite");
  }

  /** The text up to a NUL. */
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
        const there = () => new Uint8Array(exports.memory.buffer, buffer >>> 0, length);
        if (way === "taskWrite") there().set(bytes.subarray(done, done + length));
        const moved = exports[way](this.tid, BigInt.asUintN(64, address + BigInt(done)), buffer, length);
        if (moved < length) throw new FaultError(address + BigInt(done + Math.max(moved, 0)));
        if (way === "taskRead") bytes.set(there(), done);
        done += length;
      }
    } finally {
      exports.hostFree(buffer);
    }
    return bytes;
  }
}
