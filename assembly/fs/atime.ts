// When a file was read last: what a mount's flags say about it. Kernel: fs/inode.c atime_needs_update(); mount(2).
import { MS_NOATIME, MS_NODIRATIME, MS_RELATIME } from "../abi/mount";
import { realtime } from "../task/clock";
import { Inode, isDirectory } from "./inode";
import { Mount, mountReadOnly } from "./mount";

const DAY_NS: i64 = 86_400_000_000_000;

/** The inode was read through the mount. */
export function accessed(mount: Mount, inode: Inode): void {
  if (changetype<usize>(mount)) {
    if (mount.flags & MS_NOATIME || mountReadOnly(mount) || (mount.flags & MS_NODIRATIME && isDirectory(inode))) return;
    const t = realtime();
    // relatime: the access time moves when it is not newer than the other two, or a day old.
    if (mount.flags & MS_RELATIME && <i64>inode.atime > <i64>inode.mtime && <i64>inode.atime > <i64>inode.ctime && <i64>(t - inode.atime) < DAY_NS) return;
    inode.atime = t;
  }
}
