// Descriptors and memory: open, poll, fcntl, ioctl, mmap and the like.
import type { Call } from "./call.ts";
import { openFlags } from "./call.ts";
import { O_CREAT, O_TMPFILE, atEntry, restAtExit, timeLeft, type Special } from "./special-base.ts";
import { address, data, device, flags, hex, mode, one, s32, signal, text, u32 } from "./values.ts";

function makesFile(bits: bigint): boolean {
  return (bits & O_CREAT) !== 0n || (bits & O_TMPFILE) === O_TMPFILE;
}

/** open and openat: a mode only when a file may be made. */
const open: Special = atEntry((c) => {
  const at = c.row.name === "openat" ? 1 : 0;
  const bits = BigInt.asUintN(32, c.args[at + 1]);
  let out = at ? `${c.argument(0)}, ` : "";
  out += `${c.argument(at)}, ${openFlags(bits)}`;
  return makesFile(bits) ? `${out}, ${mode(u32(c.args[at + 2]) & 0xffff)}` : out;
});

const mmap: Special = atEntry((c) => {
  const bits = BigInt.asUintN(32, c.args[3]);
  const type = bits & 0xfn;
  let kinds = one("maptype", type);
  const huge = (bits >> 26n) & 0x3fn;
  const rest = bits & ~0xfn & ~(0x3fn << 26n);
  if (rest) kinds += "|" + flags("map", rest);
  if (huge) kinds += `|${huge}<<MAP_HUGE_SHIFT`;
  return `${address(c.args[0])}, ${c.args[1]}, ${c.argument(2)}, ${kinds}, ${s32(c.args[4])}, ${hex(c.args[5])}`;
});

const MREMAP_MAYMOVE = 1n;

const MREMAP_FIXED = 2n;

const mremap: Special = atEntry((c) => {
  const base = [0, 1, 2, 3].map((i) => c.argument(i)).join(", ");
  const takesAddress = (c.args[3] & (MREMAP_FIXED | MREMAP_MAYMOVE)) === (MREMAP_FIXED | MREMAP_MAYMOVE);
  return takesAddress ? `${base}, ${address(c.args[4])}` : base;
});

function pollResult(c: Call): string {
  const ready: string[] = [];
  const count = Math.min(Number(c.args[1]), 4096);
  for (let i = 0; i < count; i++) {
    const v = c.view(c.args[0] + BigInt(8 * i), 8);
    if (!v) return "";
    if (v.u16(6) === 0) continue;
    if (ready.length >= c.limit) {
      ready.push("...");
      break;
    }
    ready.push(`{fd=${v.i32(0)}, revents=${flags("poll", BigInt(v.u16(6)))}}`);
  }
  return `[${ready.join(", ")}]`;
}

/** poll and ppoll: what became ready stands behind the result. */
const poll: Special = (c) => {
  if (c.entering) {
    const fds = c.array(c.args[0], BigInt(u32(c.args[1])), 8, (v) => (v.i32(0) < 0 ? `{fd=${v.i32(0)}}` : `{fd=${v.i32(0)}, events=${flags("poll", BigInt(v.u16(4)))}}`));
    const last = c.row.name === "poll" ? s32(c.args[2]) : `${c.struct("timespec", c.args[2])}, ${c.struct("sigset", c.args[3])}, ${c.args[4]}`;
    c.put(`${fds}, ${u32(c.args[1])}, ${last}`);
    c.done = true;
    return;
  }
  if (c.failed) return;
  if (c.result === 0n) c.note = "Timeout";
  else {
    c.note = pollResult(c);
    const left = c.row.name === "ppoll" ? timeLeft(c, "timespec", c.args[2]) : "";
    if (left) c.note += `, ${left}`;
  }
};

/** Descriptors of an fd_set below `count`. */
function fdSet(c: Call, addr: bigint, count: number): string | null {
  if (addr === 0n) return "NULL";
  const size = Math.ceil(Math.min(Math.max(count, 0), 1024) / 64) * 8;
  const bytes = c.bytes(addr, size);
  if (!bytes) return null;
  const fds: number[] = [];
  for (let fd = 0; fd < Math.min(count, size * 8); fd++) if (bytes[fd >> 3] & (1 << (fd & 7))) fds.push(fd);
  return `[${fds.join(" ")}]`;
}

