// Whether the host wants to be told of every system call.
const STATE = memory.data(8, 8);

export function setTrace(on: i32): void {
  store<u32>(STATE, on);
}

// @ts-ignore: decorator
@inline
export function traceIsOn(): bool {
  return load<u32>(STATE) != 0;
}
