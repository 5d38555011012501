// Which calls the model tests make of each facility: generators of commands for fast-check. All calls are made so that
// they do not wait; what sleepers see is tested by the programs of tests/guest.
import * as fc from "fast-check";
import { SYS } from "../../host/gen/syscalls.ts";

/** An argument: a number, null, or a form. `linked`: bytes that are shown afterwards and hold addresses of their own, [where, of what offset]. */
export type Arg = number | bigint | null | { slot: number; plus?: number } | { linked: number[]; pointers: [number, number][] } | { bytes: number[] } | { inout: number[] } | { out: number };

export interface Command {
  nr: number;
  args: Arg[];
  /** Slot that keeps a result ≥ 0. */
  store?: number;
  /** Parts [from, to) of the output buffers that are compared; all by default. */
  compare?: [number, number][];
  /** Only whether it is negative, and then which errno, is compared: ids, addresses. */
  anyResult?: boolean;
  /** Nothing is compared: what clears up after a sequence. */
  quiet?: boolean;
}

export interface Facility {
  /** What each sequence begins with. */
  setup?: Command[];
  command: fc.Arbitrary<Command | Command[]>;
  /** Undoes what a sequence has left, beside its open descriptors. */
  cleanup: Command[];
}

const u16 = (v: number) => [v & 255, (v >> 8) & 255];
const u32 = (v: number) => [...u16(v), ...u16(v >>> 16)];
const u64 = (v: number) => [...u32(v), ...u32(v < 0 ? -1 : Math.floor(v / 2 ** 32))];
const slots = (from: number, count: number) => fc.integer({ min: from, max: from + count - 1 });
const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const bytes = (n: number, seed: number) => Array.from({ length: n }, (_, i) => (seed * 7 + i * 3) & 255);

const IPC_CREAT = 0o1000;
const IPC_EXCL = 0o2000;
const IPC_NOWAIT = 0o4000;
const IPC_RMID = 0;
const IPC_SET = 1;
const IPC_STAT = 2;

const key = pick(1, 2, 3);
const getFlags = fc.tuple(pick(0, IPC_CREAT, IPC_CREAT | IPC_EXCL), pick(0o600, 0o644, 0)).map(([a, b]) => a | b);
/** Removes the objects of all keys; `at` is the place of the command among the arguments. */
const removeAll = (get: number, control: number, at: number): Command[] =>
  [1, 2, 3].flatMap((k) => {
    const args: Arg[] = [{ slot: 20 }, 0, 0, 0];
    args[at] = IPC_RMID;
    const found: Arg[] = get === SYS.msgget ? [k, 0] : [k, 0, 0];
    return [{ nr: get, args: found, store: 20, quiet: true }, { nr: control, args, quiet: true }];
  });

const msg: Facility = {
  command: fc.oneof(
    fc.tuple(slots(0, 4), key, getFlags).map(([slot, k, flags]): Command => ({ nr: SYS.msgget, args: [k, flags], store: slot, anyResult: true })),
    fc.tuple(slots(0, 4), pick(1, 2, 3, 5, 0, -1), pick(0, 1, 7, 100, 4000, 8192, 8193), fc.nat(255)).map(([slot, type, size, seed]): Command => ({ nr: SYS.msgsnd, args: [{ slot }, { bytes: [...u64(type), ...bytes(size, seed)] }, size, IPC_NOWAIT] })),
    fc.tuple(slots(0, 4), pick(0, 1, 2, 3, 5, -1, -2, -5), pick(0, 1, 50, 8192), pick(0, 0o10000, 0o20000, 0o40000, 0o30000)).map(([slot, type, size, flags]): Command => ({ nr: SYS.msgrcv, args: [{ slot }, { out: 8200 }, size, type, flags | IPC_NOWAIT] })),
    slots(0, 4).map((slot): Command => ({ nr: SYS.msgctl, args: [{ slot }, IPC_STAT, { out: 120 }], compare: [[4, 22], [72, 96]] })),
    fc.tuple(slots(0, 4), pick(0, 10, 5000, 16384, 16385), pick(0o600, 0o400)).map(([slot, limit, mode]): Command => ({ nr: SYS.msgctl, args: [{ slot }, IPC_SET, { bytes: [...u32(0), ...u32(0), ...u32(0), ...u32(0), ...u32(0), ...u32(mode), ...bytes(64, 0), ...u64(limit), ...bytes(32, 0)] }] })),
    fc.tuple(slots(0, 4), pick(IPC_RMID, 99)).map(([slot, command]): Command => ({ nr: SYS.msgctl, args: [{ slot }, command, 0] })),
  ),
  cleanup: removeAll(SYS.msgget, SYS.msgctl, 1),
};

