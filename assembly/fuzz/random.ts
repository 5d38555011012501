// The fuzzer's own random numbers (xorshift64*): the kernel's generator is part of its state.
let state: u64 = 0x9e3779b97f4a7c15;

export function seedRandom(seed: u64): void {
  state = (seed * 0x9e3779b97f4a7c15) ^ 0xd1b54a32d192ed03;
  if (!state) state = 1;
  for (let i = 0; i < 4; i++) random();
}

export function randomState(): u64 {
  return state;
}

export function setRandomState(value: u64): void {
  state = value;
}

// @ts-ignore: decorator
@inline
export function random(): u64 {
  let x = state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  state = x;
  return x * 0x2545f4914f6cdd1d;
}

/** One of 0 … n − 1. */
// @ts-ignore: decorator
@inline
export function below(n: u32): u32 {
  return <u32>(((random() >> 32) * <u64>n) >> 32);
}

/** True once in n times. */
// @ts-ignore: decorator
@inline
export function oneIn(n: u32): bool {
  return below(n) == 0;
}
