// Settings of /proc/sys/fs and /proc/sys/kernel that the machine has once, not per namespace. proc_sys_fs(5).

export const PIPE_MAX_SIZE: u32 = 0;
export const PIPE_USER_PAGES_SOFT: u32 = 1;
export const PIPE_USER_PAGES_HARD: u32 = 2;
export const LEASE_BREAK_TIME: u32 = 3;
export const LEASES_ENABLE: u32 = 4;
/** inotify(7), in /proc/sys/fs/inotify. */
export const INOTIFY_QUEUED: u32 = 5;
export const INOTIFY_INSTANCES: u32 = 6;
export const INOTIFY_WATCHES: u32 = 7;

const VALUES = memory.data<u32>([1048576, 16384, 0, 45, 1, 16384, 128, 1048576]);

// @ts-ignore: decorator
@inline
export function sysctl(which: u32): u32 {
  return load<u32>(VALUES + (<usize>which << 2));
}

export function sysctlSet(which: u32, value: u32): void {
  store<u32>(VALUES + (<usize>which << 2), value);
}
