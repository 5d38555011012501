// Loading of ELF programs into a new address space. Kernel: fs/binfmt_elf.c load_elf_binary().
import { current } from "./task";
import { ADDR_NO_RANDOMIZE } from "../abi/personality";
import { CHOOSE_ASLR, choose, chooses } from "../lib/choose";
import { EINVAL, EIO, ELIBBAD, ENOEXEC, ENOMEM } from "../abi/errno";
import { AT_FDCWD } from "../abi/fcntl";
import { EHDR_E_ENTRY, EHDR_E_MACHINE, EHDR_E_PHENTSIZE, EHDR_E_PHNUM, EHDR_E_PHOFF, EHDR_E_TYPE, ELFCLASS64, EM_X86_64, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PHDR_P_FILESZ, PHDR_P_FLAGS, PHDR_P_MEMSZ, PHDR_P_OFFSET, PHDR_P_TYPE, PHDR_P_VADDR, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_PHDR } from "../abi/elf";
import { execOpenPath, fileMapping, fileReadKernel } from "../fs/execfile";
import { File, fileDrop } from "../fs/file";
import { kfree, kmalloc } from "../mm/kmalloc";
import { PROT_EXEC, PROT_READ, PROT_WRITE, mapFindFree, mapInsert, mapRemove, mapTooLarge, pageUp } from "../mm/map";
import { Mm, TASK_SIZE } from "../mm/space";
import { clearUser } from "../mm/usercopy";

/** Where a position-independent program with an interpreter goes (ELF_ET_DYN_BASE, not randomised). */
const PIE_BASE: u64 = 0x555555554000;
const PHENT: u32 = 56;

/** What elfLoad found: entry to begin at, the program's own entry, headers, interpreter base. */
export let loadedEntry: u64 = 0;
export let loadedProgramEntry: u64 = 0;
export let loadedPhdr: u64 = 0;
export let loadedPhnum: u32 = 0;
export let loadedBase: u64 = 0;
/** Flags of PT_GNU_STACK; PF_X when there is none. */
export let loadedStackFlags: u32 = 0;

const EHDR = memory.data(64, 8);
const INTERP = memory.data(4096, 8);
let imageEnd: u64 = 0;

/** Reads and checks an ELF header into EHDR; its program headers (kmalloc) or −errno. */
function readHeaders(file: File): i64 {
  if (fileReadKernel(file, 0, EHDR, 64) != 64) return -ENOEXEC;
  if (load<u32>(EHDR) != 0x464c457f || load<u8>(EHDR + 4) != ELFCLASS64) return -ENOEXEC;
  const type = load<u16>(EHDR + EHDR_E_TYPE);
  if ((type != ET_EXEC && type != ET_DYN) || load<u16>(EHDR + EHDR_E_MACHINE) != EM_X86_64) return -ENOEXEC;
  if (load<u16>(EHDR + EHDR_E_PHENTSIZE) != PHENT) return -ENOEXEC;
  const count = <u32>load<u16>(EHDR + EHDR_E_PHNUM);
  const bytes = count * PHENT;
  if (!count || bytes > 65536) return -ENOEXEC;
  const headers = kmalloc(bytes);
  if (!headers) return -ENOMEM;
  if (fileReadKernel(file, load<u64>(EHDR + EHDR_E_PHOFF), headers, bytes) != bytes) {
    kfree(headers);
    return -ENOEXEC;
  }
  return headers;
}

function protOf(flags: u32): u32 {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

/** Bytes from the lowest to the highest page of the PT_LOADs; 0 = none or nonsense. */
function span(headers: usize, count: u32): u64 {
  let low: u64 = u64.MAX_VALUE;
  let high: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const p = headers + i * PHENT;
    if (load<u32>(p + PHDR_P_TYPE) != PT_LOAD) continue;
    const start = load<u64>(p + PHDR_P_VADDR) & ~(<u64>0xfff);
    const size = load<u64>(p + PHDR_P_MEMSZ);
    const end = load<u64>(p + PHDR_P_VADDR) + size;
    if (size > TASK_SIZE || load<u64>(p + PHDR_P_VADDR) > TASK_SIZE || end > TASK_SIZE) return 0;
    if (load<u64>(p + PHDR_P_FILESZ) > size) return 0;
    if (start < low) low = start;
    if (end > high) high = end;
  }
  return high > low ? pageUp(high) - low : 0;
}