const sembuf = fc.tuple(pick(0, 1, 2, 9), pick(-2, -1, 0, 1, 3, 32767), pick(IPC_NOWAIT, IPC_NOWAIT | 0o10000)).map(([num, op, flags]) => [...u16(num), ...u16(op), ...u16(flags)]);
const sem: Facility = {
  command: fc.oneof(
    fc.tuple(slots(0, 3), key, pick(0, 1, 3, 4, 32001), getFlags).map(([slot, k, n, flags]): Command => ({ nr: SYS.semget, args: [k, n, flags], store: slot, anyResult: true })),
    { weight: 4, arbitrary: fc.tuple(slots(0, 3), fc.array(sembuf, { minLength: 1, maxLength: 4 })).map(([slot, ops]): Command => ({ nr: SYS.semop, args: [{ slot }, { bytes: ops.flat() }, ops.length] })) },
    fc.tuple(slots(0, 3), pick(0, 501, -1)).map(([slot, n]): Command => ({ nr: SYS.semop, args: [{ slot }, { bytes: bytes(6, 0) }, n] })),
    fc.tuple(slots(0, 3), pick(0, 1, 2, 9, -1), pick(12, 14, 15), fc.nat(0)).map(([slot, index, command]): Command => ({ nr: SYS.semctl, args: [{ slot }, index, command, 0] })),
    fc.tuple(slots(0, 3), pick(0, 1, 2, 9), pick(0, 1, 5, 32767, 32768, -1)).map(([slot, index, value]): Command => ({ nr: SYS.semctl, args: [{ slot }, index, 16, value] })),
    slots(0, 3).map((slot): Command => ({ nr: SYS.semctl, args: [{ slot }, 0, 13, { out: 8 }] })),
    fc.tuple(slots(0, 3), fc.array(pick(0, 1, 7, 32768), { minLength: 4, maxLength: 4 })).map(([slot, values]): Command => ({ nr: SYS.semctl, args: [{ slot }, 0, 17, { bytes: values.flatMap(u16) }] })),
    slots(0, 3).map((slot): Command => ({ nr: SYS.semctl, args: [{ slot }, 0, IPC_RMID, 0] })),
  ),
  cleanup: removeAll(SYS.semget, SYS.semctl, 2),
};

