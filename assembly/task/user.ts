// What users have in use over all their processes: limits that count by user, not by process. Kernel: struct ucounts,
// struct user_struct.
import { kfree, kzalloc } from "../mm/kmalloc";

@unmanaged
export class UserCounts {
  refs: u32;
  uid: u32;
  next: u32;
  /** Pages that the capacity of their pipes may take (pipe-user-pages-soft, -hard). */
  pipePages: u32;
  /** Bytes of POSIX message queues; RLIMIT_MSGQUEUE. */
  queueBytes: u64;
  /** Processes and threads, RLIMIT_NPROC; queued signals, RLIMIT_SIGPENDING. */
  processes: u32;
  signals: u32;
  /** inotify instances and watches; fs.inotify.max_user_*. */
  inotifies: u32;
  watches: u32;
}

/** What userCharge counts: offsets in UserCounts. */
export const USER_PROCESSES: usize = offsetof<UserCounts>("processes");
export const USER_SIGNALS: usize = offsetof<UserCounts>("signals");
export const USER_INOTIFIES: usize = offsetof<UserCounts>("inotifies");
export const USER_WATCHES: usize = offsetof<UserCounts>("watches");

const STATE = memory.data(8, 8); // u32 first

/** The first of the users; the others follow by next. */
export function userFirst(): usize {
  return load<u32>(STATE);
}

/** The counts of a user, held; null = out of memory. */
export function userHold(uid: u32): UserCounts | null {
  for (let at = <usize>load<u32>(STATE); at; at = changetype<UserCounts>(at).next) {
    const there = changetype<UserCounts>(at);
    if (there.uid != uid) continue;
    there.refs++;
    return there;
  }
  const user = changetype<UserCounts>(kzalloc(offsetof<UserCounts>()));
  if (!changetype<usize>(user)) return null;
  user.refs = 1;
  user.uid = uid;
  user.next = load<u32>(STATE);
  store<u32>(STATE, <u32>changetype<usize>(user));
  return user;
}

export function userDrop(user: UserCounts): void {
  if (--user.refs) return;
  let slot: usize = STATE;
  while (load<u32>(slot) != changetype<usize>(user)) slot = <usize>load<u32>(slot) + offsetof<UserCounts>("next");
  store<u32>(slot, user.next);
  kfree(changetype<usize>(user));
}

function userFind(uid: u32): usize {
  let at = <usize>load<u32>(STATE);
  while (at && changetype<UserCounts>(at).uid != uid) at = <usize>changetype<UserCounts>(at).next;
  return at;
}

export function userCount(uid: u32, what: usize): u32 {
  const user = userFind(uid);
  return user ? load<u32>(user + what) : 0;
}

/** Adds to a count, which holds the user; without memory nothing is counted. */
export function userCharge(uid: u32, what: usize): void {
  const user = userHold(uid);
  if (user) store<u32>(changetype<usize>(user) + what, load<u32>(changetype<usize>(user) + what) + 1);
}

export function userUncharge(uid: u32, what: usize): void {
  const user = userFind(uid);
  if (!user || !load<u32>(user + what)) return;
  store<u32>(user + what, load<u32>(user + what) - 1);
  userDrop(changetype<UserCounts>(user));
}