/** Maps the PT_LOADs at their addresses plus bias; 0 or −errno. */
function mapSegments(mm: Mm, file: File, headers: usize, count: u32, bias: u64): i32 {
  const mapping = fileMapping(file);
  if (!mapping) return -ENOEXEC;
  for (let i: u32 = 0; i < count; i++) {
    const p = headers + i * PHENT;
    if (load<u32>(p + PHDR_P_TYPE) != PT_LOAD) continue;
    const address = load<u64>(p + PHDR_P_VADDR) + bias;
    const offset = load<u64>(p + PHDR_P_OFFSET);
    const fileBytes = load<u64>(p + PHDR_P_FILESZ);
    const memoryBytes = load<u64>(p + PHDR_P_MEMSZ);
    if (!memoryBytes) continue;
    const skew = address & 0xfff;
    if (skew != (offset & 0xfff) || offset > (<u64>1 << 62)) return -EINVAL;
    const prot = protOf(load<u32>(p + PHDR_P_FLAGS));
    const start = address - skew;
    const fileEnd = fileBytes ? pageUp(address + fileBytes) : start;
    const end = pageUp(address + memoryBytes);
    if (start < 0x1000 || end > TASK_SIZE) return -EINVAL;
    if (mapTooLarge(end - start)) return -ENOMEM;
    // A segment may share its first page with the one before: the later one wins, as with MAP_FIXED.
    const cleared = mapRemove(mm, start, max(end, fileEnd));
    if (cleared) return cleared;
    if (fileEnd > start) {
      const error = mapInsert(mm, start, fileEnd - start, prot, 0, mapping, offset >> 12, <u32>changetype<usize>(file));
      if (error) return error;
    }
    if (end > fileEnd) {
      const error = mapInsert(mm, fileEnd, end - fileEnd, prot, 0, null, 0, 0);
      if (error) return error;
    }
    // The rest of the last file page reads as zero where the segment goes on beyond its file bytes.
    if (memoryBytes > fileBytes && fileBytes && prot & PROT_WRITE) {
      const tail = address + fileBytes;
      if (!clearUser(tail, pageUp(tail) - tail)) return -EIO;
    }
    if (prot & PROT_EXEC) {
      if (address < mm.codeStart || !mm.codeStart) mm.codeStart = address;
      if (address + fileBytes > mm.codeEnd) mm.codeEnd = address + fileBytes;
    }
    mm.startData = max(mm.startData, address);
    mm.endData = max(mm.endData, address + fileBytes);
    if (end > imageEnd) imageEnd = address + memoryBytes;
  }
  return 0;
}

function findHeader(headers: usize, count: u32, type: u32): usize {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(headers + i * PHENT + PHDR_P_TYPE) == type) return headers + i * PHENT;
  return 0;
}

/** Guest address of the program headers: PT_PHDR, else where the PT_LOAD that holds them puts them. */
function phdrAddress(headers: usize, count: u32, bias: u64): u64 {
  const own = findHeader(headers, count, PT_PHDR);
  if (own) return load<u64>(own + PHDR_P_VADDR) + bias;
  const at = load<u64>(EHDR + EHDR_E_PHOFF);
  for (let i: u32 = 0; i < count; i++) {
    const p = headers + i * PHENT;
    const offset = load<u64>(p + PHDR_P_OFFSET);
    if (load<u32>(p + PHDR_P_TYPE) == PT_LOAD && offset <= at && at < offset + load<u64>(p + PHDR_P_FILESZ)) return load<u64>(p + PHDR_P_VADDR) + at - offset + bias;
  }
  return 0;
}

/** Bytes, in whole pages, that chance moves a part of the layout of the execve in progress: less than `pages` pages. */
export function chooseMove(pages: u32): u64 {
  return chooses() && !(current.personality & ADDR_NO_RANDOMIZE) ? <u64>choose(CHOOSE_ASLR, pages) << 12 : 0;
}

