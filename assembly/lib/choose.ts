// Every choice that Linux leaves open is made here, so that a tape can answer it.
export const CHOOSE_RUN = 0; // which runnable task goes on
export const CHOOSE_WAKE = 1; // which of several waiters is woken
export const CHOOSE_SHORT = 2; // how much of a transfer is done
export const CHOOSE_PID = 3;
export const CHOOSE_MMAP = 4;
export const CHOOSE_ALLOC = 5; // whether an allocation fails

/** One of 0 … n − 1. Without a tape: 0, which is what Linux does when nothing interferes. */
export function choose(kind: i32, n: u32): u32 {
  return 0;
}
