// eventfd2(2), memfd_create(2).
import { EFAULT, EINVAL, ENOMEM } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { MFD_ALLOW_SEALING, MFD_CLOEXEC } from "../abi/mman";
import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from "../abi/poll";
import { rootDentry } from "../fs/boot";
import { fdInstall } from "../fs/fdtable";
import { FILE_EVENTFD, File, FMODE_READ, FMODE_WRITE, fileNew } from "../fs/file";
import { S_IFREG, dentryNew, inodeDrop } from "../fs/inode";
import { Mount } from "../fs/mount";
import { openDentry } from "../fs/open";
import { anonymousFile } from "../fs/tmpfs";
import { SEAL_EXEC, SEAL_SEAL } from "../fs/seals";
import { eventfdFree, eventfdNew } from "../ipc/eventfd";
import { copyInString } from "../mm/usercopy";

export function sys_eventfd2(count: u64, flagsArg: u64): i64 {
  const flags = <u32>flagsArg;
  if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) return -EINVAL;
  const e = eventfdNew(<u64><u32>count, (flags & EFD_SEMAPHORE) != 0);
  if (!e) return -ENOMEM;
  const file = fileNew(FILE_EVENTFD, changetype<usize>(e), O_RDWR | (flags & EFD_NONBLOCK ? O_NONBLOCK : 0), FMODE_READ | FMODE_WRITE);
  if (!file) {
    eventfdFree(e);
    return -ENOMEM;
  }
  return fdInstall(file, (flags & EFD_CLOEXEC) != 0);
}

export function sys_eventfd(count: u64): i64 {
  return sys_eventfd2(count, 0);
}

const NAME = memory.data(264, 8);
/** Newer than the C headers. */
const MFD_NOEXEC_SEAL: u32 = 8;

export function sys_memfd_create(name: u64, flags: u64): i64 {
  if (flags & ~<u64>(MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x18) || (flags & 0x18) == 0x18) return -EINVAL;
  store<u64>(NAME, 0x3a64666d656d); // "memfd:"
  const n = copyInString(NAME + 6, name, 250);
  if (n == -EFAULT) return n;
  if (n < 0) return -EINVAL;
  const root = rootDentry();
  const inode = anonymousFile(S_IFREG | 0x1ff);
  if (!inode) return -ENOMEM;
  inode.seals = flags & MFD_NOEXEC_SEAL ? SEAL_EXEC : flags & MFD_ALLOW_SEALING ? 0 : SEAL_SEAL;
  if (flags & MFD_NOEXEC_SEAL) inode.mode &= ~(<u32>0x49);
  const dentry = dentryNew(root, NAME, n + 6, inode);
  if (!dentry) {
    inodeDrop(inode);
    return -ENOMEM;
  }
  const opened = openDentry(changetype<Mount>(0), dentry, O_RDWR, true);
  return opened < 0 ? opened : fdInstall(changetype<File>(<usize>opened), (flags & MFD_CLOEXEC) != 0);
}
