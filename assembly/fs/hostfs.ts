// Folders of the host that guests use as they are: mounts `rw` and `ro`. Names are looked up anew each time, so what
// others do on the host is seen; what guests do is done on the host at once. Pages of files are cached: written
// through by write(2), and when they were written by way of a shared mapping at msync(2), fsync(2), munmap(2) and close(2).
// A file that somebody changed on the host loses its cached pages when it is looked up next (close-to-open, as NFS does).
import { EFAULT, EIO, ENOENT, ENOMEM, EPERM } from "../abi/errno";
import { hostFile, hostList } from "../imports";
import { kfree, kmalloc } from "../mm/kmalloc";
import { MAPPING_SHARED_HOST, Mapping, mappingCut, mappingFind, mappingNew, mappingNextDirty } from "../mm/mapping";
import { frameWillChange } from "../mm/tlb";
import { copyInPartial } from "../mm/usercopy";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { File } from "./file";
import { HOST_ENTRY_HEAD } from "./hosttree";
import { Dentry, FS_HOST, Inode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, dentryFind, dentryHold, dentryLink, dentryMove, dentryNew, dentryUnlink, inodeDrop, inodeHold, inodeNew, isDirectory } from "./inode";
import { regularUnmapAll } from "./regular";
import { Super, superAdopt, superForget, superNew } from "./super";

// Operations of the import `file`.
const LOOKUP: i32 = 0;
const STAT: i32 = 1;
const CREATE: i32 = 2;
const REMOVE: i32 = 3;
const LINK: i32 = 4;
const RENAME: i32 = 5;
const CHANGE: i32 = 6;
const OPEN: i32 = 7;
const CLOSE: i32 = 8;
const WRITE: i32 = 10;
const SYNC: i32 = 11;
const SPACE: i32 = 12;
const FORGET: i32 = 13;

export const CHANGE_MODE: u32 = 1;
export const CHANGE_UID: u32 = 2;
export const CHANGE_GID: u32 = 4;
export const CHANGE_SIZE: u32 = 8;
export const CHANGE_ATIME: u32 = 16;
export const CHANGE_MTIME: u32 = 32;

/** Room for an entry with the longest link, and for names. */
const BUFFER_BYTES: i32 = 8192;
const BUFFER = memory.data(8192, 8);
/** Bytes that one write hands over. */
const PIECE: u32 = 65536;
const STATE = memory.data(16, 8); // u32 bounce buffer of PIECE bytes; u32 table of inodes by handle, u32 its room

// ── inodes by the host's handle ─────────────────────────────────────────────────────

function inodeOf(handle: u32): Inode | null {
  return handle < load<u32>(STATE + 8) ? changetype<Inode | null>(<usize>load<u32>(load<u32>(STATE + 4) + (handle << 2))) : null;
}

function inodeNote(handle: u32, inode: usize): bool {
  if (handle >= load<u32>(STATE + 8)) {
    const room = max<u32>(handle * 2, 256);
    const table = kmalloc(room << 2);
    if (!table) return false;
    memory.fill(table, 0, room << 2);
    memory.copy(table, load<u32>(STATE + 4), load<u32>(STATE + 8) << 2);
    kfree(load<u32>(STATE + 4));
    store<u32>(STATE + 4, <u32>table);
    store<u32>(STATE + 8, room);
  }
  store<u32>(load<u32>(STATE + 4) + (handle << 2), <u32>inode);
  return true;
}

/** The machine knows the file no longer. */
export function hostInodeFree(inode: Inode): void {
  if (inode.hostHandle < 0) return;
  inodeNote(inode.hostHandle, 0);
  hostFile(FORGET, inode.hostHandle, 0, BUFFER, 0);
}

/** Takes what the entry at BUFFER says of the file. */
function refresh(inode: Inode): void {
  const size = load<u64>(BUFFER, 32);
  const mtime = load<u64>(BUFFER, 48);
  const type = inode.mode & S_IFMT;
  inode.mode = load<u32>(BUFFER, 8);
  inode.uid = load<u32>(BUFFER, 12);
  inode.gid = load<u32>(BUFFER, 16);
  inode.nlink = load<u32>(BUFFER, 20);
  inode.rdev = load<u32>(BUFFER, 24);
  inode.ino = load<u64>(BUFFER, 72);
  const mapping = inode.mapping;
  if (mapping && !mapping.dirty && !inode.hostWrote && (size != inode.size || mtime != inode.mtime)) {
    regularUnmapAll(mapping);
    mappingCut(mapping, 0);
  }
  if (type == S_IFREG && (!mapping || !mapping.dirty)) inode.size = size;
  else if (type != S_IFREG) inode.size = size;
  if (mapping) mapping.size = inode.size;
  inode.hostWrote = 0;
  inode.atime = load<u64>(BUFFER, 40);
  inode.mtime = mtime;
  inode.ctime = load<u64>(BUFFER, 56);
  inode.btime = load<u64>(BUFFER, 64);
}

