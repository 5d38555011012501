// PR_SET_MM of prctl(2): what /proc tells of an address space. Kernel: kernel/sys.c prctl_set_mm(), prctl_set_mm_map().
import { EACCES, EBADF, EBUSY, EFAULT, EINVAL, EPERM } from "../abi/errno";
import { CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../abi/capability";
import {
  PRCTL_MM_MAP_ARG_END, PRCTL_MM_MAP_ARG_START, PRCTL_MM_MAP_AUXV, PRCTL_MM_MAP_AUXV_SIZE, PRCTL_MM_MAP_BRK, PRCTL_MM_MAP_END_CODE, PRCTL_MM_MAP_END_DATA, PRCTL_MM_MAP_ENV_END,
  PRCTL_MM_MAP_ENV_START, PRCTL_MM_MAP_EXE_FD, PRCTL_MM_MAP_START_BRK, PRCTL_MM_MAP_START_CODE, PRCTL_MM_MAP_START_DATA, PRCTL_MM_MAP_START_STACK, PR_SET_MM_ARG_END,
  PR_SET_MM_ARG_START, PR_SET_MM_AUXV, PR_SET_MM_BRK, PR_SET_MM_END_CODE, PR_SET_MM_END_DATA, PR_SET_MM_ENV_END, PR_SET_MM_ENV_START, PR_SET_MM_EXE_FILE, PR_SET_MM_MAP,
  PR_SET_MM_MAP_SIZE, PR_SET_MM_START_BRK, PR_SET_MM_START_CODE, PR_SET_MM_START_DATA, PR_SET_MM_START_STACK, SIZEOF_PRCTL_MM_MAP,
} from "../abi/prctl";
import { RLIMIT_DATA } from "../abi/resource";
import { execFileAllowed } from "../fs/execfile";
import { fdGet } from "../fs/fdtable";
import { FILE_PATH, FILE_REGULAR, fileDrop, fileHold } from "../fs/file";
import { MMAP_MIN_ADDR } from "../mm/map";
import { AUXV_BYTES, Mm, TASK_SIZE, auxvSave, vmaAt, vmaLower } from "../mm/space";
import { copyIn, putUser32 } from "../mm/usercopy";
import { capable } from "../task/cred";
import { current } from "../task/task";

/** A struct prctl_mm_map, and an auxiliary vector. */
const MAP = memory.data(104, 8);
const AUXV = memory.data(448, 8);
/** The 11 addresses at the start of struct prctl_mm_map. */
const ADDRESSES: usize = 88;

function mapRead(mm: Mm): void {
  store<u64>(MAP + PRCTL_MM_MAP_START_CODE, mm.codeStart);
  store<u64>(MAP + PRCTL_MM_MAP_END_CODE, mm.codeEnd);
  store<u64>(MAP + PRCTL_MM_MAP_START_DATA, mm.startData);
  store<u64>(MAP + PRCTL_MM_MAP_END_DATA, mm.endData);
  store<u64>(MAP + PRCTL_MM_MAP_START_BRK, mm.brkStart);
  store<u64>(MAP + PRCTL_MM_MAP_BRK, mm.brk);
  store<u64>(MAP + PRCTL_MM_MAP_START_STACK, mm.startStack);
  store<u64>(MAP + PRCTL_MM_MAP_ARG_START, mm.argStart);
  store<u64>(MAP + PRCTL_MM_MAP_ARG_END, mm.argEnd);
  store<u64>(MAP + PRCTL_MM_MAP_ENV_START, mm.envStart);
  store<u64>(MAP + PRCTL_MM_MAP_ENV_END, mm.envEnd);
}

function mapWrite(mm: Mm): void {
  mm.codeStart = load<u64>(MAP + PRCTL_MM_MAP_START_CODE);
  mm.codeEnd = load<u64>(MAP + PRCTL_MM_MAP_END_CODE);
  mm.startData = load<u64>(MAP + PRCTL_MM_MAP_START_DATA);
  mm.endData = load<u64>(MAP + PRCTL_MM_MAP_END_DATA);
  mm.brkStart = load<u64>(MAP + PRCTL_MM_MAP_START_BRK);
  mm.brk = load<u64>(MAP + PRCTL_MM_MAP_BRK);
  mm.startStack = load<u64>(MAP + PRCTL_MM_MAP_START_STACK);
  mm.argStart = load<u64>(MAP + PRCTL_MM_MAP_ARG_START);
  mm.argEnd = load<u64>(MAP + PRCTL_MM_MAP_ARG_END);
  mm.envStart = load<u64>(MAP + PRCTL_MM_MAP_ENV_START);
  mm.envEnd = load<u64>(MAP + PRCTL_MM_MAP_ENV_END);
}

function ordered(low: usize, high: usize): bool {
  return load<u64>(MAP + low) <= load<u64>(MAP + high);
}

/** Kernel: validate_prctl_map_addr(). */
function mapIsValid(): bool {
  for (let at: usize = 0; at < ADDRESSES; at += 8) {
    const address = load<u64>(MAP + at);
    if (address >= TASK_SIZE || address < MMAP_MIN_ADDR) return false;
  }
  if (load<u64>(MAP + PRCTL_MM_MAP_START_CODE) >= load<u64>(MAP + PRCTL_MM_MAP_END_CODE)) return false;
  if (!ordered(PRCTL_MM_MAP_START_DATA, PRCTL_MM_MAP_END_DATA) || !ordered(PRCTL_MM_MAP_START_BRK, PRCTL_MM_MAP_BRK)) return false;
  if (!ordered(PRCTL_MM_MAP_ARG_START, PRCTL_MM_MAP_ARG_END) || !ordered(PRCTL_MM_MAP_ENV_START, PRCTL_MM_MAP_ENV_END)) return false;
  const heap = load<u64>(MAP + PRCTL_MM_MAP_BRK) - load<u64>(MAP + PRCTL_MM_MAP_START_BRK);
  return heap + load<u64>(MAP + PRCTL_MM_MAP_END_DATA) - load<u64>(MAP + PRCTL_MM_MAP_START_DATA) <= load<u64>(current.group.rlimits + RLIMIT_DATA * 16);
}

function setExe(mm: Mm, fd: i32): i64 {
  const file = fdGet(fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  if (file.kind != FILE_REGULAR) return -EACCES;
  const error = execFileAllowed(file);
  if (error) return error;
  // The old program must not be mapped any more.
  for (let i: u32 = 0; i < mm.vmaCount; i++) if (mm.exe && vmaAt(mm, i).file == mm.exe) return -EBUSY;
  fileHold(changetype<usize>(file));
  if (mm.exe) fileDrop(mm.exe);
  mm.exe = <u32>changetype<usize>(file);
  return 0;
}

/** Copies a vector of at most AUXV_BYTES in, which ends with AT_NULL. */
function auxvIn(from: u64, bytes: u64): i64 {
  if (bytes > AUXV_BYTES) return -EINVAL;
  memory.fill(AUXV, 0, AUXV_BYTES);
  if (!copyIn(AUXV, from, bytes)) return -EFAULT;
  store<u64>(AUXV + AUXV_BYTES - 16, 0);
  store<u64>(AUXV + AUXV_BYTES - 8, 0);
  return 0;
}

function setAuxv(mm: Mm, from: u64, bytes: u64): i64 {
  const error = auxvIn(from, bytes);
  if (!error) memory.copy(mm.savedAuxv, AUXV, <usize>bytes);
  return error;
}

function setMap(mm: Mm, from: u64, bytes: u64): i64 {
  if (bytes != SIZEOF_PRCTL_MM_MAP) return -EINVAL;
  if (!copyIn(MAP, from, bytes)) return -EFAULT;
  if (!mapIsValid()) return -EINVAL;
  const auxvBytes = load<u32>(MAP + PRCTL_MM_MAP_AUXV_SIZE);
  if (auxvBytes) {
    const auxv = load<u64>(MAP + PRCTL_MM_MAP_AUXV);
    const error = auxv ? auxvIn(auxv, auxvBytes) : -EINVAL;
    if (error) return error;
  }
  const exe = load<i32>(MAP + PRCTL_MM_MAP_EXE_FD);
  if (exe != -1) {
    const error = capable(CAP_CHECKPOINT_RESTORE) || capable(CAP_SYS_ADMIN) ? setExe(mm, exe) : -EPERM;
    if (error) return error;
  }
  mapWrite(mm);
  if (auxvBytes) auxvSave(mm, AUXV);
  return 0;
}

/** Offset in struct prctl_mm_map of the address that `option` sets; −1 = none. */
function offsetOf(option: i32): i32 {
  switch (option) {
    case PR_SET_MM_START_CODE: return PRCTL_MM_MAP_START_CODE;
    case PR_SET_MM_END_CODE: return PRCTL_MM_MAP_END_CODE;
    case PR_SET_MM_START_DATA: return PRCTL_MM_MAP_START_DATA;
    case PR_SET_MM_END_DATA: return PRCTL_MM_MAP_END_DATA;
    case PR_SET_MM_START_STACK: return PRCTL_MM_MAP_START_STACK;
    case PR_SET_MM_START_BRK: return PRCTL_MM_MAP_START_BRK;
    case PR_SET_MM_BRK: return PRCTL_MM_MAP_BRK;
    case PR_SET_MM_ARG_START: return PRCTL_MM_MAP_ARG_START;
    case PR_SET_MM_ARG_END: return PRCTL_MM_MAP_ARG_END;
    case PR_SET_MM_ENV_START: return PRCTL_MM_MAP_ENV_START;
    case PR_SET_MM_ENV_END: return PRCTL_MM_MAP_ENV_END;
    default: return -1;
  }
}

export function prctlMm(which: u64, address: u64, size: u64, last: u64): i64 {
  const option = <i32>which;
  const mm = current.mm;
  if (last || (size && option != PR_SET_MM_AUXV && option != PR_SET_MM_MAP && option != PR_SET_MM_MAP_SIZE)) return -EINVAL;
  if (option == PR_SET_MM_MAP_SIZE) return putUser32(address, SIZEOF_PRCTL_MM_MAP) ? 0 : -EFAULT;
  if (option == PR_SET_MM_MAP) return setMap(mm, address, size);
  if (!capable(CAP_SYS_RESOURCE)) return -EPERM;
  if (option == PR_SET_MM_EXE_FILE) return setExe(mm, <i32>address);
  if (option == PR_SET_MM_AUXV) return setAuxv(mm, address, size);
  if (address >= TASK_SIZE || address < MMAP_MIN_ADDR) return -EINVAL;
  const offset = offsetOf(option);
  if (offset < 0) return -EINVAL;
  mapRead(mm);
  store<u64>(MAP + offset, address);
  if (!mapIsValid()) return -EINVAL;
  const onStack = option == PR_SET_MM_START_STACK || offset >= PRCTL_MM_MAP_ARG_START;
  if (onStack && vmaLower(mm, address) == mm.vmaCount) return -EFAULT;
  mapWrite(mm);
  return 0;
}
