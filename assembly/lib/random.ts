// The machine's random generator: xoshiro256** over 32 bytes of state in linear memory
// (Blackman and Vigna), seeded by splitmix64. Deterministic for a given seed.
const STATE = memory.data(32, 8);

export function randomSeed(seed: u64): void {
  for (let i: usize = 0; i < 32; i += 8) {
    seed += 0x9e3779b97f4a7c15;
    let z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    store<u64>(STATE + i, z ^ (z >> 31));
  }
}

export function random64(): u64 {
  const s1 = load<u64>(STATE, 8);
  const result = rotl<u64>(s1 * 5, 7) * 9;
  let s0 = load<u64>(STATE);
  let s2 = load<u64>(STATE, 16) ^ s0;
  let s3 = load<u64>(STATE, 24) ^ s1;
  store<u64>(STATE, s0 ^ s3);
  store<u64>(STATE, s1 ^ s2, 8);
  s2 ^= s1 << 17;
  s3 = rotl<u64>(s3, 45);
  store<u64>(STATE, s2, 16);
  store<u64>(STATE, s3, 24);
  return result;
}

/** Fills `len` bytes at `ptr`. */
export function randomFill(ptr: usize, len: i32): void {
  while (len >= 8) {
    store<u64>(ptr, random64());
    ptr += 8;
    len -= 8;
  }
  let last = len ? random64() : 0;
  for (; len > 0; len--) {
    store<u8>(ptr++, <u8>last);
    last >>= 8;
  }
}