/** The text of a symlink behind the entry at BUFFER. */
function takeText(inode: Inode): bool {
  const length = <u32>load<u64>(BUFFER, 32);
  const text = kmalloc(length + 1);
  if (!text) return false;
  memory.copy(text, BUFFER + HOST_ENTRY_HEAD, length);
  store<u8>(text + length, 0);
  kfree(inode.text);
  inode.text = text;
  return true;
}

/** The inode, held, of the entry at BUFFER; null = out of memory. */
function inodeAtBuffer(sb: Super): Inode | null {
  const handle = load<u32>(BUFFER, 4);
  const type = load<u32>(BUFFER, 8) & S_IFMT;
  const known = inodeOf(handle);
  if (known) {
    refresh(known);
    if (type == S_IFLNK && !takeText(known)) return null;
    inodeHold(known);
    return known;
  }
  const inode = inodeNew(FS_HOST, load<u32>(BUFFER, 8), 0, 0);
  if (!inode) return null;
  inode.hostHandle = -1;
  superAdopt(sb, inode);
  refresh(inode);
  let ok = inodeNote(handle, changetype<usize>(inode));
  if (ok) inode.hostHandle = handle;
  if (ok && type == S_IFREG) {
    const mapping = mappingNew(MAPPING_SHARED_HOST, changetype<usize>(inode));
    ok = changetype<usize>(mapping) != 0;
    if (mapping) {
      mapping.hostHandle = handle;
      mapping.size = inode.size;
      inode.mapping = mapping;
    }
  } else if (ok && type == S_IFLNK) ok = takeText(inode);
  if (ok) return inode;
  inodeDrop(inode);
  return null;
}

/** A super block whose root is the host's node `handle`; null = out of memory, or the host refuses. */
export function hostSuper(handle: i32): Super | null {
  const sb = superNew(FS_HOST);
  if (!sb) return null;
  if (hostFile(STAT, handle, 0, BUFFER, BUFFER_BYTES) < 0) return null;
  const inode = inodeAtBuffer(sb);
  const dentry = inode ? dentryNew(null, BUFFER + HOST_ENTRY_HEAD, 0, inode) : null;
  if (!dentry) return null;
  sb.root = <u32>changetype<usize>(dentry);
  return sb;
}

// @ts-ignore: decorator
@inline
function superAt(inode: Inode): Super {
  return changetype<Super>(<usize>inode.sb);
}

// ── names ───────────────────────────────────────────────────────────────────────────

/** Why a look-up found nothing: −ENOENT or what the host said. */
export let hostLookupError: i32 = 0;

/** The child of a directory, held; null = see hostLookupError. */
export function hostLookup(parent: Dentry, name: usize, length: u32): Dentry | null {
  const found = dentryFind(parent, name, length);
  // What has something mounted on it is not the host's any more.
  if (found && found.mounted) return dentryHold(found);
  hostLookupError = -ENOENT;
  memory.copy(BUFFER, name, length);
  const r = hostFile(LOOKUP, parent.inode.hostHandle, length, BUFFER, BUFFER_BYTES);
  if (r < 0) {
    if (found) superForget(found);
    hostLookupError = <i32>r;
    return null;
  }
  if (found && found.inode.hostHandle == load<i32>(BUFFER, 4)) {
    refresh(found.inode);
    if ((found.inode.mode & S_IFMT) == S_IFLNK) takeText(found.inode);
    return dentryHold(found);
  }
  if (found) superForget(found);
  return dentryOfEntry(parent, name, length);
}

/** The dentry, held and findable, of the entry at BUFFER; folders stay known. */
function dentryOfEntry(parent: Dentry, name: usize, length: u32): Dentry | null {
  hostLookupError = -ENOMEM;
  const inode = inodeAtBuffer(superAt(parent.inode));
  if (!inode) return null;
  const dentry = dentryNew(parent, name, length, inode);
  if (!dentry) {
    inodeDrop(inode);
    return null;
  }
  dentryLink(dentry, isDirectory(inode));
  return dentry;
}

