// Descriptor tables: an array of File pointers with close-on-exec bits, shared by CLONE_FILES tasks.
import { EBADF, EMFILE, ENOMEM } from "../abi/errno";
import { RLIMIT_NOFILE } from "../abi/resource";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { current } from "../task/task";
import { File, fileDrop, fileHold } from "./file";
import { fileFlush } from "./ops";

@unmanaged
export class FdTable {
  refs: u32;
  /** Slots; a multiple of 64. */
  room: u32;
  /** u32 File address each, bit 0 = close on exec. */
  slots: usize;
  /** No free descriptor below this one. */
  lowest: u32;
}

const CLOEXEC: u32 = 1;
const FIRST_ROOM: u32 = 64;

// @ts-ignore: decorator
@inline
function table(): FdTable {
  return changetype<FdTable>(current.files);
}

/** An empty table with one reference; 0 = out of memory. */
export function fdtableNew(): usize {
  const t = changetype<FdTable>(kzalloc(offsetof<FdTable>()));
  if (!changetype<usize>(t)) return 0;
  t.slots = kzalloc(FIRST_ROOM << 2);
  if (!t.slots) {
    kfree(changetype<usize>(t));
    return 0;
  }
  t.refs = 1;
  t.room = FIRST_ROOM;
  return changetype<usize>(t);
}

export function fdtableHold(files: usize): void {
  changetype<FdTable>(files).refs++;
}

export function fdtableDrop(files: usize): void {
  const t = changetype<FdTable>(files);
  if (--t.refs) return;
  for (let fd: u32 = 0; fd < t.room; fd++) {
    const entry = load<u32>(t.slots + (fd << 2));
    if (!entry) continue;
    const file = changetype<File>(<usize>(entry & ~CLOEXEC));
    fileFlush(file, files, current.group);
    fileDrop(changetype<usize>(file));
  }
  kfree(t.slots);
  kfree(files);
}

/** A copy for fork; 0 = out of memory. */
export function fdtableCopy(files: usize): usize {
  const from = changetype<FdTable>(files);
  const t = changetype<FdTable>(kzalloc(offsetof<FdTable>()));
  if (!changetype<usize>(t)) return 0;
  t.slots = kmalloc(from.room << 2);
  if (!t.slots) {
    kfree(changetype<usize>(t));
    return 0;
  }
  t.refs = 1;
  t.room = from.room;
  t.lowest = from.lowest;
  memory.copy(t.slots, from.slots, from.room << 2);
  for (let fd: u32 = 0; fd < t.room; fd++) {
    const entry = load<u32>(t.slots + (fd << 2));
    if (entry) fileHold(entry & ~CLOEXEC);
  }
  return changetype<usize>(t);
}

/** The File behind a descriptor of `current` (not held), or null. */
// @ts-ignore: decorator
@inline
export function fdGet(fd: i32): File | null {
  const t = table();
  if (<u32>fd >= t.room) return null;
  return changetype<File | null>(<usize>(load<u32>(t.slots + (<u32>fd << 2)) & ~CLOEXEC));
}

/** Slots of the current table. */
export function fdRoom(): u32 {
  return table().room;
}

/** Slots of another table: FDSize of proc_pid_status(5). */
export function fdtableRoom(files: usize): u32 {
  return changetype<FdTable>(files).room;
}

/** The File behind a descriptor of another table, or null. */
export function fdGetFrom(files: usize, fd: u32): File | null {
  const t = changetype<FdTable>(files);
  if (fd >= t.room) return null;
  return changetype<File | null>(<usize>(load<u32>(t.slots + (fd << 2)) & ~CLOEXEC));
}

/** Whether exec closes the descriptor of another table. */
export function fdCloexecFrom(files: usize, fd: u32): bool {
  const t = changetype<FdTable>(files);
  return fd < t.room && (load<u32>(t.slots + (fd << 2)) & CLOEXEC) != 0;
}

/** The first used descriptor ≥ fd of a table, or −1. */
export function fdNext(files: usize, fd: u32): i32 {
  const t = changetype<FdTable>(files);
  for (; fd < t.room; fd++) if (load<u32>(t.slots + (fd << 2))) return <i32>fd;
  return -1;
}

export function fdIsCloexec(fd: i32): bool {
  return (load<u32>(table().slots + (<u32>fd << 2)) & CLOEXEC) != 0;
}

