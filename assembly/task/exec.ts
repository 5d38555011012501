// execve(2): a new program in the calling process. Kernel: fs/exec.c, fs/binfmt_elf.c, fs/binfmt_script.c.
//
// The stack of a new program, from high to low:
//   8 zero bytes │ file name │ environment strings │ argument strings │ "x86_64" │ 16 random bytes │
//   auxv │ envp[] 0 │ argv[] 0 │ argc ← rsp
import { AT_BASE, AT_CLKTCK, AT_EGID, AT_ENTRY, AT_EUID, AT_EXECFN, AT_FLAGS, AT_GID, AT_HWCAP, AT_HWCAP2, AT_MINSIGSTKSZ, AT_NULL, AT_PAGESZ, AT_PHDR, AT_PHENT, AT_PHNUM, AT_PLATFORM, AT_RANDOM, AT_SECURE, AT_SYSINFO_EHDR, AT_UID } from "../abi/auxv";
import { E2BIG, EFAULT, ELOOP, ENAMETOOLONG, ENOEXEC, ENOMEM, ETXTBSY } from "../abi/errno";
import { RLIMIT_STACK } from "../abi/resource";
import { AT_FDCWD } from "../abi/fcntl";
import { CPU, CPU_CONTEXT_SIZE, FCW, MXCSR, NO_TSC, RIP, RSP } from "../cpu/state";
import { hwcap } from "../cpu/cpuid";
import { execCheck, execOpenPath, execWritten, fdtableCloseOnExec, fileReadKernel } from "../fs/execfile";
import { File, fileDrop, fileHold } from "../fs/file";
import { hostTaskEvent } from "../imports";
import { randomFill } from "../lib/random";
import { kfree, kmalloc } from "../mm/kmalloc";
import { PROT_EXEC, PROT_READ, PROT_WRITE, mapInsert, pageUp } from "../mm/map";
import { AUXV_BYTES, Mm, TASK_SIZE, VM_GROWSDOWN, VM_STACK, auxvSave, mmDrop, mmModesInherited, mmNew } from "../mm/space";
import { mmActivate } from "../mm/tlb";
import { copyIn, copyInString, copyOut, getUser64, putUser64, userValue } from "../mm/usercopy";
import { chooseMove, elfLoad, loadedBase, loadedEntry, loadedPhdr, loadedPhnum, loadedProgramEntry, loadedStackFlags } from "./elf";
import { futexExit } from "../ipc/futexexit";
import { childrenOfThread, groupKillOthers, vforkRelease } from "./exit";
import { fuelCharge } from "./clock";
import { mmLimits } from "./rlimit";
import { ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO, PER_CLEAR_ON_SETID, READ_IMPLIES_EXEC } from "../abi/personality";
import { sighandExec } from "./signal";
import { taskRenumber } from "./table";
import { credDrop, credExec, credSecure } from "./cred";
import { Cred, Group, TF_FORKED, Task, current } from "./task";
import { timersExec } from "./timer";
import { vdsoMap } from "./vdso";

/** MAX_ARG_STRLEN: the longest single string. */
const MAX_STRING: i32 = 131072;
/** BINPRM_BUF_SIZE: as much of a file as tells what it is. */
const HEAD_BYTES: u32 = 256;
const MAX_SCRIPTS: i32 = 5;
export const STACK_TOP: u64 = 0x7ffffffff000;
const STACK_INITIAL: u64 = 0x21000;
const PATH_MAX: i32 = 4096;

/** Argument and environment strings on their way to the new stack, in kernel memory. */
@unmanaged
class Strings {
  buffer: usize;
  room: u32;
  /** Strings fill [from, to): arguments are put in front, so they grow downwards from the middle. */
  used: u32;
  argc: i32;
  envc: i32;
  /** Bytes of the arguments. */
  argBytes: u32;
}

const STRINGS = memory.data(32, 8);
const HEAD = memory.data(256, 8);
const PATH = memory.data(4096, 8);
const INTERPRETER = memory.data(256, 8);

// @ts-ignore: decorator
@inline
function strings(): Strings {
  return changetype<Strings>(STRINGS);
}

function stringsBegin(): bool {
  const s = strings();
  s.room = 65536;
  s.buffer = kmalloc(s.room);
  s.used = 0;
  s.argc = 0;
  s.envc = 0;
  s.argBytes = 0;
  return s.buffer != 0;
}