const shm: Facility = {
  command: fc.oneof(
    fc.tuple(slots(0, 3), key, pick(0, 1, 4096, 5000), getFlags).map(([slot, k, n, flags]): Command => ({ nr: SYS.shmget, args: [k, n, flags], store: slot, anyResult: true })),
    fc.tuple(slots(0, 3), slots(4, 4), pick(0, 0o10000, 0o40000)).map(([slot, at, flags]): Command[] => [{ nr: SYS.shmdt, args: [{ slot: at }] }, { nr: SYS.shmat, args: [{ slot }, 0, flags], store: at, anyResult: true }]),
    fc.tuple(slots(4, 4), pick(0, 1, 4096)).map(([at, plus]): Command => ({ nr: SYS.shmdt, args: [{ slot: at, plus }] })),
    slots(0, 3).map((slot): Command => ({ nr: SYS.shmctl, args: [{ slot }, IPC_STAT, { out: 112 }], compare: [[4, 22], [48, 56], [88, 96]] })),
    fc.tuple(slots(0, 3), pick(IPC_RMID, 11, 12, 77)).map(([slot, command]): Command => ({ nr: SYS.shmctl, args: [{ slot }, command, 0] })),
    // Contents go through a pipe, whose ends stand in slots 10 and 11 as soon as it is made.
    fc.constant<Command>({ nr: SYS.pipe2, args: [{ out: 8 }, 0o4000], compare: [] }),
    fc.tuple(slots(4, 4), pick(0, 100, 4000), pick(1, 64)).map(([at, plus, n]): Command => ({ nr: SYS.write, args: [4, { slot: at, plus }, n] })),
    fc.tuple(slots(4, 4), pick(0, 100, 4000), pick(1, 64)).map(([at, plus, n]): Command => ({ nr: SYS.read, args: [3, { slot: at, plus }, n] })),
    fc.tuple(pick(1, 64), fc.nat(255)).map(([n, seed]): Command => ({ nr: SYS.write, args: [4, { bytes: bytes(n, seed) }, n] })),
    pick(1, 64).map((n): Command => ({ nr: SYS.read, args: [3, { out: 64 }, n] })),
  ),
  cleanup: [...Array.from({ length: 4 }, (_, i): Command => ({ nr: SYS.shmdt, args: [{ slot: 4 + i }], quiet: true })), ...removeAll(SYS.shmget, SYS.shmctl, 1)],
};

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_NONBLOCK = 0o4000;
const mqName = (i: number) => ({ bytes: [113, 48 + i, 0] });
const attributes = fc.oneof(fc.constant(null), fc.tuple(pick(1, 2, 10, 0, 11), pick(1, 16, 8192, 0, 8193)).map(([max, size]) => ({ bytes: [...u64(0), ...u64(max), ...u64(size), ...bytes(40, 0)] })));
const mqueue: Facility = {
  command: fc.oneof(
    fc.tuple(slots(0, 4), fc.nat(2), pick(0, O_CREAT, O_CREAT | O_EXCL), pick(0, 1, 2, 2, 2, 3), attributes).map(([slot, i, flags, access, a]): Command => ({ nr: SYS.mq_open, args: [mqName(i), flags | access | O_NONBLOCK, 0o600, a], store: slot, anyResult: true })),
    fc.nat(2).map((i): Command => ({ nr: SYS.mq_unlink, args: [mqName(i)] })),
    { weight: 3, arbitrary: fc.tuple(slots(0, 4), pick(0, 1, 16, 17, 8192), pick(0, 1, 5, 32767, 32768), fc.nat(255)).map(([slot, n, prio, seed]): Command => ({ nr: SYS.mq_timedsend, args: [{ slot }, { bytes: bytes(n, seed) }, n, prio, 0] })) },
    { weight: 3, arbitrary: fc.tuple(slots(0, 4), pick(0, 1, 16, 8192, 10000)).map(([slot, n]): Command => ({ nr: SYS.mq_timedreceive, args: [{ slot }, { out: 10000 }, n, { out: 4 }, 0] })) },
    slots(0, 4).map((slot): Command => ({ nr: SYS.mq_getsetattr, args: [{ slot }, 0, { out: 64 }] })),
    slots(0, 4).map((slot): Command => ({ nr: SYS.pread64, args: [{ slot }, { out: 80 }, 80, 0], compare: [[0, 34]] })),
    slots(0, 4).map((slot): Command => ({ nr: SYS.close, args: [{ slot }], store: 15 })),
  ),
  cleanup: [0, 1, 2].map((i) => ({ nr: SYS.mq_unlink, args: [mqName(i)], quiet: true })),
};

// Descriptors of pipes are small numbers, the same on both sides: 3, 4 …
const anyFd = fc.integer({ min: 3, max: 9 });
const FIONREAD = 0x541b;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const pollOf = (fd: fc.Arbitrary<number>) => fd.map((n): Command => ({ nr: SYS.poll, args: [{ inout: [...u32(n), ...u16(0x3fff & ~0x1000), 0, 0] }, 1, 0] }));
const pipe: Facility = {
  command: fc.oneof(
    pick(O_NONBLOCK, O_NONBLOCK | 0o40000).map((flags): Command => ({ nr: SYS.pipe2, args: [{ out: 8 }, flags] })),
    { weight: 3, arbitrary: fc.tuple(anyFd, pick(0, 1, 10, 10, 4000, 4096, 4097, 20000), fc.nat(255)).map(([fd, n, seed]): Command => ({ nr: SYS.write, args: [fd, { bytes: bytes(n, seed) }, n] })) },
    { weight: 3, arbitrary: fc.tuple(anyFd, pick(0, 1, 10, 10, 4096, 20000)).map(([fd, n]): Command => ({ nr: SYS.read, args: [fd, { out: Math.max(n, 1) }, n] })) },
    fc.tuple(anyFd, anyFd, pick(1, 100, 5000, 100000)).map(([from, to, n]): Command => ({ nr: SYS.splice, args: [from, null, to, null, n, 2] })),
    fc.tuple(anyFd, anyFd, pick(1, 100, 5000, 100000)).map(([from, to, n]): Command => ({ nr: SYS.tee, args: [from, to, n, 2] })),
    anyFd.map((fd): Command => ({ nr: SYS.ioctl, args: [fd, FIONREAD, { out: 4 }] })),
    pollOf(anyFd),
    fc.tuple(anyFd, pick(0, 1, 4096, 8192, 65536, 1048576, 1048577)).map(([fd, n]): Command => ({ nr: SYS.fcntl, args: [fd, F_SETPIPE_SZ, n] })),
    anyFd.map((fd): Command => ({ nr: SYS.fcntl, args: [fd, F_GETPIPE_SZ] })),
    fc.tuple(anyFd, pick(O_NONBLOCK, O_NONBLOCK | 0o40000)).map(([fd, flags]): Command => ({ nr: SYS.fcntl, args: [fd, F_SETFL, flags] })),
    anyFd.map((fd): Command => ({ nr: SYS.dup, args: [fd] })),
    anyFd.map((fd): Command => ({ nr: SYS.close, args: [fd] })),
  ),
  cleanup: [],
};