/** Makes a file, folder or symlink: a held dentry or −errno. */
export function hostCreate(parent: Dentry, name: usize, length: u32, mode: u32, text: usize, textLength: u32): i64 {
  const type = mode & S_IFMT;
  // Node has no call that makes FIFOs, sockets or devices.
  if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK) return -EPERM;
  const dir = parent.inode;
  let gid = current.cred.fsgid;
  if (dir.mode & 0x400) {
    gid = dir.gid;
    if (type == S_IFDIR) mode |= 0x400;
  }
  store<u32>(BUFFER, mode);
  store<u32>(BUFFER, current.cred.fsuid, 4);
  store<u32>(BUFFER, gid, 8);
  store<u32>(BUFFER, length, 12);
  store<u32>(BUFFER, textLength, 16);
  memory.copy(BUFFER + 20, name, length);
  memory.copy(BUFFER + 20 + length, text, textLength);
  const r = hostFile(CREATE, dir.hostHandle, 0, BUFFER, BUFFER_BYTES);
  if (r < 0) return r;
  const made = dentryOfEntry(parent, name, length);
  hostRefresh(dir);
  return made ? <i64>changetype<usize>(made) : -ENOMEM;
}

/** Reads what the host says of the file now. */
export function hostRefresh(inode: Inode): void {
  if (hostFile(STAT, inode.hostHandle, 0, BUFFER, BUFFER_BYTES) >= 0) refresh(inode);
}

function nameAt(offset: usize, name: usize, length: u32): void {
  store<u32>(BUFFER, length);
  memory.copy(BUFFER + offset, name, length);
}

export function hostRemove(parent: Dentry, victim: Dentry, directory: bool): i32 {
  nameAt(4, victim.name, victim.nameLength);
  const r = <i32>hostFile(REMOVE, parent.inode.hostHandle, directory ? 1 : 0, BUFFER, BUFFER_BYTES);
  if (r < 0) return r;
  const inode = victim.inode;
  superForget(victim);
  if (directory) inode.nlink = 0;
  else if (inode.nlink) inode.nlink--;
  hostRefresh(parent.inode);
  return 0;
}

export function hostLink(parent: Dentry, name: usize, length: u32, inode: Inode): i32 {
  if (isDirectory(inode)) return -EPERM;
  nameAt(4, name, length);
  const r = <i32>hostFile(LINK, inode.hostHandle, parent.inode.hostHandle, BUFFER, BUFFER_BYTES);
  if (r < 0) return r;
  hostRefresh(inode);
  hostRefresh(parent.inode);
  return 0;
}

export function hostRename(from: Dentry, source: Dentry, to: Dentry, target: Dentry | null, newName: usize, newLength: u32): i32 {
  store<u32>(BUFFER, source.nameLength);
  store<u32>(BUFFER, newLength, 4);
  memory.copy(BUFFER + 8, source.name, source.nameLength);
  memory.copy(BUFFER + 8 + source.nameLength, newName, newLength);
  const r = <i32>hostFile(RENAME, from.inode.hostHandle, to.inode.hostHandle, BUFFER, BUFFER_BYTES);
  if (r < 0) return r;
  if (target) {
    const inode = target.inode;
    superForget(target);
    if (inode.nlink) inode.nlink--;
  }
  if (!dentryMove(source, to, newName, newLength)) dentryUnlink(source);
  hostRefresh(from.inode);
  if (from !== to) hostRefresh(to.inode);
  return 0;
}

// ── attributes ──────────────────────────────────────────────────────────────────────

/** Changes what `mask` (CHANGE_*) names to what the arguments say; 0 or −errno. */
export function hostChange(inode: Inode, mask: u32, mode: u32, uid: u32, gid: u32, size: u64, atime: u64, mtime: u64): i32 {
  store<u32>(BUFFER, mode);
  store<u32>(BUFFER, uid, 4);
  store<u32>(BUFFER, gid, 8);
  store<u64>(BUFFER, size, 16);
  store<u64>(BUFFER, atime, 24);
  store<u64>(BUFFER, mtime, 32);
  const r = <i32>hostFile(CHANGE, inode.hostHandle, mask, BUFFER, BUFFER_BYTES);
  if (r < 0) return r;
  inode.hostWrote = 1;
  hostRefresh(inode);
  return 0;
}

/** Blocks and files of the host's file system: six u64 at the address given back; 0 = the host does not say. */
export function hostSpace(inode: Inode): usize {
  return hostFile(SPACE, inode.hostHandle, 0, BUFFER, BUFFER_BYTES) < 0 ? 0 : BUFFER;
}

// ── data ────────────────────────────────────────────────────────────────────────────

/** The host opens the file for a guest's open file; 0 or −errno. */
export function hostOpen(inode: Inode, writes: bool): i32 {
  return <i32>hostFile(OPEN, inode.hostHandle, writes ? 1 : 0, BUFFER, 0);
}

