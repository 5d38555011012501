// signalfd(2), signalfd4(2).
import { EBADF, EFAULT, EINVAL, ENOMEM } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { SFD_CLOEXEC, SFD_NONBLOCK } from "../abi/signal";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_PATH, FILE_SIGNALFD, FMODE_READ, FMODE_WRITE, fileNew } from "../fs/file";
import { SignalFd, signalfdNew, signalfdSet } from "../ipc/signalfd";
import { kfree } from "../mm/kmalloc";
import { getUser64, userValue } from "../mm/usercopy";

export function sys_signalfd4(fd: u64, mask: u64, size: u64, flags: u64): i64 {
  if (size != 8) return -EINVAL;
  if (!getUser64(mask)) return -EFAULT;
  const wanted = userValue;
  if (<u32>flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) return -EINVAL;
  if (<i32>fd != -1) return change(<i32>fd, wanted);
  const s = signalfdNew(wanted);
  if (!s) return -ENOMEM;
  const file = fileNew(FILE_SIGNALFD, changetype<usize>(s), O_RDWR | (<u32>flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE);
  if (!file) {
    kfree(changetype<usize>(s));
    return -ENOMEM;
  }
  return fdInstall(file, (<u32>flags & SFD_CLOEXEC) != 0);
}

function change(fd: i32, mask: u64): i64 {
  const file = fdGet(fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  if (file.kind != FILE_SIGNALFD) return -EINVAL;
  signalfdSet(changetype<SignalFd>(file.object), mask);
  return fd;
}

export function sys_signalfd(fd: u64, mask: u64, size: u64): i64 {
  return sys_signalfd4(fd, mask, size, 0);
}
