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
}

const STATE = memory.data(8, 8); // u32 first

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