/** A guest's open file ends. */
export function hostClose(inode: Inode): void {
  const mapping = inode.mapping;
  if (mapping) hostWriteBack(mapping);
  hostFile(CLOSE, inode.hostHandle, 0, BUFFER, 0);
}

function bounce(): usize {
  if (!load<u32>(STATE)) store<u32>(STATE, <u32>kmalloc(PIECE));
  return load<u32>(STATE);
}

/** The bytes at `from` are the file's at `pos` now: what of them is cached changes too. */
function updateCache(mapping: Mapping, pos: u64, from: usize, n: u32): void {
  if (!mapping.pages) return;
  for (let done: u32 = 0; done < n; ) {
    const offset = <u32>((pos + done) & 0xfff);
    const piece = min<u32>(n - done, 4096 - offset);
    const page = mappingFind(mapping, (pos + done) >> 12);
    if (page) {
      frameWillChange(page + offset, <i32>piece);
      memory.copy(page + offset, from + done, piece);
    }
    done += piece;
  }
}

function wrote(inode: Inode, end: u64): void {
  const mapping = changetype<Mapping>(changetype<usize>(inode.mapping));
  if (end > inode.size) {
    inode.size = end;
    mapping.size = end;
  }
  inode.hostWrote = 1;
  const t = realtime();
  inode.mtime = t;
  inode.ctime = t;
}

/** write(2): bytes or −errno. */
export function hostWrite(inode: Inode, pos: u64, from: u64, count: u64): i64 {
  const buffer = bounce();
  if (!buffer) return -ENOMEM;
  let done: u64 = 0;
  while (done < count) {
    const want = <u32>min<u64>(count - done, PIECE);
    const left = <u32>copyInPartial(buffer, from + done, want);
    if (left == want) return done ? <i64>done : -EFAULT;
    const n = hostWriteKernel(inode, pos + done, buffer, want - left);
    if (n < 0) return done ? <i64>done : n;
    done += n;
    if (<u32>n < want) break;
  }
  return done;
}

/** hostWrite of kernel memory. */
export function hostWriteKernel(inode: Inode, pos: u64, from: usize, count: u32): i64 {
  const n = hostFile(WRITE, inode.hostHandle, pos, from, count);
  if (n <= 0) return n < 0 ? n : -EIO;
  updateCache(changetype<Mapping>(changetype<usize>(inode.mapping)), pos, from, <u32>n);
  wrote(inode, pos + n);
  return n;
}

/** Writes what shared mappings changed; 0 or the first error. */
export function hostWriteBack(mapping: Mapping): i32 {
  let error = 0;
  if (!mapping.dirty) return 0;
  // From now on a store makes its page dirty again.
  regularUnmapAll(mapping);
  const inode = changetype<Inode>(<usize>mapping.owner);
  for (let index = mappingNextDirty(mapping, 0); index != u64.MAX_VALUE; index = mappingNextDirty(mapping, index + 1)) {
    const pos = index << 12;
    if (pos >= mapping.size) continue;
    const n = <u32>min<u64>(4096, mapping.size - pos);
    const r = hostFile(WRITE, mapping.hostHandle, pos, mappingFind(mapping, index), n);
    if (r < 0 && !error) error = <i32>r;
  }
  inode.hostWrote = 1;
  return error;
}

/** fsync(2) of a file or folder: 0 or −errno. */
export function hostSync(inode: Inode): i32 {
  const mapping = inode.mapping;
  const error = mapping ? hostWriteBack(mapping) : 0;
  return error ? error : <i32>hostFile(SYNC, inode.hostHandle, 0, BUFFER, 0);
}

/** sync(2): what shared mappings changed goes to the host. */
export function hostSyncAll(): void {
  for (let handle: u32 = 0; handle < load<u32>(STATE + 8); handle++) {
    const inode = inodeOf(handle);
    const mapping = inode ? inode.mapping : null;
    if (mapping) hostWriteBack(mapping);
  }
}

// ── listings ────────────────────────────────────────────────────────────────────────

/** The entries of an open directory are read when its listing begins: u32 bytes │ entries, kept in File.private1. */
export function hostListing(file: File, dir: Inode): usize {
  if (file.private1) return <usize>file.private1;
  const block = hostList(dir.hostHandle);
  if (<i32>block <= 0 && <i32>block > -4096) return 0;
  file.private1 = block;
  return block;
}

export function hostListingEnd(file: File): void {
  kfree(<usize>file.private1);
  file.private1 = 0;
  file.private2 = 0;
}