export function fdSetCloexec(fd: i32, on: bool): void {
  const slot = table().slots + (<u32>fd << 2);
  store<u32>(slot, (load<u32>(slot) & ~CLOEXEC) | (on ? CLOEXEC : 0));
}

function limit(): u32 {
  return <u32>min<u64>(load<u64>(current.group.rlimits + RLIMIT_NOFILE * 16), 1048576);
}

function grow(t: FdTable, need: u32): bool {
  let room = t.room;
  while (room <= need) room *= 2;
  const bigger = kzalloc(room << 2);
  if (!bigger) return false;
  memory.copy(bigger, t.slots, t.room << 2);
  kfree(t.slots);
  t.slots = bigger;
  t.room = room;
  return true;
}

/** Puts the file (its reference passes to the table) at the lowest free descriptor ≥ from; the descriptor, or −errno (reference kept by the caller). */
export function fdInstallFrom(file: File, from: u32, cloexec: bool): i32 {
  const t = table();
  const most = limit();
  let fd = max(from, t.lowest);
  while (fd < t.room && load<u32>(t.slots + (fd << 2))) fd++;
  if (fd >= most) return -EMFILE;
  if (fd >= t.room && !grow(t, fd)) return -ENOMEM;
  store<u32>(t.slots + (fd << 2), <u32>changetype<usize>(file) | (cloexec ? CLOEXEC : 0));
  if (from <= t.lowest) t.lowest = fd + 1;
  return fd;
}

/** fdInstallFrom at 0; on failure the reference is dropped. */
export function fdInstall(file: File, cloexec: bool): i32 {
  const fd = fdInstallFrom(file, 0, cloexec);
  if (fd < 0) fileDrop(changetype<usize>(file));
  return fd;
}

/** Puts the file (reference passes) at `fd`, closing what was there; fd or −errno. */
export function fdReplace(file: File, fd: i32, cloexec: bool): i32 {
  if (<u32>fd >= limit()) return -EBADF;
  const t = table();
  if (<u32>fd >= t.room && !grow(t, fd)) return -ENOMEM;
  const slot = t.slots + (<u32>fd << 2);
  const old = load<u32>(slot) & ~CLOEXEC;
  store<u32>(slot, <u32>changetype<usize>(file) | (cloexec ? CLOEXEC : 0));
  if (old) {
    fileFlush(changetype<File>(<usize>old), current.files, current.group);
    fileDrop(old);
  }
  return fd;
}

/** close(2): 0 or −EBADF. */
export function fdClose(fd: i32): i32 {
  const t = table();
  if (<u32>fd >= t.room) return -EBADF;
  const slot = t.slots + (<u32>fd << 2);
  const entry = load<u32>(slot);
  if (!entry) return -EBADF;
  store<u32>(slot, 0);
  if (<u32>fd < t.lowest) t.lowest = fd;
  const file = changetype<File>(<usize>(entry & ~CLOEXEC));
  fileFlush(file, current.files, current.group);
  fileDrop(changetype<usize>(file));
  return 0;
}

/** exec: unshares the table and closes what is marked. */
export function closeOnExec(): void {
  if (table().refs > 1) {
    const copy = fdtableCopy(current.files);
    if (copy) {
      fdtableDrop(current.files);
      current.files = copy;
    }
  }
  const t = table();
  for (let fd: u32 = 0; fd < t.room; fd++) if (load<u32>(t.slots + (fd << 2)) & CLOEXEC) fdClose(fd);
}

/** CLONE_FILES undone for the caller (close_range with CLOSE_RANGE_UNSHARE, unshare(2)). */
export function fdtableUnshare(): i32 {
  if (table().refs == 1) return 0;
  const copy = fdtableCopy(current.files);
  if (!copy) return -ENOMEM;
  fdtableDrop(current.files);
  current.files = copy;
  return 0;
}

/** close_range(2): closes, or marks for exec, the descriptors first … last; 0 or −ENOMEM. */
export function closeRange(first: u32, last: u32, unshare: bool, cloexec: bool): i32 {
  if (unshare) {
    const error = fdtableUnshare();
    if (error) return error;
  }
  const t = table();
  for (let fd = first; fd < t.room && fd <= last; fd++) {
    const slot = t.slots + (fd << 2);
    if (!load<u32>(slot)) continue;
    if (cloexec) store<u32>(slot, load<u32>(slot) | CLOEXEC);
    else fdClose(fd);
  }
  return 0;
}