const select: Special = (c) => {
  const plain = c.row.name === "select";
  const kind = plain ? "timeval" : "timespec";
  const count = s32(c.args[0]);
  if (c.entering) {
    const sets = [1, 2, 3].map((i) => fdSet(c, c.args[i], count) ?? address(c.args[i]));
    c.put(`${count}, ${sets.join(", ")}, ${c.struct(kind, c.args[4])}`);
    if (!plain) {
      const v = c.view(c.args[5], 16);
      c.put(`, ${v ? `{sigmask=${c.struct("sigset", v.u64(0))}, sigsetsize=${v.u64(8)}}` : address(c.args[5])}`);
    }
    c.done = true;
    return;
  }
  if (c.failed) return;
  if (c.result === 0n) {
    c.note = "Timeout";
    return;
  }
  const parts: string[] = [];
  ["in", "out", "except"].forEach((label, i) => {
    const set = c.args[i + 1] ? fdSet(c, c.args[i + 1], count) : null;
    if (set && set !== "[]") parts.push(`${label} ${set}`);
  });
  const left = timeLeft(c, kind, c.args[4]);
  c.note = [...parts, ...(left ? [left] : [])].join(", ");
};

const epollCtl: Special = atEntry((c) => {
  const deletes = u32(c.args[1]) === 2;
  return `${c.argument(0)}, ${c.argument(1)}, ${c.argument(2)}, ${deletes ? address(c.args[3]) : c.struct("epoll_event", c.args[3])}`;
});

function epollWait(rest: (c: Call) => string): Special {
  return restAtExit(1, (c) => {
    const events = c.failed ? address(c.args[1]) : c.array(c.args[1], c.result, 12, (v) =>
      `{events=${flags("epoll", BigInt(v.u32(0)))}, data={u32=${v.u32(4)}, u64=${v.u64(4)}}}`);
    return `${events}, ${rest(c)}`;
  });
}

const getdents: Special = restAtExit(1, (c) => {
  if (c.failed) return `${address(c.args[1])}, ${u32(c.args[2])}`;
  const v = c.result > 0n ? c.view(c.args[1], Number(c.result)) : null;
  let entries = 0;
  if (v) for (let at = 0; at + 19 <= v.bytes.length && v.u16(at + 16) > 0; at += v.u16(at + 16)) entries++;
  return `${address(c.args[1])} /* ${entries} entries */, ${u32(c.args[2])}`;
});

const getcwd: Special = restAtExit(0, (c) => {
  const shown = c.failed ? address(c.args[0]) : data(c.read, c.args[0], c.result - 1n, 4096);
  return `${shown}, ${c.args[1]}`;
});

const mincore: Special = restAtExit(2, (c) => {
  if (c.failed) return address(c.args[2]);
  const pages = (c.args[1] + 4095n) >> 12n;
  return c.array(c.args[2], pages, 1, (v) => String(v.u8(0) & 1));
});

const sendfile: Special = (c) => {
  const off = c.args[2];
  if (c.entering) {
    c.put(`${c.argument(0)}, ${c.argument(1)}, `);
    if (off === 0n || !c.view(off, 8)) {
      c.put(`${address(off)}, ${c.args[3]}`);
      c.done = true;
    } else c.put(c.struct("off", off).slice(0, -1).replace("[", "["));
    return;
  }
  if (c.done) return;
  const v = c.view(off, 8);
  c.put(!c.failed && c.result !== 0n && v ? ` => ${v.i64(0)}]` : "]");
  c.put(`, ${c.args[3]}`);
  c.done = true;
};

const mknod: Special = atEntry((c) => {
  const at = c.row.name === "mknodat" ? 1 : 0;
  const kind = u32(c.args[at + 1]) & 0o170000;
  const parts = [];
  for (let i = 0; i < at + 2; i++) parts.push(c.argument(i));
  if (kind === 0o20000 || kind === 0o60000) parts.push(device(BigInt.asUintN(32, c.args[at + 2])));
  return parts.join(", ");
});

const mount: Special = atEntry((c) => {
  const bits = BigInt.asUintN(32, c.args[3]);
  const ignoresType = (bits & (4096n | 8192n | 32n)) !== 0n;
  const string = (i: number) => text(c.read, c.args[i], 4095);
  const type = ignoresType ? address(c.args[2]) : text(c.read, c.args[2], c.limit);
  const options = ignoresType && !(bits & 32n) ? address(c.args[4]) : text(c.read, c.args[4], c.limit);
  return `${string(0)}, ${string(1)}, ${type}, ${flags("mount", c.args[3])}, ${options}`;
});