function stringsEnd(): void {
  kfree(strings().buffer);
  strings().buffer = 0;
}

/** More than this is E2BIG whatever the limits. */
const MOST_STRINGS: u32 = 4 << 20;

/** Strings and their pointers may take a quarter of the stack, 128 KiB at the least; kernel: bprm_set_stack_limits(). */
function tooLong(): bool {
  const s = strings();
  const limit = max<u64>(min<u64>(load<u64>(current.group.rlimits + RLIMIT_STACK * 16) / 4, 6 << 20), MAX_STRING);
  return <u64>s.used + cstringLength(PATH) + 1 + (<u64>(s.argc + s.envc) << 3) > limit;
}

/** Makes room for `more` bytes after those used; false = E2BIG or no memory. */
function reserve(more: u32): bool {
  const s = strings();
  while (s.used + more > s.room) {
    if (s.room >= MOST_STRINGS) return false;
    const bigger = kmalloc(s.room * 2);
    if (!bigger) return false;
    memory.copy(bigger, s.buffer, s.used);
    kfree(s.buffer);
    s.buffer = bigger;
    s.room *= 2;
  }
  return true;
}

/** Copies the guest's vector of strings at `vector` behind what is there; their number or −errno. */
function copyVector(vector: u64): i32 {
  const s = strings();
  let count = 0;
  if (!vector) return 0;
  while (true) {
    if (!getUser64(vector)) return -EFAULT;
    const at = userValue;
    if (!at) return count;
    let room: u32 = 4096;
    while (true) {
      if (!reserve(room)) return -E2BIG;
      const n = copyInString(s.buffer + s.used, at, room);
      if (n >= 0) {
        s.used += n + 1;
        vector += 8;
        count++;
        break;
      }
      if (n == -EFAULT) return n;
      if (room >= <u32>MAX_STRING) return -E2BIG;
      room *= 2;
    }
  }
}

/** Puts kernel strings (argument block of the host) behind what is there. */
function copyBlock(block: usize, count: i32): bool {
  const s = strings();
  for (let i = 0; i < count; i++) {
    const n = cstringLength(block) + 1;
    if (!reserve(n)) return false;
    memory.copy(s.buffer + s.used, block, n);
    s.used += n;
    block += n;
  }
  return true;
}

export function cstringLength(p: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(p + n)) n++;
  return n;
}

/** Puts one string before the first argument. */
function pushFront(text: usize): bool {
  const s = strings();
  const n = cstringLength(text) + 1;
  if (!reserve(n)) return false;
  memory.copy(s.buffer + n, s.buffer, s.used);
  memory.copy(s.buffer, text, n);
  s.used += n;
  s.argBytes += n;
  s.argc++;
  return true;
}

/** Drops argv[0]. */
function popFront(): void {
  const s = strings();
  if (!s.argc) return;
  const n = cstringLength(s.buffer) + 1;
  memory.copy(s.buffer, s.buffer + n, s.used - n);
  s.used -= n;
  s.argBytes -= n;
  s.argc--;
}

/** Reads the `#!` line in HEAD: puts interpreter, its argument and the script's path in front. 0 or −errno. */
function scriptLine(bytes: i32): i32 {
  let i = 2;
  let end = 2;
  while (end < bytes && load<u8>(HEAD + end) != 0x0a && load<u8>(HEAD + end)) end++;
  // A line cut off inside the interpreter's name is not run.
  const cut = end == bytes && bytes == <i32>HEAD_BYTES;
  while (end > i && blank(load<u8>(HEAD + end - 1))) end--;
  while (i < end && blank(load<u8>(HEAD + i))) i++;
  if (i == end) return -ENOEXEC;
  let nameEnd = i;
  while (nameEnd < end && !blank(load<u8>(HEAD + nameEnd))) nameEnd++;
  if (cut && nameEnd == end) return -ENOEXEC;
  let arg = nameEnd;
  while (arg < end && blank(load<u8>(HEAD + arg))) arg++;
  popFront();
  if (!pushFront(PATH)) return -E2BIG;
  if (arg < end) {
    memory.copy(INTERPRETER, HEAD + arg, end - arg);
    store<u8>(INTERPRETER + (end - arg), 0);
    if (!pushFront(INTERPRETER)) return -E2BIG;
  }
  memory.copy(INTERPRETER, HEAD + i, nameEnd - i);
  store<u8>(INTERPRETER + (nameEnd - i), 0);
  return pushFront(INTERPRETER) ? 0 : -E2BIG;
}