const eventfd: Facility = {
  command: fc.oneof(
    fc.tuple(pick(0, 1, 5, -1), pick(O_NONBLOCK, O_NONBLOCK | 1, 2)).map(([count, flags]): Command => ({ nr: SYS.eventfd2, args: [count, flags] })),
    fc.tuple(anyFd, pick(0, 1, 2, -1, -2), pick(8, 7, 9)).map(([fd, value, n]): Command => ({ nr: SYS.write, args: [fd, { bytes: [...u64(value), 0] }, n] })),
    fc.tuple(anyFd, pick(8, 7, 20)).map(([fd, n]): Command => ({ nr: SYS.read, args: [fd, { out: 20 }, n] })),
    pollOf(anyFd),
    anyFd.map((fd): Command => ({ nr: SYS.close, args: [fd] })),
  ),
  cleanup: [],
};

const flockBytes = (type: number, start: number, length: number) => [...u16(type), ...u16(0), ...u32(0), ...u64(start), ...u64(length), ...u32(0), ...u32(0)];
const FILE = { bytes: [...new TextEncoder().encode("/tmp/ring3-model-lock"), 0] };
const lock: Facility = {
  command: fc.oneof(
    pick(0, 1, 2, 2).map((access): Command => ({ nr: SYS.open, args: [FILE, access | O_CREAT | O_NONBLOCK, 0o600] })),
    fc.tuple(anyFd, pick(1, 2, 8, 5, 6, 12)).map(([fd, operation]): Command => ({ nr: SYS.flock, args: [fd, operation | 4] })),
    { weight: 3, arbitrary: fc.tuple(anyFd, pick(37, 6), fc.nat(2), fc.nat(20), fc.integer({ min: -3, max: 9 })).map(([fd, command, type, start, length]): Command => ({ nr: SYS.fcntl, args: [fd, command, { bytes: flockBytes(type, start, length) }] })) },
    { weight: 2, arbitrary: fc.tuple(anyFd, fc.nat(1), fc.nat(20), fc.integer({ min: 0, max: 9 })).map(([fd, type, start, length]): Command => ({ nr: SYS.fcntl, args: [fd, 36, { inout: flockBytes(type, start, length) }], compare: [[0, 24]] })) },
    fc.tuple(anyFd, pick(0, 1, 2, 7)).map(([fd, type]): Command => ({ nr: SYS.fcntl, args: [fd, 1024, type] })),
    anyFd.map((fd): Command => ({ nr: SYS.fcntl, args: [fd, 1025] })),
    anyFd.map((fd): Command => ({ nr: SYS.dup, args: [fd] })),
    anyFd.map((fd): Command => ({ nr: SYS.close, args: [fd] })),
  ),
  cleanup: [],
};

// ── Unix sockets ────────────────────────────────────────────────────────────────────

