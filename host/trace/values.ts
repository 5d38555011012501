// Rendering of single values in strace's spelling: numbers, flags, strings, addresses.
import { nameSet } from "./names.ts";

/** Reads guest memory: all `len` bytes, or null when some cannot be read. */
export type MemoryReader = (addr: bigint, len: number) => Uint8Array | null;

const PAGE = 4096n;
/** strace prints a path up to this length, then dots. */
const PATH_MAX = 4096;

export function s32(v: bigint): number {
  return Number(BigInt.asIntN(32, v));
}

export function u32(v: bigint): number {
  return Number(BigInt.asUintN(32, v));
}

export function hex(v: bigint | number): string {
  return v == 0 ? "0" : "0x" + BigInt.asUintN(64, BigInt(v)).toString(16);
}

export function address(v: bigint): string {
  return v === 0n ? "NULL" : "0x" + v.toString(16);
}

/** A number in octal with one leading zero, as %#o prints it. */
export function octal(v: number): string {
  return v === 0 ? "0" : "0" + v.toString(8);
}

/** Permission bits as %#03o prints them. */
export function mode(v: number): string {
  return octal(v).padStart(3, "0");
}

export function uid(v: bigint): string {
  const n = u32(v);
  return n === 0xffffffff ? "-1" : String(n);
}

/** One value of a set: its name, or the number with the set's comment. */
export function one(set: string, value: bigint): string {
  const { entries, unknown } = nameSet(set);
  for (const [v, name] of entries) if (v === value) return name;
  return unknown ? `${hex(value)} /* ${unknown} */` : hex(value);
}

/** Flags of a set joined by `|`; what is left over in hexadecimal. */
export function flags(set: string, value: bigint): string {
  const { entries, unknown } = nameSet(set);
  if (value === 0n) {
    const zero = entries.find(([v]) => v === 0n);
    return zero ? zero[1] : "0";
  }
  const parts: string[] = [];
  let left = value;
  for (const [v, name] of entries) {
    if (v !== 0n && (left & v) === v) {
      parts.push(name);
      left &= ~v;
    }
  }
  if (parts.length === 0) return unknown ? `${hex(left)} /* ${unknown} */` : hex(left);
  if (left !== 0n) parts.push(hex(left));
  return parts.join("|");
}

/** Like flags(), for what follows a type: bits of no name stand without a comment. */
export function restFlags(set: string, value: bigint): string {
  return flags(set, value).replace(/ \/\*.*/, "");
}

const ESCAPES: Record<number, string> = { 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\" };

/** A time as strace appends it: 1970-01-01T00:00:01.000000002+0000 in the zone of the machine that traces. */
export function dateComment(seconds: bigint, nanoseconds: bigint): string {
  const date = dateText(seconds);
  if (!date || nanoseconds < 0n || nanoseconds > 999_999_999n) return "";
  const fraction = nanoseconds === 0n ? "" : "." + String(nanoseconds).padStart(9, "0");
  return ` /* ${date.slice(0, 19)}${fraction}${date.slice(19)} */`;
}

/** ISO 8601 of seconds since the epoch; empty when there is no such date. */
export function dateText(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  if (seconds === 0n || Number.isNaN(date.getTime())) return "";
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60000).toISOString().slice(0, 19);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
}

/** Bytes between double quotes: printable ASCII as it is, octal escapes as short as the next byte allows. */
export function quote(bytes: Uint8Array, length = bytes.length): string {
  let text = '"';
  for (let i = 0; i < length; i++) {
    const c = bytes[i];
    if (ESCAPES[c]) text += ESCAPES[c];
    else if (c >= 32 && c < 127) text += String.fromCharCode(c);
    else {
      const next = i + 1 < length ? bytes[i + 1] : 0;
      const digits = c.toString(8);
      text += "\\" + (next >= 48 && next <= 57 ? digits.padStart(3, "0") : digits);
    }
  }
  return text + '"';
}

/** Every byte as \xNN, as strace prints what is not text. */
export function quoteHex(bytes: Uint8Array, length = bytes.length): string {
  let text = '"';
  for (let i = 0; i < length; i++) text += "\\x" + bytes[i].toString(16).padStart(2, "0");
  return text + '"';
}

