// A 64-bit hash of memory, for comparing states: eight lanes of multiply and fold. Each step is a bijection of its lane, so
// two blocks that differ in one lane's word always differ in that lane. Not for enemies.
const FACTOR: i64 = <i64>0x9e3779b97f4a7c15;

function fold(lane: u64): u64 {
  lane = (lane ^ (lane >> 32)) * 0xd6e8feb86659fd93;
  return lane ^ (lane >> 32);
}

/** Hash of [at, end); both are multiples of 64. */
export function hashRange(at: usize, end: usize, seed: u64): u64 {
  const factor = i64x2.splat(FACTOR);
  let a = i64x2.splat(<i64>seed);
  let b = i64x2.splat(<i64>(seed + 1));
  let c = i64x2.splat(<i64>(seed + 2));
  let d = i64x2.splat(<i64>(seed + 3));
  for (; at < end; at += 64) {
    a = i64x2.mul(v128.xor(a, v128.load(at)), factor);
    b = i64x2.mul(v128.xor(b, v128.load(at, 16)), factor);
    c = i64x2.mul(v128.xor(c, v128.load(at, 32)), factor);
    d = i64x2.mul(v128.xor(d, v128.load(at, 48)), factor);
    a = v128.xor(a, i64x2.shr_u(a, 29));
    b = v128.xor(b, i64x2.shr_u(b, 29));
    c = v128.xor(c, i64x2.shr_u(c, 29));
    d = v128.xor(d, i64x2.shr_u(d, 29));
  }
  let h = fold(<u64>i64x2.extract_lane(a, 0));
  h = fold(h ^ <u64>i64x2.extract_lane(a, 1));
  h = fold(h ^ <u64>i64x2.extract_lane(b, 0));
  h = fold(h ^ <u64>i64x2.extract_lane(b, 1));
  h = fold(h ^ <u64>i64x2.extract_lane(c, 0));
  h = fold(h ^ <u64>i64x2.extract_lane(c, 1));
  h = fold(h ^ <u64>i64x2.extract_lane(d, 0));
  return fold(h ^ <u64>i64x2.extract_lane(d, 1));
}