const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG = { OOB: 1, PEEK: 2, TRUNC: 0x20, DONTWAIT: 0x40, WAITALL: 0x100, NOSIGNAL: 0x4000 };
const socketType = pick(1, 1, 2, 5);
/** An abstract name of its own for each of the types. */
const address = (i: number) => [...u16(AF_UNIX), 0, 114, 51, 109, 48 + i];
const sendFlags = pick(0, 0, 0, MSG.NOSIGNAL, MSG.OOB).map((flags) => flags | MSG.DONTWAIT);
const receiveFlags = pick(0, 0, 0, MSG.PEEK, MSG.TRUNC, MSG.PEEK | MSG.TRUNC, MSG.WAITALL, MSG.OOB).map((flags) => flags | MSG.DONTWAIT);
const HEAD = 56;
/** struct msghdr, its vector of one, `data` bytes, `control` bytes, in one buffer. */
const message = (data: number[], control: number[]): Arg => {
  const dataAt = HEAD + 16;
  const controlAt = (dataAt + data.length + 7) & ~7;
  const pad = new Array<number>(controlAt - dataAt - data.length).fill(0);
  const head = [...u64(0), ...u64(0), ...u64(0), ...u64(1), ...u64(0), ...u64(control.length), ...u64(0)];
  const pointers: [number, number][] = [[16, HEAD], [HEAD, dataAt]];
  if (control.length) pointers.push([32, controlAt]);
  return { linked: [...head, ...u64(0), ...u64(data.length), ...data, ...pad, ...control], pointers };
};
const rights = (fds: number[]) => [...u64(16 + 4 * fds.length), ...u32(SOL_SOCKET), ...u32(SCM_RIGHTS), ...fds.flatMap(u32), ...new Array<number>(fds.length % 2 ? 4 : 0).fill(0)];
const received = (bytes_: number, control: number): Command["compare"] => {
  const controlAt = (HEAD + 16 + bytes_ + 7) & ~7;
  // Lengths of name and control, flags, data; of the control only what was written.
  return [[8, 12], [40, 52], [HEAD + 16, controlAt + control]];
};
const unixSocket: Facility = {
  command: fc.oneof(
    { weight: 2, arbitrary: socketType.map((type): Command => ({ nr: SYS.socketpair, args: [AF_UNIX, type | O_NONBLOCK, 0, { out: 8 }] })) },
    socketType.map((type): Command => ({ nr: SYS.socket, args: [AF_UNIX, type | O_NONBLOCK, 0] })),
    fc.tuple(anyFd, fc.nat(2)).map(([fd, i]): Command => ({ nr: SYS.bind, args: [fd, { bytes: address(i) }, 7] })),
    fc.tuple(anyFd, pick(0, 1, 5, -1)).map(([fd, n]): Command => ({ nr: SYS.listen, args: [fd, n] })),
    { weight: 2, arbitrary: fc.tuple(anyFd, fc.nat(2)).map(([fd, i]): Command => ({ nr: SYS.connect, args: [fd, { bytes: address(i) }, 7] })) },
    anyFd.map((fd): Command => ({ nr: SYS.connect, args: [fd, { bytes: u16(0) }, 2] })),
    anyFd.map((fd): Command => ({ nr: SYS.accept4, args: [fd, null, null, O_NONBLOCK] })),
    { weight: 4, arbitrary: fc.tuple(anyFd, pick(0, 1, 10, 10, 4000, 40000), fc.nat(255), sendFlags).map(([fd, n, seed, flags]): Command => ({ nr: SYS.sendto, args: [fd, { bytes: bytes(n, seed) }, n, flags, null, 0] })) },
    fc.tuple(anyFd, pick(1, 10, 4000), fc.nat(255), fc.nat(2)).map(([fd, n, seed, i]): Command => ({ nr: SYS.sendto, args: [fd, { bytes: bytes(n, seed) }, n, MSG.DONTWAIT, { bytes: address(i) }, 7] })),
    { weight: 4, arbitrary: fc.tuple(anyFd, pick(0, 1, 7, 10, 4096, 60000), receiveFlags).map(([fd, n, flags]): Command => ({ nr: SYS.recvfrom, args: [fd, { out: Math.max(n, 1) }, n, flags, null, null] })) },
    { weight: 2, arbitrary: fc.tuple(anyFd, fc.array(anyFd, { minLength: 0, maxLength: 3 }), pick(0, 1, 5), fc.nat(255)).map(([fd, fds, n, seed]): Command => ({ nr: SYS.sendmsg, args: [fd, message(bytes(n, seed), fds.length ? rights(fds) : []), MSG.DONTWAIT], compare: [] })) },
    { weight: 2, arbitrary: fc.tuple(anyFd, pick(0, 1, 8), pick(0, 20, 24, 32), receiveFlags).map(([fd, n, control, flags]): Command => ({ nr: SYS.recvmsg, args: [fd, message(bytes(n, 1), new Array<number>(control).fill(0)), flags & ~MSG.OOB], compare: received(n, control) })) },
    fc.tuple(anyFd, pick(0, 1, 2, 3)).map(([fd, how]): Command => ({ nr: SYS.shutdown, args: [fd, how] })),
    fc.tuple(anyFd, pick(3, 4, 30, 38, 39, 99)).map(([fd, option]): Command => ({ nr: SYS.getsockopt, args: [fd, SOL_SOCKET, option, { out: 4 }, { inout: u32(4) }] })),
    anyFd.map((fd): Command => ({ nr: SYS.getsockname, args: [fd, { out: 16 }, { inout: u32(16) }] })),
    anyFd.map((fd): Command => ({ nr: SYS.getpeername, args: [fd, { out: 16 }, { inout: u32(16) }] })),
    anyFd.map((fd): Command => ({ nr: SYS.ioctl, args: [fd, FIONREAD, { out: 4 }] })),
    pollOf(anyFd),
    anyFd.map((fd): Command => ({ nr: SYS.dup, args: [fd] })),
    { weight: 2, arbitrary: anyFd.map((fd): Command => ({ nr: SYS.close, args: [fd] })) },
  ),
  cleanup: [],
};