function lock(c: Call, addr: bigint, withPid: boolean): string {
  const v = c.view(addr, 32);
  if (!v) return address(addr);
  const base = `{l_type=${one("locktype", BigInt(v.u16(0)))}, l_whence=${one("whence", BigInt(v.u16(2)))}, l_start=${v.i64(8)}, l_len=${v.i64(16)}`;
  return base + (withPid ? `, l_pid=${v.i32(24)}}` : "}");
}

/** fcntl: the third argument by the command. */
const fcntl: Special = (c) => {
  const command = u32(c.args[1]);
  const arg = c.args[2];
  if (c.entering) c.put(`${c.argument(0)}, ${c.argument(1)}`);
  const entry = (s: string) => {
    if (c.entering) {
      c.put(s);
      c.done = true;
    }
  };
  switch (command) {
    case 0: case 1030: return entry(`, ${arg}`);
    case 8: return entry(`, ${s32(arg)}`);
    case 2: return entry(`, ${flags("fdflags", arg)}`);
    case 4: return entry(`, ${openFlags(BigInt.asUintN(32, arg))}`);
    case 6: case 7: case 37: case 38: return entry(`, ${lock(c, arg, false)}`);
    case 5: case 36:
      if (c.entering) c.put(", ");
      else if (!c.done) {
        c.put(c.failed ? address(arg) : lock(c, arg, true));
        c.done = true;
      }
      return;
    case 10: return entry(`, ${arg === 0n ? "0" : signal(s32(arg))}`);
    case 1024: return entry(`, ${one("locktype", BigInt.asUintN(32, arg))}`);
    case 1026: return entry(`, ${flags("notify", BigInt.asUintN(32, arg))}`);
    case 1031: return entry(`, ${arg}`);
    case 1033: return entry(`, ${flags("seals", BigInt.asUintN(32, arg))}`);
    case 1: case 3: case 9: case 11: case 1025: case 1032: case 1034: break;
    case 15: return entry(`, ${owner(c, arg)}`);
    case 16:
      if (c.entering) c.put(", ");
      else if (!c.done) {
        c.put(c.failed ? address(arg) : owner(c, arg));
        c.done = true;
      }
      return;
    default: return entry(`, ${hex(arg)}`);
  }
  if (c.entering) {
    c.done = true;
    return;
  }
  if (c.failed) return;
  fcntlResult(c, command);
};

function owner(c: Call, addr: bigint): string {
  const v = c.view(addr, 8);
  return v ? `{type=${one("ownertype", BigInt(v.u32(0)))}, pid=${v.i32(4)}}` : address(addr);
}

/** Results of the commands that ask: flags in words. */
function fcntlResult(c: Call, command: number): void {
  const bits = BigInt.asUintN(32, c.result);
  if (command === 1 && bits !== 0n) c.resultText = `${hex(bits)} (flags ${flags("fdflags", bits)})`;
  else if (command === 3) c.resultText = `${hex(bits)} (flags ${openFlags(bits)})`;
  else if (command === 1034) c.resultText = bits ? `${hex(bits)} (seals ${flags("seals", bits)})` : "0";
  else if (command === 1025) c.resultText = `${hex(bits)} (${one("locktype", bits)})`;
  else if (command === 11 && bits) c.resultText = `${c.result} (${signal(Number(bits))})`;
}

/** Requests whose argument the kernel writes, reads, or does not use; a number; the rest is hexadecimal. */
const IOCTL_OUT = new Map(Object.entries({
  TIOCGWINSZ: "winsize", FIONREAD: "int", TIOCOUTQ: "int", TIOCGPGRP: "int", TIOCGSID: "int", TIOCGPTN: "int", TCGETS: "termios", TIOCGETD: "int",
  TIOCGDEV: "int", TIOCGEXCL: "int", TIOCMGET: "int", TIOCGSOFTCAR: "int", TIOCGPTLCK: "addressOnly", TIOCGPKT: "addressOnly", TCGETA: "addressOnly",
  TIOCGLCKTRMIOS: "termios",
}));
const IOCTL_IN = new Map(Object.entries({
  TIOCSWINSZ: "winsize", FIONBIO: "int", FIOASYNC: "int", TIOCSPGRP: "int", TIOCSPTLCK: "int", TIOCSETD: "int", TIOCPKT: "int", TIOCMBIS: "int", TIOCMBIC: "int",
  TIOCMSET: "int", TIOCSSOFTCAR: "int", TCSETA: "addressOnly", TCSETAW: "addressOnly", TCSETAF: "addressOnly", TIOCSLCKTRMIOS: "termios",
  "SNDCTL_TMR_START or TCSETS": "termios", "SNDCTL_TMR_STOP or TCSETSW": "termios", "SNDCTL_TMR_CONTINUE or TCSETSF": "termios",
}));
const IOCTL_NONE = new Set("FIOCLEX FIONCLEX TIOCNOTTY TIOCEXCL TIOCNXCL TIOCVHANGUP TIOCCONS TIOCSSERIAL TIOCSBRK TIOCCBRK".split(" "));
const IOCTL_NUMBER = new Set("TIOCSCTTY TCSBRK TCSBRKP".split(" "));
const IOCTL_NAMES = new Map(Object.entries({ TCFLSH: ["TCIFLUSH", "TCOFLUSH", "TCIOFLUSH"], TCXONC: ["TCOOFF", "TCOON", "TCIOFF", "TCION"] }));

