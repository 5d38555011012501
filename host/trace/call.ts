// One system call being printed: text is appended at entry and at exit.
import { Argument, Row } from "./rows.ts";
import { socketAddress } from "./sockets.ts";
import { STRUCTURES } from "./structs.ts";
import {
  address, data, device, fileMode, flags, hex, restFlags, MemoryReader, mode, one, path, quoteHex, s32, signal, text, u32, uid, View,
} from "./values.ts";

/** A call of one task from its entry to its exit. */
export class Call {
  /** Text made since entry. */
  out = "";
  /** True until the call returns. */
  entering = true;
  /** Nothing is left to print at exit. */
  done = false;
  /** The value in rax; −4095 … −1 is an error. */
  result = 0n;
  /** Shown in parentheses after the result. */
  note = "";
  /** The result's spelling when it is not the row's. */
  resultText = "";
  /** What a formatter keeps from entry for exit. */
  kept: unknown;
  /** The argument that comes next (generic printing). */
  next = 0;

  constructor(readonly row: Row, readonly args: bigint[], public read: MemoryReader, readonly limit: number) {}

  get failed(): boolean {
    return !this.entering && this.result < 0n && this.result >= -4095n;
  }

  put(text: string): void {
    this.out += text;
  }

  bytes(addr: bigint, len: number): Uint8Array | null {
    return len === 0 ? new Uint8Array() : this.read(addr, len);
  }

  view(addr: bigint, len: number): View | null {
    const bytes = addr === 0n ? null : this.bytes(addr, len);
    return bytes && new View(bytes);
  }

  /** A structure at `addr`, or the address when it cannot be read. */
  struct(kind: string, addr: bigint): string {
    const shape = STRUCTURES[kind];
    if (!shape) return address(addr);
    const view = this.view(addr, shape.size);
    return view ? shape.print(view) : address(addr);
  }

  /** A structure that the kernel has written: the address alone when the call failed. */
  written(kind: string, addr: bigint): string {
    return this.failed ? address(addr) : this.struct(kind, addr);
  }

  /** `count` structures in brackets; after 32 of them dots. */
  array(addr: bigint, count: bigint, size: number, print: (v: View) => string): string {
    if (addr === 0n) return "NULL";
    if (count === 0n) return "[]";
    const parts: string[] = [];
    for (let i = 0n; i < count; i++) {
      if (i >= BigInt(this.limit)) {
        parts.push("...");
        break;
      }
      const at = addr + i * BigInt(size);
      const view = this.view(at, size);
      if (!view) {
        if (i === 0n) return address(addr);
        parts.push(`... /* ${address(at)} */`);
        break;
      }
      parts.push(print(view));
    }
    return `[${parts.join(", ")}]`;
  }

  /** struct iovec[]: the bytes of each, at most `budget` of them in all when the kernel filled them. */
  iovec(addr: bigint, count: bigint, budget?: bigint): string {
    let left = budget;
    return this.array(addr, count, 16, (v) => {
      const base = v.u64(0);
      const len = v.u64(8);
      let shown = len;
      if (left !== undefined) {
        shown = left < len ? left : len;
        left -= shown;
      }
      return `{iov_base=${data(this.read, base, shown, this.limit)}, iov_len=${len}}`;
    });
  }

  /** struct iovec[] with addresses only: nothing was transferred. */
  iovecAddresses(addr: bigint, count: bigint): string {
    return this.array(addr, count, 16, (v) => `{iov_base=${address(v.u64(0))}, iov_len=${v.u64(8)}}`);
  }

  /** Value of the argument called `name`. */
  named(name: string): bigint {
    const i = this.row.args.findIndex((a) => a.name === name);
    return i < 0 ? BigInt(name) : this.args[i];
  }

  /** Length that belongs to a buffer: the result, or another argument. */
  private lengthOf(a: Argument): bigint {
    return a.length === "ret" ? (this.result > 0n ? this.result : 0n) : this.named(a.length as string);
  }

  /** One argument by its kind in the table, or null when its text is only known at exit. */
  argument(i: number): string | null {
    const a = this.row.args[i];
    const v = this.args[i];
    switch (a.shape) {
      case "flags": return flagArgument(a.kind, v);
      case "one": return oneArgument(a.kind, v);
      case "value": return this.value(a.kind, v);
      case "in":
      case "inout": return this.input(a, v);
      case "out": return this.entering ? null : this.output(a, v);
      default: return hex(v);
    }
  }