// ── futexes without sleepers: values, operations, errors ─────────────────────────────

const WORDS = 4;
const word = pick(0, 4, 8, 8, 1, 4096).map((plus): Arg => ({ slot: WORDS, plus }));
const value = pick(0, 1, 2, 5, -1, 0x7fffffff);
const FUTEX = { WAIT: 0, WAKE: 1, REQUEUE: 3, CMP_REQUEUE: 4, WAKE_OP: 5, WAIT_BITSET: 9, WAKE_BITSET: 10 };
const PRIVATE = pick(0, 128);
const now = { bytes: [...u64(0), ...u64(0)] };
const futex: Facility = {
  setup: [
    { nr: SYS.mmap, args: [0, 8192, 3, 0x21, -1, 0], store: WORDS, anyResult: true },
    { nr: SYS.mprotect, args: [{ slot: WORDS, plus: 4096 }, 4096, 0] },
    { nr: SYS.pipe2, args: [{ out: 8 }, O_NONBLOCK] },
  ],
  command: fc.oneof(
    fc.tuple(word, PRIVATE, value).map(([at, p, v]): Command => ({ nr: SYS.futex, args: [at, FUTEX.WAIT | p, v, now, 0, 0] })),
    fc.tuple(word, PRIVATE, value, pick(0, 1, -1)).map(([at, p, v, bits]): Command => ({ nr: SYS.futex, args: [at, FUTEX.WAIT_BITSET | p, v, now, 0, bits] })),
    fc.tuple(word, PRIVATE, value).map(([at, p, v]): Command => ({ nr: SYS.futex, args: [at, FUTEX.WAKE | p, v, 0, 0, 0] })),
    fc.tuple(word, PRIVATE, value, pick(0, 1, -1)).map(([at, p, v, bits]): Command => ({ nr: SYS.futex, args: [at, FUTEX.WAKE_BITSET | p, v, 0, 0, bits] })),
    fc.tuple(word, word, PRIVATE, value, value, value).map(([at, to, p, n, limit, v]): Command => ({ nr: SYS.futex, args: [at, FUTEX.CMP_REQUEUE | p, n, limit, to, v] })),
    fc.tuple(word, word, PRIVATE, value, value).map(([at, to, p, n, limit]): Command => ({ nr: SYS.futex, args: [at, FUTEX.REQUEUE | p, n, limit, to, 0] })),
    { weight: 4, arbitrary: fc.tuple(word, word, PRIVATE, value, value, fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 7 }), pick(0, 1, 5, 31, 32, 0xfff, 0x7ff), pick(0, 1, 0xfff)).map(([at, to, p, n, m, op, cmp, a, b]): Command => ({ nr: SYS.futex, args: [at, FUTEX.WAKE_OP | p, n, m, to, ((op << 28) | (cmp << 24) | (a << 12) | b) | 0] })) },
    fc.tuple(word, value).map(([at, v]): Command[] => [{ nr: SYS.write, args: [4, { bytes: u32(v) }, 4] }, { nr: SYS.read, args: [3, at, 4] }]),
    { weight: 2, arbitrary: word.map((at): Command[] => [{ nr: SYS.write, args: [4, at, 4] }, { nr: SYS.read, args: [3, { out: 4 }, 4] }]) },
    fc.tuple(pick(0, 99, 11, 12, 13), word).map(([op, at]): Command => ({ nr: SYS.futex, args: [at, op | 64, 0, now, at, 0] })),
  ),
  cleanup: [{ nr: SYS.munmap, args: [{ slot: WORDS }, 8192], quiet: true }],
};