/** Bytes up to a NUL or to `most`: null when the first one cannot be read. `ended` tells that the NUL was found. */
export function readString(read: MemoryReader, addr: bigint, most: number): { bytes: Uint8Array; ended: boolean } | null {
  const bytes: number[] = [];
  let at = addr;
  while (bytes.length < most) {
    const inPage = Number(PAGE - (at & (PAGE - 1n)));
    const chunk = read(at, Math.min(inPage, most - bytes.length));
    if (!chunk) return null;
    for (const byte of chunk) {
      if (byte === 0) return { bytes: Uint8Array.from(bytes), ended: true };
      bytes.push(byte);
    }
    at += BigInt(chunk.length);
  }
  return { bytes: Uint8Array.from(bytes), ended: false };
}

/** A path: never cut below PATH_MAX. */
export function path(read: MemoryReader, addr: bigint): string {
  if (addr === 0n) return "NULL";
  const found = readString(read, addr, PATH_MAX);
  if (!found) return address(addr);
  return found.ended ? quote(found.bytes) : quote(found.bytes, PATH_MAX - 1) + "...";
}

/** A NUL-terminated string, cut after `limit` bytes. */
export function text(read: MemoryReader, addr: bigint, limit: number): string {
  if (addr === 0n) return "NULL";
  const found = readString(read, addr, limit + 1);
  if (!found) return address(addr);
  return found.ended ? quote(found.bytes) : quote(found.bytes, limit) + "...";
}

/** `len` bytes of a buffer, cut after `limit`. */
export function data(read: MemoryReader, addr: bigint, len: bigint, limit: number, how = quote): string {
  if (addr === 0n) return "NULL";
  const shown = len > BigInt(limit) ? limit : Number(len);
  const bytes = shown === 0 ? new Uint8Array() : read(addr, shown);
  if (!bytes) return address(addr);
  return how(bytes) + (len > BigInt(limit) ? "..." : "");
}

export function device(v: bigint): string {
  const major = ((v >> 8n) & 0xfffn) | ((v >> 32n) & ~0xfffn);
  const minor = (v & 0xffn) | ((v >> 12n) & ~0xffn & 0xffffffffn);
  return `makedev(${hex(major)}, ${hex(minor)})`;
}

/** A file's type and permissions: S_IFREG|0644. */
export function fileMode(v: number): string {
  const type = v & 0o170000;
  let out = type === 0 ? "" : one("filetype", BigInt(type));
  if (out.includes("/*")) return octal(v);
  if (v & 0o4000) out += "|S_ISUID";
  if (v & 0o2000) out += "|S_ISGID";
  if (v & 0o1000) out += "|S_ISVTX";
  if (out.startsWith("|")) out = out.slice(1);
  return (out ? out + "|" : "") + mode(v & 0o777);
}

const SIGNALS = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(" ");

/** Name of a signal without SIG; undefined when there is no such signal. */
function shortSignal(n: number): string | undefined {
  if (n >= 1 && n <= 31) return SIGNALS[n - 1];
  if (n === 32) return "RTMIN";
  if (n > 32 && n <= 64) return `RT_${n - 32}`;
  return undefined;
}

export function signal(n: number): string {
  const name = shortSignal(n);
  return name ? "SIG" + name : String(n);
}

/** A set of signals: [INT CHLD], or ~[KILL STOP] when most of them are in it. */
export function signalSet(mask: bigint): string {
  let members = 0;
  for (let n = 0n; n < 64n; n++) if (mask & (1n << n)) members++;
  const inverted = members >= 43;
  const names: string[] = [];
  for (let n = 1; n <= 64; n++) {
    const member = (mask & (1n << BigInt(n - 1))) !== 0n;
    if (member !== inverted) names.push(shortSignal(n) as string);
  }
  return (inverted ? "~[" : "[") + names.join(" ") + "]";
}

/** Little-endian view of bytes read from the guest. */
export class View {
  private view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u8(at: number): number { return this.view.getUint8(at); }
  u16(at: number): number { return this.view.getUint16(at, true); }
  i16(at: number): number { return this.view.getInt16(at, true); }
  u32(at: number): number { return this.view.getUint32(at, true); }
  i32(at: number): number { return this.view.getInt32(at, true); }
  u64(at: number): bigint { return this.view.getBigUint64(at, true); }
  i64(at: number): bigint { return this.view.getBigInt64(at, true); }
  /** NUL-terminated text of a field of `room` bytes. */
  string(at: number, room: number): string {
    let end = at;
    while (end < at + room && this.bytes[end] !== 0) end++;
    return quote(this.bytes.subarray(at, end));
  }
}
