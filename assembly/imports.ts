// Everything that the machine asks of its host. One page; a test compares it with the built module.
// Times are ns; pointers are linear memory.

/** Clock of the host: kind 0 = since the epoch, 1 = monotonic. */
// @ts-ignore: decorator
@external("host", "clock")
export declare function hostClock(kind: i32): i64;

/** Writes to host stream 1 or 2 (or a further one): bytes accepted, or −errno. */
// @ts-ignore: decorator
@external("host", "output")
export declare function hostOutput(stream: i32, ptr: usize, len: i32): i32;

/** A guest wants input of `stream` and none is there: the host should begin reading it. */
// @ts-ignore: decorator
@external("host", "wantInput")
export declare function hostWantInput(stream: i32): void;

/** Reads page `index` (4096 bytes; what lies past the end of the file stays zero) of host file `handle` to `ptr`. 0 or −errno. */
// @ts-ignore: decorator
@external("host", "readPage")
export declare function hostReadPage(handle: i32, index: i64, ptr: usize): i32;

/**
 * Entries of the host's folder `handle`, in a block from hostAlloc that the machine frees; fs/hosttree.ts tells its
 * layout. Below 4096 from the top of the address range: −errno.
 */
// @ts-ignore: decorator
@external("host", "list")
export declare function hostList(handle: i32): usize;

/**
 * An operation on a file of the host that guests use as it is: `handle` is its number. A name is one component. A value
 * ≥ 0 or −errno; [ptr, ptr + len) is read, and filled by those marked "out" (an entry as of hostList, without name).
 *
 *   0 LOOKUP argument = length, name; out     5 RENAME u32 length, u32 length, names; argument = target folder
 *   1 STAT out                                6 CHANGE argument = CHANGE_* bits; u32 mode, uid, gid, u64 size (at 16), atime, mtime
 *   2 CREATE u32 mode, uid, gid, name         7 OPEN argument 1 = for writing     8 CLOSE
 *     length, text length, name, text; out    9 READ argument = position; out    10 WRITE argument = position
 *   3 REMOVE u32 length, name; 1 = folder    11 SYNC
 *   4 LINK u32 length, name; folder          12 SPACE out: u64 block size, blocks, free, available, files, free
 *                                            13 FORGET
 */
// @ts-ignore: decorator
@external("host", "file")
export declare function hostFile(op: i32, handle: i32, argument: i64, ptr: usize, len: i32): i64;

/** A system call begins: the arguments stand in the task (export taskArgs). Only when tracing is on. */
// @ts-ignore: decorator
@external("host", "traceEnter")
export declare function hostTraceEnter(tid: i32, nr: i32): void;

/** A system call ends with `result` (rax; ERESTART* codes are seen as such). Only when tracing is on. */
// @ts-ignore: decorator
@external("host", "traceExit")
export declare function hostTraceExit(tid: i32, nr: i32, result: i64): void;

/**
 * A system call begins, and hooks on them are set: its arguments stand in the task (export taskArgs), where the host may change
 * them. 1 = the call is not made, its result is the i64 that the host put behind them.
 */
// @ts-ignore: decorator
@external("host", "hookEnter")
export declare function hostHookEnter(tid: i32, nr: i32): i32;

/** A system call has its result, and hooks on them are set: the result that the guest gets. */
// @ts-ignore: decorator
@external("host", "hookExit")
export declare function hostHookExit(tid: i32, nr: i32, result: i64): i64;

/** The instruction at `rip`, which a hook is on, is about to run; the registers stand in export taskContext. */
// @ts-ignore: decorator
@external("host", "hookCode")
export declare function hostCodeHook(tid: i32, rip: u64): void;

/** Hooked memory was accessed: `record` as in mm/watch.ts. */
// @ts-ignore: decorator
@external("host", "hookMemory")
export declare function hostMemoryHook(tid: i32, record: usize): void;

/** A signal is delivered (or stops the task): siginfo_t at `info`. Only when tracing is on. */
// @ts-ignore: decorator
@external("host", "traceSignal")
export declare function hostTraceSignal(tid: i32, signal: i32, info: usize): void;

/** kind 0: task `tid` was made by `value`; 1: exited with wait status `value`; 2: execve succeeded (other threads gone); 3: a group stopped by signal `value`; 4: process `tid` ended with wait status `value`; 5: process `tid` was stopped by signal `value`. 4 and 5 are always called. */
// @ts-ignore: decorator
@external("host", "taskEvent")
export declare function hostTaskEvent(kind: i32, tid: i32, value: i32): void;