// ── epoll over pipes, eventfds, socket pairs, signalfds, other epolls ────────────────

const EPOLL = { IN: 1, PRI: 2, OUT: 4, RDHUP: 0x2000, EXCLUSIVE: 1 << 28, ONESHOT: 1 << 30, ET: 1 << 31 };
const events = fc.tuple(pick(EPOLL.IN, EPOLL.OUT, EPOLL.IN | EPOLL.OUT, EPOLL.IN | EPOLL.RDHUP, 0, EPOLL.PRI), pick(0, 0, EPOLL.ET, EPOLL.ONESHOT, EPOLL.ET | EPOLL.ONESHOT, EPOLL.EXCLUSIVE)).map(([a, b]) => (a | b) >>> 0);
const SELF = 30;
const USR1 = { bytes: [0, 2, 0, 0, 0, 0, 0, 0] };
const epoll: Facility = {
  setup: [
    { nr: SYS.getpid, args: [], store: SELF, anyResult: true },
    { nr: SYS.rt_sigprocmask, args: [0, USR1, null, 8], quiet: true },
    { nr: SYS.epoll_create1, args: [0] },
  ],
  command: fc.oneof(
    fc.constant<Command>({ nr: SYS.epoll_create1, args: [0] }),
    fc.constant<Command>({ nr: SYS.pipe2, args: [{ out: 8 }, O_NONBLOCK] }),
    fc.tuple(pick(0, 1), pick(O_NONBLOCK, O_NONBLOCK | 1)).map(([n, flags]): Command => ({ nr: SYS.eventfd2, args: [n, flags] })),
    fc.constant<Command>({ nr: SYS.socketpair, args: [AF_UNIX, 1 | O_NONBLOCK, 0, { out: 8 }] }),
    fc.constant<Command>({ nr: SYS.signalfd4, args: [-1, USR1, 8, O_NONBLOCK] }),
    { weight: 5, arbitrary: fc.tuple(pick(3, 3, 4, 5, 6), pick(1, 1, 1, 2, 3), anyFd, events).map(([ep, op, fd, e]): Command => ({ nr: SYS.epoll_ctl, args: [ep, op, fd, { bytes: [...u32(e), ...u64(fd)] }] })) },
    { weight: 6, arbitrary: fc.tuple(pick(3, 3, 3, 4, 5), pick(1, 2, 8)).map(([ep, n]): Command => ({ nr: SYS.epoll_wait, args: [ep, { out: 12 * n }, n, 0] })) },
    { weight: 3, arbitrary: fc.tuple(anyFd, pick(1, 8, 4096, 70000)).map(([fd, n]): Command => ({ nr: SYS.write, args: [fd, { bytes: n === 8 ? u64(1) : bytes(n, 3) }, n] })) },
    { weight: 3, arbitrary: fc.tuple(anyFd, pick(1, 8, 4096, 70000)).map(([fd, n]): Command => ({ nr: SYS.read, args: [fd, { out: n }, n], compare: [] })) },
    fc.constant<Command>({ nr: SYS.kill, args: [{ slot: SELF }, 10] }),
    fc.tuple(anyFd, pick(0, 1, 2)).map(([fd, how]): Command => ({ nr: SYS.shutdown, args: [fd, how] })),
    pollOf(anyFd),
    fc.tuple(anyFd, anyFd).map(([a, b]): Command => ({ nr: SYS.dup2, args: [a, b] })),
    { weight: 2, arbitrary: anyFd.map((fd): Command => ({ nr: SYS.close, args: [fd] })) },
  ),
  cleanup: [{ nr: SYS.rt_sigtimedwait, args: [USR1, null, now, 8], quiet: true }],
};

export const FACILITIES: Record<string, Facility> = { msg, sem, shm, mqueue, pipe, eventfd, lock, socket: unixSocket, futex, epoll };