  private value(kind: string, v: bigint): string {
    switch (kind) {
      case "fd":
      case "pid":
      case "int": return String(s32(v));
      case "uint": return String(u32(v));
      case "dirfd": return s32(v) === -100 ? "AT_FDCWD" : String(s32(v));
      case "off":
      case "long": return String(BigInt.asIntN(64, v));
      case "size":
      case "ulong": return String(v);
      case "hex": return hex(v);
      case "hex32": return hex(u32(v));
      case "addr": return address(v);
      case "mode": return mode(u32(v) & 0xffff);
      case "filemode": return fileMode(u32(v) & 0xffff);
      case "dev": return device(BigInt.asUintN(32, v));
      case "uid": return uid(v);
      case "sig": return s32(v) === 0 ? "0" : signal(s32(v));
      case "ipckey": return s32(v) === 0 ? "IPC_PRIVATE" : hex(u32(v));
      case "path": return path(this.read, v);
      case "str": return text(this.read, v, this.limit);
      default: return hex(v);
    }
  }

  private input(a: Argument, v: bigint): string {
    if (a.kind === "data") return data(this.read, v, this.lengthOf(a), this.limit);
    if (a.kind === "iovec") return this.iovec(v, this.lengthOf(a));
    if (a.kind === "sockaddr") return this.sockaddr(v, Number(this.lengthOf(a)));
    if (a.kind === "cpuset") return this.cpuset(v, this.lengthOf(a));
    if (a.length !== undefined) return this.array(v, this.lengthOf(a), STRUCTURES[a.kind].size, STRUCTURES[a.kind].print);
    return this.struct(a.kind, v);
  }

  private output(a: Argument, v: bigint): string {
    if (this.failed) return a.kind === "iovec" ? this.iovecAddresses(v, this.lengthOf(a)) : address(v);
    if (a.kind === "data") return data(this.read, v, this.lengthOf(a), this.limit);
    if (a.kind === "hexdata") return data(this.read, v, this.lengthOf(a), this.limit, quoteHex);
    if (a.kind === "iovec") return this.iovec(v, this.lengthOf(a), this.result);
    if (a.kind === "cpuset") return this.cpuset(v, this.lengthOf(a));
    if (a.length !== undefined) return this.array(v, this.lengthOf(a), STRUCTURES[a.kind].size, STRUCTURES[a.kind].print);
    return this.struct(a.kind, v);
  }

  /** CPU numbers of a mask: [0 1]. */
  cpuset(addr: bigint, len: bigint): string {
    const bytes = addr === 0n ? null : this.bytes(addr, Number(len > 128n ? 128n : len));
    if (!bytes) return address(addr);
    const cpus: number[] = [];
    bytes.forEach((byte, i) => {
      for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) cpus.push(8 * i + bit);
    });
    return `[${cpus.join(" ")}]`;
  }

  sockaddr(addr: bigint, len: number): string {
    return socketAddress(this, addr, len);
  }

  /** Prints the arguments by the table, from where it stopped; at entry up to the first that the kernel writes. */
  generic(count = this.row.args.length): void {
    while (this.next < count) {
      const text = this.argument(this.next);
      if (text === null) return;
      this.put(text);
      this.next++;
      if (this.next < this.row.args.length) this.put(", ");
    }
    if (this.next >= this.row.args.length) this.done = true;
  }
}

function flagArgument(kind: string, v: bigint): string {
  const bits = BigInt.asUintN(32, v);
  switch (kind) {
    case "open": return openFlags(bits);
    case "access": return bits === 0n ? "F_OK" : flags(kind, bits);
    case "fdnew": return flags("open", bits);
    case "socktype": return socketType(bits);
    case "sched": return one("sched", bits & ~0x40000000n).includes("/*") ? one("sched", bits) : typeAndFlags("sched", bits & ~0x40000000n, "schedreset", bits & 0x40000000n);
    case "memfd": return hugeFlags(kind, bits, "MFD_HUGE_SHIFT");
    case "statxflags": return typeAndFlags("statxsync", bits & 0x6000n, "at", bits & ~0x6000n);
    case "prot":
    case "unshare":
    case "mremap": return flags(kind, v);
    default: return flags(kind, bits);
  }
}

function oneArgument(kind: string, v: bigint): string {
  const n = kind === "rusagewho" ? BigInt(s32(v)) : kind === "rseq" ? v : BigInt.asUintN(32, v);
  return one(kind, n);
}

function typeAndFlags(set: string, type: bigint, more: string, bits: bigint): string {
  const first = one(set, type);
  return bits === 0n ? first : `${first}|${restFlags(more, bits)}`;
}

/** Flags with the binary logarithm of a huge page's size in the upper six bits. */
export function hugeFlags(set: string, bits: bigint, shift: string): string {
  const size = (bits >> 26n) & 0x3fn;
  const low = bits & 0x3ffffffn;
  if (!size) return flags(set, low);
  return `${low ? flags(set, low) + "|" : ""}${size}<<${shift}`;
}

function socketType(bits: bigint): string {
  const type = one("sock", bits & 0xfn);
  if (type.includes("/*")) return flags("sockflags", bits);
  return bits & ~0xfn ? `${type}|${flags("sockflags", bits & ~0xfn)}` : type;
}

/** Flags of open(2): the access mode, then the rest. */
export function openFlags(bits: bigint): string {
  return typeAndFlags("accmode", bits & 3n, "open", bits & ~3n);
}