function ioctlStruct(c: Call, kind: string, addr: bigint): string {
  return kind === "addressOnly" ? address(addr) : c.written(kind, addr);
}

/** ioctl(2): known requests by name, their argument by what they take. */
const ioctl: Special = (c) => {
  const name = ioctlName(u32(c.args[1]));
  const arg = c.args[2];
  const out = IOCTL_OUT.get(name);
  if (c.entering) c.put(`${c.argument(0)}, ${name}`);
  if (out) {
    if (c.entering) c.put(", ");
    else if (!c.done) {
      c.put(ioctlStruct(c, out, arg));
      c.done = true;
    }
    return;
  }
  if (!c.entering) return;
  c.done = true;
  const shape = IOCTL_IN.get(name);
  if (shape) c.put(`, ${ioctlStruct(c, shape, arg)}`);
  else if (name === "TIOCSTI") c.put(`, ${arg === 0n ? "NULL" : data(c.read, arg, 1n, 1)}`);
  else if (IOCTL_NUMBER.has(name)) c.put(`, ${s32(arg)}`);
  else if (IOCTL_NAMES.has(name)) c.put(`, ${IOCTL_NAMES.get(name)?.[Number(arg)] ?? hex(arg)}`);
  else if (!IOCTL_NONE.has(name)) c.put(`, ${hex(arg)}`);
};

const IOC_DIRECTIONS = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"];

function ioctlName(request: number): string {
  const name = one("ioctl", BigInt(request));
  if (!/^0/.test(name)) return name.replaceAll("_or_", " or ");
  return `_IOC(${IOC_DIRECTIONS[request >>> 30]}, ${hex((request >>> 8) & 0xff)}, ${hex(request & 0xff)}, ${hex((request >>> 16) & 0x3fff)})`;
}

const vectorAt: Special = (c) => {
  // preadv2 and pwritev2 take the offset in two halves; the upper one is not used on 64 bits.
  const writes = c.row.name === "pwritev2";
  const rest = () => `, ${c.args[2]}, ${BigInt.asIntN(64, c.args[3])}, ${c.argument(5)}`;
  if (c.entering) {
    c.put(`${c.argument(0)}, `);
    if (!writes) return;
    c.put(c.iovec(c.args[1], c.args[2]) + rest());
  } else if (!writes) c.put((c.failed ? c.iovecAddresses(c.args[1], c.args[2]) : c.iovec(c.args[1], c.args[2], c.result)) + rest());
  c.done = true;
};

const epollRest = {
  epoll_wait: (c: Call) => `${s32(c.args[2])}, ${s32(c.args[3])}`,
  epoll_pwait: (c: Call) => `${s32(c.args[2])}, ${s32(c.args[3])}, ${c.struct("sigset", c.args[4])}, ${c.args[5]}`,
  epoll_pwait2: (c: Call) => `${s32(c.args[2])}, ${c.struct("timespec", c.args[3])}, ${c.struct("sigset", c.args[4])}, ${c.args[5]}`,
};

const openat2: Special = atEntry((c) => `${c.argument(0)}, ${c.argument(1)}, ${c.struct("open_how", c.args[2])}, ${c.args[3]}`);

/** The calls of this file by name. */
export const fileCalls: Record<string, Special> = {
  open,
  openat: open,
  mmap,
  mremap,
  poll,
  ppoll: poll,
  select,
  pselect6: select,
  epoll_ctl: epollCtl,
  epoll_wait: epollWait(epollRest.epoll_wait),
  epoll_pwait: epollWait(epollRest.epoll_pwait),
  epoll_pwait2: epollWait(epollRest.epoll_pwait2),
  getdents64: getdents,
  getdents,
  getcwd,
  mincore,
  sendfile,
  mknod,
  mknodat: mknod,
  mount,
  fcntl,
  ioctl,
  preadv2: vectorAt,
  pwritev2: vectorAt,
  openat2,
};