function blank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}

/** The file at PATH opened for execution, following `#!` lines; its File or −errno. */
function openProgram(dirfd: i32, flags: i32): i64 {
  memory.copy(FIRST_PATH, PATH, PATH_MAX);
  let depth = 0;
  while (true) {
    const opened = execOpenPath(dirfd, PATH, flags);
    if (opened < 0) return opened;
    const file = changetype<File>(<usize>opened);
    memory.fill(HEAD, 0, HEAD_BYTES);
    const n = fileReadKernel(file, 0, HEAD, HEAD_BYTES);
    if (n < 2 || load<u16>(HEAD) != 0x2123) {
      if (n >= 0) return opened;
      fileDrop(<usize>opened);
      return n;
    }
    const error = depth++ == MAX_SCRIPTS ? -ELOOP : scriptLine(<i32>n);
    fileDrop(<usize>opened);
    if (error) return error;
    memory.copy(PATH, INTERPRETER, 256);
    dirfd = AT_FDCWD;
    flags = 0;
  }
}

const FIRST_PATH = memory.data(4096, 8);

/** execve(2) and execveat(2) for `current`; NO_RESULT's caller sets nothing; 0 or −errno. */
export function execGuest(dirfd: i32, path: u64, argv: u64, envp: u64, flags: i32): i64 {
  const n = copyInString(PATH, path, PATH_MAX);
  if (n < 0) return n;
  // Linux opens the file before it looks at argv.
  const probe = execCheck(dirfd, PATH, flags);
  if (probe) return probe;
  if (!stringsBegin()) return -ENOMEM;
  const s = strings();
  let error: i64 = 0;
  const argc = copyVector(argv);
  s.argc = argc;
  s.argBytes = s.used;
  if (argc < 0) error = argc;
  else {
    const envc = copyVector(envp);
    s.envc = envc;
    if (envc < 0) error = envc;
    else error = tooLong() ? -E2BIG : execStrings(dirfd, flags);
  }
  stringsEnd();
  return error;
}

/** As execGuest with everything in kernel memory: NUL-terminated path, blocks of NUL-terminated strings. */
export function execKernel(path: usize, pathLength: i32, argv: usize, argc: i32, envp: usize, envc: i32): i64 {
  if (pathLength >= PATH_MAX) return -ENAMETOOLONG;
  memory.copy(PATH, path, pathLength);
  store<u8>(PATH + pathLength, 0);
  if (!stringsBegin()) return -ENOMEM;
  const s = strings();
  let error: i64 = -E2BIG;
  if (copyBlock(argv, argc)) {
    s.argc = argc;
    s.argBytes = s.used;
    if (copyBlock(envp, envc)) {
      s.envc = envc;
      error = execStrings(AT_FDCWD, 0);
    }
  }
  stringsEnd();
  return error;
}

function execStrings(dirfd: i32, flags: i32): i64 {
  // Linux gives a program that was called without argv[0] an empty one.
  if (!strings().argc && !pushFront(EMPTY)) return -E2BIG;
  const opened = openProgram(dirfd, flags);
  if (opened < 0) return opened;
  const file = changetype<File>(<usize>opened);
  const error = execWritten(file) ? -ETXTBSY : execFile(file);
  fileDrop(<usize>opened);
  return error;
}

const EMPTY = memory.data(8, 8);

function execFile(file: File): i64 {
  const task = current;
  const old = task.mm;
  const mm = mmNew();
  if (!mm) return -ENOMEM;
  mmLimits(mm, task.group.rlimits);
  mm.modes = mmModesInherited(old.modes);
  layoutChoose(mm, task.personality);
  const cred = credExec(task, file);
  if (!cred) {
    mmDrop(mm);
    return -ENOMEM;
  }
  mm.dumpable = credSecure || (task.cred.euid != cred.euid || task.cred.egid != cred.egid) ? 0 : 1;
  mmActivate(mm);
  let error: i64 = elfLoad(mm, file);
  let sp: u64 = 0;
  if (!error) {
    error = pageZero(mm, task.personality);
    if (!error) error = stackMake(mm);
    vdso = vdsoMap(mm);
    if (!error) {
      sp = stackFill(mm, cred);
      if (!sp) error = -EFAULT;
    }
  }
  mmActivate(old);
  if (error) {
    mmDrop(mm);
    credDrop(cred);
    return error;
  }
  credDrop(task.cred);
  task.cred = cred;
  if (credSecure) task.pdeathSignal = 0;
  task.personality &= credSecure ? ~PER_CLEAR_ON_SETID : ~READ_IMPLIES_EXEC;
  commit(task, mm, file, sp);
  return 0;
}