/** Loads `file` and its interpreter into mm, which must be the current address space; 0 or −errno. */
export function elfLoad(mm: Mm, file: File): i32 {
  const read = readHeaders(file);
  if (read < 0) return <i32>read;
  const headers = <usize>read;
  const error = loadProgram(mm, file, headers);
  kfree(headers);
  return error;
}

function loadProgram(mm: Mm, file: File, headers: usize): i32 {
  const count = <u32>load<u16>(EHDR + EHDR_E_PHNUM);
  const type = load<u16>(EHDR + EHDR_E_TYPE);
  const entry = load<u64>(EHDR + EHDR_E_ENTRY);
  const interp = findHeader(headers, count, PT_INTERP);
  const bytes = span(headers, count);
  if (!bytes) return -ENOEXEC;
  let bias: u64 = 0;
  if (type == ET_DYN) {
    const lowest = lowestPage(headers, count);
    bias = interp ? PIE_BASE + chooseMove(1 << 16) : mapFindFree(mm, bytes);
    if (!bias) return -ENOMEM;
    bias -= lowest;
  }
  imageEnd = 0;
  mm.codeStart = 0;
  mm.codeEnd = 0;
  mm.startData = 0;
  mm.endData = 0;
  const mapped = mapSegments(mm, file, headers, count, bias);
  if (mapped) return mapped;
  const stack = findHeader(headers, count, PT_GNU_STACK);
  loadedStackFlags = stack ? load<u32>(stack + PHDR_P_FLAGS) : PF_X;
  loadedPhdr = phdrAddress(headers, count, bias);
  loadedPhnum = count;
  loadedProgramEntry = entry + bias;
  loadedEntry = loadedProgramEntry;
  loadedBase = 0;
  // A position-independent program without interpreter lies among the mmaps: its heap goes elsewhere.
  mm.brkStart = (type == ET_DYN && !interp ? PIE_BASE : pageUp(imageEnd)) + chooseMove(1 << 13);
  mm.brk = mm.brkStart;
  if (loadedEntry >= TASK_SIZE) return -EINVAL;
  return interp ? loadInterpreter(mm, file, interp) : 0;
}

function lowestPage(headers: usize, count: u32): u64 {
  let low: u64 = u64.MAX_VALUE;
  for (let i: u32 = 0; i < count; i++) {
    const p = headers + i * PHENT;
    if (load<u32>(p + PHDR_P_TYPE) == PT_LOAD) low = min(low, load<u64>(p + PHDR_P_VADDR) & ~(<u64>0xfff));
  }
  return low;
}

function loadInterpreter(mm: Mm, file: File, header: usize): i32 {
  const length = load<u64>(header + PHDR_P_FILESZ);
  if (length < 2 || length > 4096) return -ENOEXEC;
  if (fileReadKernel(file, load<u64>(header + PHDR_P_OFFSET), INTERP, <u32>length) != <i64>length) return -EIO;
  if (load<u8>(INTERP + <usize>length - 1)) return -ENOEXEC;
  const opened = execOpenPath(AT_FDCWD, INTERP, 0);
  if (opened < 0) return <i32>opened;
  const library = changetype<File>(<usize>opened);
  const error = interpreterSegments(mm, library);
  fileDrop(<usize>opened);
  return error;
}

function interpreterSegments(mm: Mm, library: File): i32 {
  const read = readHeaders(library);
  if (read < 0) return read == -ENOEXEC ? -ELIBBAD : <i32>read;
  const headers = <usize>read;
  const count = <u32>load<u16>(EHDR + EHDR_E_PHNUM);
  const bytes = span(headers, count);
  const end = imageEnd;
  let error = bytes ? 0 : -ELIBBAD;
  if (bytes) {
    let bias: u64 = 0;
    if (load<u16>(EHDR + EHDR_E_TYPE) == ET_DYN) bias = mapFindFree(mm, bytes) - lowestPage(headers, count);
    error = mapSegments(mm, library, headers, count, bias);
    loadedBase = bias;
    loadedEntry = load<u64>(EHDR + EHDR_E_ENTRY) + bias;
  }
  imageEnd = end;
  kfree(headers);
  return error;
}

