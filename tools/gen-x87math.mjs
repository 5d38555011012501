// Makes assembly/gen/x87math.ts: the constants of cpu/x87math.ts, worked out in integers.
//
// A fraction is 128 bits behind the point (low half first). A wide number is 32 bytes, see cpu/f80wide.ts.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const out = join(dirname(fileURLToPath(import.meta.url)), "../assembly/gen");
const BITS = 320n;
const ONE = 1n << BITS;
const mul = (a, b) => (a * b) >> BITS;
const div = (a, b) => (a << BITS) / b;

/** e^x − 1 … by series, x in fixed point. */
function exp(x) {
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term; n += 1n) {
    term = mul(term, x) / n;
    if (term === -1n) break;
    sum += term;
  }
  return sum;
}
/** atan(1/n) or, with sign 1, atanh(1/n). */
function inverseTangent(x, sign) {
  const square = mul(x, x) * BigInt(sign);
  let power = x;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = mul(power, square);
  }
  return sum;
}
const ln2 = 2n * inverseTangent(ONE / 3n, 1);
const pi = 16n * inverseTangent(ONE / 5n, -1) - 4n * inverseTangent(ONE / 239n, -1);
/** atan of x in [0, 1], by halving the angle: atan x = 2 atan(x / (1 + √(1 + x²))). */
function root(x) {
  let r = x > ONE ? x : ONE;
  for (;;) {
    const next = (r + div(x, r)) / 2n;
    if (next >= r) return r;
    r = next;
  }
}
function atan(x) {
  let doublings = 0n;
  while (x > ONE / 16n) {
    x = div(x, ONE + root(ONE + mul(x, x)));
    doublings += 1n;
  }
  return inverseTangent(x, -1) << doublings;
}
/** log2 of a rational. */
const log2 = (a, b) => div(2n * inverseTangent(div(BigInt(a - b), BigInt(a + b)), 1), ln2);
const factorial = (n) => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));

const hex = (v) => `0x${v.toString(16)}`;
const M64 = (1n << 64n) - 1n;
/** 128 bits behind the point, rounded. */
function fraction(x) {
  const v = (x + (1n << (BITS - 129n))) >> (BITS - 128n);
  return [hex(v & M64), hex(v >> 64n)];
}
/** low, high, exponent | sign << 32, 0 */
function wide(x) {
  if (x === 0n) return ["0", "0", "0", "0"];
  const sign = x < 0n ? 1n : 0n;
  if (sign) x = -x;
  const length = BigInt(x.toString(2).length);
  let m = (x + (1n << (length - 129n))) >> (length - 128n);
  let e = length - 1n - BITS;
  if (m >> 128n) {
    m >>= 1n;
    e += 1n;
  }
  return [hex(m & M64), hex(m >> 64n), hex((e & 0xffffffffn) | (sign << 32n)), "0"];
}
const range = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const table = (name, comment, words) => `/** ${comment} */\nexport const ${name} = memory.data<u64>([${words.flat().join(", ")}], 8);\n`;
const inverse = (n) => ONE / BigInt(n);

let text = "// Made by tools/gen-x87math.mjs: constants of cpu/x87math.ts.\n";
text += table("SIN_SERIES", "1/3!, 1/5!, 1/7! …", range(17, (i) => fraction(ONE / factorial(2 * i + 3))));
text += table("COS_SERIES", "1/2!, 1/4!, 1/6! …", range(17, (i) => fraction(ONE / factorial(2 * i + 2))));
text += table("EXP_SERIES", "1/2!, 1/3!, 1/4! …", range(17, (i) => fraction(ONE / factorial(i + 2))));
text += table("ODD_SERIES", "1/3, 1/5, 1/7 …", range(13, (i) => fraction(inverse(2 * i + 3))));
text += table("ATAN_TABLE", "atan(k / 32), k = 0 … 32, wide", range(33, (k) => wide(atan((ONE * BigInt(k)) / 32n))));
text += table("EXP2_TABLE", "2^(k / 32), k = -32 … 32, wide", range(65, (k) => wide(exp((ln2 * BigInt(k - 32)) / 32n))));
const near = (i) => Math.round((256 * 64) / i);
text += table("LOG_FACTOR", "c = round(2^14 / i) / 2^8, i = 48 … 96, wide", range(49, (i) => wide((ONE * BigInt(near(i + 48))) / 256n)));
text += table("LOG_TABLE", "−log2(c), wide", range(49, (i) => wide(near(i + 48) === 256 ? 0n : log2(256, near(i + 48)))));
for (const [name, value] of Object.entries({ LN2: ln2, TWO_OVER_LN2: div(2n * ONE, ln2), PI: pi, HALF_PI: pi / 2n, ONE, TWO: 2n * ONE })) text += table(`WIDE_${name}`, name, wide(value));

mkdirSync(out, { recursive: true });
writeFileSync(join(out, "x87math.ts"), text);