/** The stack is moved by less than so many pages: 32 MiB. */
const STACK_MOVE: u64 = 1 << 13;
const SIZE_128M: u64 = 128 << 20;
/** stack_guard_gap. */
const GUARD_GAP: u64 = 256 << 12;

/** Where mappings go; kernel: arch/x86/mm/mmap.c arch_pick_mmap_layout(). */
function layoutChoose(mm: Mm, personality: u32): void {
  if (personality & ADDR_COMPAT_LAYOUT) {
    mm.upwards = 1;
    mm.mmapBase = pageUp(TASK_SIZE / 3);
    return;
  }
  const stack = mm.stackLimit;
  const gap = min<u64>(max<u64>(stack + GUARD_GAP > stack ? stack + GUARD_GAP : stack, SIZE_128M), (TASK_SIZE / 6) * 5);
  // What chance may take from the stack's end is left free besides.
  const down = chooseMove(1 << 16);
  mm.mmapBase = pageUp(TASK_SIZE - gap) - (down ? down + (STACK_MOVE << 12) : 0);
}

/** mmap_min_addr does not bind the kernel here: many programs of old read at address 0. kernel: load_elf_binary(). */
function pageZero(mm: Mm, personality: u32): i32 {
  return personality & MMAP_PAGE_ZERO ? mapInsert(mm, 0, 4096, PROT_READ | PROT_EXEC, 0, null, 0, 0) : 0;
}

function stackMake(mm: Mm): i32 {
  const prot = PROT_READ | PROT_WRITE | (loadedStackFlags & 1 ? PROT_EXEC : 0);
  // Room for the strings at once; the rest comes by growth.
  const bytes = (<u64>strings().used + STACK_INITIAL + 4095) & ~(<u64>4095);
  mm.stackTop = STACK_TOP - chooseMove(<u32>STACK_MOVE);
  return mapInsert(mm, mm.stackTop - bytes, bytes, prot, VM_GROWSDOWN | VM_STACK, null, 0, 0);
}

const PLATFORM = memory.data<u8>([0x78, 0x38, 0x36, 0x5f, 0x36, 0x34, 0]);
const RANDOM = memory.data(16, 8);
let cursor: u64 = 0;

function aux(kind: u64, value: u64): void {
  putUser64(cursor, kind);
  putUser64(cursor + 8, value);
  cursor += 16;
}

/** Writes strings and vectors to the new stack; the initial rsp, or 0 when it cannot be written. */
function stackFill(mm: Mm, cred: Cred): u64 {
  const s = strings();
  const nameBytes = cstringLength(FIRST_PATH) + 1;
  let p = mm.stackTop - 8 - nameBytes;
  const name = p;
  if (!copyOut(p, FIRST_PATH, nameBytes)) return 0;
  p -= s.used;
  const text = p;
  if (!copyOut(p, s.buffer, s.used)) return 0;
  mm.argStart = text;
  mm.argEnd = text + s.argBytes;
  mm.envStart = mm.argEnd;
  mm.envEnd = text + s.used;
  p &= ~(<u64>15);
  p -= 7;
  const platform = p;
  if (!copyOut(p, PLATFORM, 7)) return 0;
  randomFill(RANDOM, 16);
  p -= 16;
  const random = p;
  if (!copyOut(p, RANDOM, 16)) return 0;
  const words = <u64>(1 + s.argc + 1 + s.envc + 1);
  const sp = (p - (words * 8 + AUX_ENTRIES * 16)) & ~(<u64>15);
  cursor = sp;
  putUser64(cursor, s.argc);
  cursor += 8;
  vector(s.buffer, text, 0, s.argc);
  vector(s.buffer, text, s.argBytes, s.envc);
  const auxv = cursor;
  auxiliary(cred, name, platform, random);
  return auxvKeep(mm, auxv) ? sp : 0;
}

