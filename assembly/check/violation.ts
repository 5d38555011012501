// What a check says when it fails: the host makes text of it and stops the machine.

/** `what` is UTF-16, its length in bytes stands 4 bytes before it. Does not come back. */
// @ts-ignore: decorator
@external("host", "violation")
declare function hostViolation(what: string, object: usize, expected: u32, found: u32, tid: i32, nr: i32): void;

const STATE = memory.data(16, 8); // i32 tid and number of the last call, u32 calls since the start

export function callNoted(tid: i32, nr: i32): u32 {
  store<i32>(STATE, tid);
  store<i32>(STATE + 4, nr);
  const count = load<u32>(STATE + 8) + 1;
  store<u32>(STATE + 8, count);
  return count;
}

/** `object` is its address; `expected` what the walk makes it, `found` what stands there. */
export function violation(what: string, object: usize, expected: u32, found: u32): void {
  hostViolation(what, object, expected, found, load<i32>(STATE), load<i32>(STATE + 4));
  unreachable();
}

/** A violation unless two numbers are equal. */
export function same(what: string, object: usize, expected: u32, found: u32): void {
  if (expected != found) violation(what, object, expected, found);
}
