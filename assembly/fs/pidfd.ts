// pidfd_open(2): descriptors for processes.
import { EBADF, EFAULT, ENOMEM } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { POLLHUP, POLLIN, POLLRDNORM } from "../abi/poll";
import { putUser32 } from "../mm/usercopy";
import { groupPut } from "../task/exit";
import { Group, groupExitQueue } from "../task/task";
import { waitOn } from "../task/wait";
import { fdClose, fdGet, fdInstall } from "./fdtable";
import { FILE_PIDFD, FMODE_READ, FMODE_WRITE, File, fileNew } from "./file";

/** A descriptor (close on exec, O_NONBLOCK in flags) for the group, or −errno. */
export function pidfdNew(group: Group, flags: u32): i32 {
  const file = fileNew(FILE_PIDFD, changetype<usize>(group), O_RDWR | flags, FMODE_READ | FMODE_WRITE);
  if (!file) return -ENOMEM;
  group.refs++;
  return fdInstall(file, true);
}

/** CLONE_PIDFD: makes the descriptor and writes it to guest address `to`. */
export function pidfdInstall(group: Group, to: u64): i32 {
  const fd = pidfdNew(group, 0);
  if (fd < 0) return fd;
  if (putUser32(to, fd)) return fd;
  fdClose(fd);
  return -EFAULT;
}

/** The Group behind a pidfd, or −EBADF. */
export function pidfdGroup(fd: i32): i64 {
  const file = fdGet(fd);
  return file && file.kind == FILE_PIDFD ? <i64>file.object : -EBADF;
}

/** PIDFD_NONBLOCK: waitid(2) on it does not wait. */
export function pidfdNonblock(fd: i32): bool {
  const file = fdGet(fd);
  return file !== null && (file.flags & O_NONBLOCK) != 0;
}

/** Readable once the process has ended. */
export function pidfdPoll(file: File, watch: bool): u32 {
  const group = changetype<Group>(file.object);
  if (watch) waitOn(groupExitQueue(group));
  if (!group.zombie) return 0;
  return group.zombie == 2 ? POLLIN | POLLRDNORM | POLLHUP : POLLIN | POLLRDNORM;
}

export function pidfdRelease(file: File): void {
  groupPut(changetype<Group>(file.object));
}