function auxvKeep(mm: Mm, at: u64): bool {
  memory.fill(AUXV, 0, AUXV_BYTES);
  return copyIn(AUXV, at, cursor - at) && auxvSave(mm, AUXV);
}
const AUXV = memory.data(448, 8);

function vector(buffer: usize, text: u64, at: u32, count: i32): void {
  for (; count; count--) {
    putUser64(cursor, text + at);
    cursor += 8;
    at += cstringLength(buffer + at) + 1;
  }
  putUser64(cursor, 0);
  cursor += 8;
}

const AUX_ENTRIES: u64 = 21;
let vdso: u64 = 0;

function auxiliary(cred: Cred, name: u64, platform: u64, random: u64): void {
  if (vdso) aux(AT_SYSINFO_EHDR, vdso);
  aux(AT_MINSIGSTKSZ, 0x5f0);
  aux(AT_HWCAP, hwcap());
  aux(AT_PAGESZ, 4096);
  aux(AT_CLKTCK, 100);
  aux(AT_PHDR, loadedPhdr);
  aux(AT_PHENT, 56);
  aux(AT_PHNUM, loadedPhnum);
  aux(AT_BASE, loadedBase);
  aux(AT_FLAGS, 0);
  aux(AT_ENTRY, loadedProgramEntry);
  aux(AT_UID, cred.uid);
  aux(AT_EUID, cred.euid);
  aux(AT_GID, cred.gid);
  aux(AT_EGID, cred.egid);
  aux(AT_SECURE, credSecure ? 1 : 0);
  aux(AT_RANDOM, random);
  aux(AT_HWCAP2, 0);
  aux(AT_EXECFN, name);
  aux(AT_PLATFORM, platform);
  aux(AT_NULL, 0);
}

/** What exec counts in the slice of the caller, in instructions: Linux takes some 100 µs. */
const EXEC_COST: i64 = 100_000;

/** The point of no return: `task` becomes the new program. */
function commit(task: Task, mm: Mm, file: File, sp: u64): void {
  const group = task.group;
  if (group.threadCount > 1) becomeLeader(task, group);
  fuelCharge(EXEC_COST);
  mm.startStack = sp;
  futexExit(task);
  const old = task.mm;
  task.mm = mm;
  mm.exe = <u32>changetype<usize>(file);
  fileHold(changetype<usize>(file));
  mmActivate(mm);
  mmDrop(old);
  vforkRelease(task);
  sighandExec(task);
  timersExec(group);
  fdtableCloseOnExec();
  task.altStack = 0;
  task.altSize = 0;
  task.altFlags = 2; // SS_DISABLE
  task.robustList = 0;
  task.rseq = 0;
  task.clearChildTid = 0;
  task.flags &= ~TF_FORKED;
  group.execed++;
  setName(task);
  const noTsc = load<u32>(CPU + NO_TSC);
  memory.fill(CPU, 0, CPU_CONTEXT_SIZE);
  store<u32>(CPU + NO_TSC, noTsc);
  store<u16>(CPU + FCW, 0x37f);
  store<u32>(CPU + MXCSR, 0x1f80);
  store<u64>(CPU + RSP, sp);
  store<u64>(CPU + RIP, loadedEntry);
  hostTaskEvent(2, task.tid, 0);
}

/** exec in a process of several threads: the others end, and this one gets the process's id. */
function becomeLeader(task: Task, group: Group): void {
  const leader = group.leader;
  groupKillOthers(group, task);
  if (leader === task) return;
  group.leader = task;
  taskRenumber(task, group.pid);
  childrenOfThread(group, 0, group.pid);
}

/** comm = the last component of the path, 15 bytes at the most. */
function setName(task: Task): void {
  let p: usize = FIRST_PATH;
  for (let q: usize = FIRST_PATH; load<u8>(q); q++) if (load<u8>(q) == 0x2f && load<u8>(q + 1)) p = q + 1;
  const n = min<u32>(cstringLength(p), 15);
  const comm = changetype<usize>(task) + offsetof<Task>("comm0");
  memory.fill(comm, 0, 16);
  memory.copy(comm, p, n);
}
