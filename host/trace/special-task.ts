// Tasks: exec, wait, clone, sleep, prctl, futex and the like.
import type { Call } from "./call.ts";
import { atEntry, restAtExit, type Special } from "./special-base.ts";
import { address, dateText, flags, hex, one, s32, signal, text, u32 } from "./values.ts";

function execArguments(c: Call, argv: bigint, envp: bigint): string {
  const list = argv === 0n ? "NULL" : stringVector(c, argv);
  let vars = "NULL";
  if (envp !== 0n) {
    let n = 0;
    let broken = false;
    for (; ; n++) {
      const v = c.view(envp + BigInt(8 * n), 8);
      if (!v) broken = true;
      if (!v || v.u64(0) === 0n) break;
    }
    vars = `${address(envp)}${broken && n === 0 ? "" : ` /* ${n} var${n === 1 ? "" : "s"}${broken ? ", unterminated" : ""} */`}`;
  }
  return `${list}, ${vars}`;
}

function stringVector(c: Call, argv: bigint): string {
  const parts: string[] = [];
  for (let n = 0; ; n++) {
    const v = c.view(argv + BigInt(8 * n), 8);
    if (!v) {
      if (n === 0) return address(argv);
      parts.push(`... /* ${address(argv + BigInt(8 * n))} */`);
      break;
    }
    if (v.u64(0) === 0n) break;
    if (n >= c.limit) {
      parts.push("...");
      break;
    }
    parts.push(text(c.read, v.u64(0), c.limit));
  }
  return `[${parts.join(", ")}]`;
}

const execve: Special = atEntry((c) => `${c.argument(0)}, ${execArguments(c, c.args[1], c.args[2])}`);

const execveat: Special = atEntry((c) => `${c.argument(0)}, ${c.argument(1)}, ${execArguments(c, c.args[2], c.args[3])}, ${c.argument(4)}`);

/** Wait status as the macros of wait(2) take it apart. */
export function waitStatus(n: number): string {
  const low = n & 0x7f;
  if ((n & 0xffff) === 0xffff) return "{WIFCONTINUED(s)}";
  if (low === 0) return `{WIFEXITED(s) && WEXITSTATUS(s) == ${(n >> 8) & 0xff}}`;
  if (low === 0x7f) return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signal((n >> 8) & 0xff)}}`;
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signal(low)}${n & 0x80 ? " && WCOREDUMP(s)" : ""}}`;
}

const wait4: Special = restAtExit(1, (c) => {
  const status = c.args[1];
  const v = c.result > 0n ? c.view(status, 4) : null;
  const shown = v ? `[${waitStatus(v.i32(0))}]` : address(status);
  const usage = c.result > 0n ? c.struct("rusage", c.args[3]) : address(c.args[3]);
  return `${shown}, ${c.argument(2)}, ${usage}`;
});

const waitid: Special = (c) => {
  if (c.entering) {
    c.put(`${c.argument(0)}, ${s32(c.args[1])}, `);
    return;
  }
  c.put(`${c.written("siginfo", c.args[2])}, ${c.argument(3)}, ${c.written("rusage", c.args[4])}`);
  c.done = true;
};

const CLONE_SETTLS = 0x80000n;

const CLONE_PARENT_SETTID = 0x100000n;

const CLONE_CHILD = 0x1000000n | 0x200000n;

const CLONE_PIDFD = 0x1000n;

function cloneFlags(bits: bigint): string {
  const sig = Number(bits & 0xffn);
  const rest = bits & ~0xffn;
  if (!rest) return sig ? signal(sig) : "0";
  return flags("clone", rest) + (sig ? `|${signal(sig)}` : "");
}

const clone: Special = (c) => {
  const bits = BigInt.asUintN(32, c.args[0]);
  if (c.entering) {
    c.put(`child_stack=${address(c.args[1])}, flags=${cloneFlags(bits)}`);
    c.done = (bits & (CLONE_PARENT_SETTID | CLONE_PIDFD | CLONE_CHILD | CLONE_SETTLS)) === 0n;
    return;
  }
  if (c.done) return;
  if (bits & CLONE_PIDFD) c.put(`, pidfd=${c.written("int", c.args[2])}`);
  else if (bits & CLONE_PARENT_SETTID) c.put(`, parent_tid=${c.written("int", c.args[2])}`);
  if (bits & CLONE_SETTLS) c.put(`, tls=${hex(c.args[4])}`);
  if (bits & CLONE_CHILD) c.put(`, child_tidptr=${address(c.args[3])}`);
  c.done = true;
};

/** struct clone_args: members that mean nothing with these flags are left out. */
const clone3: Special = (c) => {
  const size = c.args[1];
  if (c.entering) {
    const v = size >= 64n ? c.view(c.args[0], 64) : null;
    if (!v) {
      c.put(`${address(c.args[0])}, ${size}`);
      c.done = true;
      return;
    }
    const bits = v.u64(0);
    let out = `{flags=${bits ? flags("clone3", bits) : "0"}`;
    if (bits & CLONE_PIDFD) out += `, pidfd=${address(v.u64(8))}`;
    if (bits & CLONE_CHILD) out += `, child_tid=${address(v.u64(16))}`;
    if (bits & CLONE_PARENT_SETTID) out += `, parent_tid=${address(v.u64(24))}`;
    out += `, exit_signal=${v.u64(32) === 0n ? "0" : signal(Number(v.u64(32)))}`;
    out += `, stack=${address(v.u64(40))}, stack_size=${hex(v.u64(48))}`;
    if (bits & CLONE_SETTLS) out += `, tls=${address(v.u64(56))}`;
    c.put(out + "}");
    c.kept = { bits, pidfd: v.u64(8), parent: v.u64(24) };
    return;
  }
  if (c.done) return;
  const kept = c.kept as { bits: bigint; pidfd: bigint; parent: bigint };
  const results: string[] = [];
  if (!c.failed && kept.bits & CLONE_PIDFD) results.push(`pidfd=${c.struct("int", kept.pidfd)}`);
  if (!c.failed && kept.bits & CLONE_PARENT_SETTID) results.push(`parent_tid=${c.struct("int", kept.parent)}`);
  if (results.length) c.put(` => {${results.join(", ")}}`);
  c.put(`, ${size}`);
  c.done = true;
};

/** nanosleep and clock_nanosleep: the rest of the time only after an interruption. */
function sleep(remAt: number): Special {
  return (c) => {
    const n = c.row.name === "nanosleep" ? 0 : 2;
    if (c.entering) {
      c.generic(n + 1);
      return;
    }
    const rem = c.args[remAt];
    const absolute = n === 2 && (c.args[1] & 1n) !== 0n;
    const interrupted = c.result === -516n || c.result === -4n || c.result === -514n;
    c.put(interrupted && !absolute ? c.struct("timespec", rem) : address(rem));
    c.done = true;
  };
}

const getgroups: Special = restAtExit(1, (c) => {
  if (c.failed) return address(c.args[1]);
  return c.array(c.args[1], c.result, 4, (v) => String(v.u32(0)));
});

/** Two 32-bit words of a capability set as names. */
function capabilities(low: number, high: number): string {
  const bits = (BigInt(high) << 32n) | BigInt(low);
  const names: string[] = [];
  for (let i = 0n; i < 64n; i++) if (bits & (1n << i)) names.push(`1<<${one("capability", i)}`);
  return names.length ? names.join("|") : "0";
}

function capabilityData(c: Call, addr: bigint): string {
  const v = c.view(addr, 24);
  if (!v) return address(addr);
  const set = (at: number) => capabilities(v.u32(at), v.u32(at + 12));
  return `{effective=${set(0)}, permitted=${set(4)}, inheritable=${set(8)}}`;
}

const capget: Special = restAtExit(1, (c) => (c.failed ? address(c.args[1]) : capabilityData(c, c.args[1])));

const capset: Special = atEntry((c) => `${c.argument(0)}, ${capabilityData(c, c.args[1])}`);

const prctl: Special = (c) => {
  const option = u32(c.args[0]);
  const [, a2] = c.args;
  const name = c.argument(0);
  const rest = (n: number) => c.args.slice(1, 1 + n).map(hex).join(", ");
  const entry = (s: string) => {
    if (!c.entering) return;
    c.put(s);
    c.done = true;
  };
  switch (option) {
    case 1: return entry(`${name}, ${a2 === 0n ? "0" : signal(Number(a2))}`);
    case 2: case 37: case 40:
      if (c.entering) c.put(`${name}, `);
      else {
        const v = c.view(a2, option === 40 ? 8 : 4);
        c.put(c.failed || !v ? address(a2) : option === 2 ? `[${signal(v.i32(0))}]` : option === 40 ? `[${address(v.u64(0))}]` : `[${v.u32(0)}]`);
        c.done = true;
      }
      return;
    case 3: case 7: case 21: case 27: case 30: case 31: case 32: case 34:
      if (option === 3 && !c.entering && !c.failed) c.note = ["SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"][Number(c.result)] ?? "";
      return entry(`${name}`);
    case 4: return entry(`${name}, ${["SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"][Number(a2)] ?? `${hex(a2)} /* SUID_DUMP_??? */`}`);
    case 8: case 36: return entry(`${name}, ${a2}`);
    case 15: return entry(`${name}, ${text(c.read, a2, 15)}`);
    case 16:
      if (c.entering) c.put(`${name}, `);
      else {
        c.put(c.failed ? address(a2) : text(c.read, a2, 16));
        c.done = true;
      }
      return;
    case 23: case 24: return entry(`${name}, ${one("capability", a2)}`);
    case 29: return entry(`${name}, ${a2}`);
    case 38: return entry(`${name}, ${a2}, ${rest(4).split(", ").slice(1).join(", ")}`);
    case 39: case 42: return entry(`${name}, ${rest(4)}`);
    case 0x53564d41: return entry(`${name}, ${a2 === 0n ? "PR_SET_VMA_ANON_NAME" : hex(a2)}, ${address(c.args[2])}, ${c.args[3]}, ${text(c.read, c.args[4], c.limit)}`);
    default: return entry(`${name}, ${rest(4)}`);
  }
};

const archPrctl: Special = (c) => {
  const code = u32(c.args[0]);
  const gets = code === 0x1003 || code === 0x1004;
  if (c.entering) {
    c.put(`${c.argument(0)}, `);
    if (!gets) {
      c.put(hexOrZero(c.args[1]));
      c.done = true;
    }
    return;
  }
  if (c.done) return;
  const v = c.view(c.args[1], 8);
  c.put(c.failed || !v ? address(c.args[1]) : `[${hex(v.u64(0))}]`);
  c.done = true;
};

function hexOrZero(v: bigint): string {
  return hex(v);
}

/** futex(2): operation, then what it uses of the other arguments. */
const futex: Special = (c) => {
  const op = u32(c.args[1]);
  const command = op & 0x7f;
  if (!c.entering) return;
  let name = one("futexop", BigInt(command));
  if (op & 128) name += "_PRIVATE";
  if (op & 256) name += "|FUTEX_CLOCK_REALTIME";
  if (op & ~0x1ff || name.includes("???")) name = `${hex(op)} /* FUTEX_??? */`;
  const [uaddr, , val, val2, uaddr2, val3] = c.args;
  const time = () => c.struct("timespec", val2);
  const bits = () => (u32(val3) === 0xffffffff ? "FUTEX_BITSET_MATCH_ANY" : hex(u32(val3)));
  let rest: string;
  switch (command) {
    case 0: case 11: rest = `${u32(val)}, ${time()}` + (command === 11 ? `, ${address(uaddr2)}` : ""); break;
    case 9: rest = `${u32(val)}, ${time()}, ${bits()}`; break;
    case 10: rest = `${u32(val)}, ${bits()}`; break;
    case 1: case 2: rest = `${u32(val)}`; break;
    case 3: rest = `${u32(val)}, ${u32(val2)}, ${address(uaddr2)}`; break;
    case 4: case 12: rest = `${u32(val)}, ${u32(val2)}, ${address(uaddr2)}, ${u32(val3)}`; break;
    case 5: rest = `${u32(val)}, ${u32(val2)}, ${address(uaddr2)}, ${wakeOp(u32(val3))}`; break;
    case 6: case 13: rest = time(); break;
    case 7: case 8: rest = ""; break;
    default: rest = `${u32(val)}, ${address(val2)}, ${address(uaddr2)}, ${hex(u32(val3))}`;
  }
  c.put(`${address(uaddr)}, ${name}${rest ? `, ${rest}` : ""}`);
  c.done = true;
};

function wakeOp(v: number): string {
  const op = (v >>> 28) & 7;
  const shift = v >>> 31 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "";
  return `${shift}${one("futexwakeop", BigInt(op))}<<28|${hex((v >>> 12) & 0xfff)}<<12|${one("futexwakecmp", BigInt((v >>> 24) & 15))}<<24|${hex(v & 0xfff)}`;
}

const rtSigreturn: Special = atEntry((c) => {
  // At entry rsp points at the ucontext of the frame; the mask follows 296 bytes on.
  const v = c.kept === undefined ? null : c.view((c.kept as bigint) + 296n, 8);
  return v ? `{mask=${c.struct("sigset", (c.kept as bigint) + 296n)}}` : "";
});

const processVm: Special = (c) => {
  const reads = c.row.name === "process_vm_readv";
  const [pid, local, count, remote, remoteCount, bits] = c.args;
  const rest = () => `, ${count}, ${c.iovecAddresses(remote, remoteCount)}, ${remoteCount}, ${bits}`;
  if (c.entering) {
    c.put(`${s32(pid)}, `);
    if (reads) return;
    c.put(c.iovec(local, count) + rest());
  } else if (reads) c.put((c.failed ? c.iovecAddresses(local, count) : c.iovec(local, count, c.result)) + rest());
  c.done = true;
};

const membarrier: Special = (c) => {
  if (c.entering) {
    const bits = BigInt(u32(c.args[1]));
    c.put(`${c.argument(0)}, ${flags("membarrierflags", bits)}${bits & 1n ? `, ${s32(c.args[2])}` : ""}`);
    c.done = true;
  } else if (!c.failed && u32(c.args[0]) === 0) c.resultText = `${hex(c.result)} (${flags("membarrier", c.result).replaceAll("MEMBARRIER_CMD_QUERY|", "")})`;
};

const personality: Special = (c) => {
  const bits = BigInt.asUintN(32, c.args[0]);
  const say = (v: bigint) => (v === 0xffffffffn ? "0xffffffff" : one("personality", v & 0xffn) + (v & ~0xffn ? "|" + flags("personalityflags", v & ~0xffn) : ""));
  if (c.entering) {
    c.put(say(bits));
    c.done = true;
  } else if (!c.failed) c.resultText = `${hex(c.result)} (${say(c.result)})`;
};

const schedGetscheduler: Special = (c) => {
  if (c.entering) c.generic();
  else if (!c.failed) c.resultText = `${c.result} (${one("sched", c.result)})`;
};

/** kcmp: two descriptors only for the types that compare them. */
const kcmp: Special = atEntry((c) => {
  const type = u32(c.args[2]);
  const base = `${c.argument(0)}, ${c.argument(1)}, ${c.argument(2)}`;
  return type === 0 ? `${base}, ${s32(c.args[3])}, ${s32(c.args[4])}` : type < 7 ? base : `${base}, ${hex(c.args[3])}, ${hex(c.args[4])}`;
});

const IOPRIO_CLASSES = ["NONE", "RT", "BE", "IDLE"];

function ioprio(value: bigint): string {
  return `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_${IOPRIO_CLASSES[Number(value >> 13n)] ?? hex(value >> 13n)}, ${value & 0x1fffn})`;
}

const ioprioGet: Special = (c) => {
  if (c.entering) c.generic();
  else if (!c.failed) c.resultText = `${c.result} (${ioprio(c.result)})`;
};

const ioprioSet: Special = atEntry((c) => `${c.argument(0)}, ${c.argument(1)}, ${ioprio(BigInt.asUintN(32, c.args[2]))}`);

const hostName: Special = atEntry((c) => `${u32(c.args[1]) > 65536 ? address(c.args[0]) : c.argument(0)}, ${u32(c.args[1])}`);

const time: Special = (c) => {
  if (c.entering) return;
  c.put(c.written("time", c.args[0]));
  if (!c.failed) c.note = dateText(c.result);
  c.done = true;
};

/** The calls of this file by name. */
export const taskCalls: Record<string, Special> = {
  execve,
  execveat,
  wait4,
  waitid,
  clone,
  clone3,
  nanosleep: sleep(1),
  clock_nanosleep: sleep(3),
  getgroups,
  capget,
  capset,
  prctl,
  arch_prctl: archPrctl,
  futex,
  rt_sigreturn: rtSigreturn,
  process_vm_readv: processVm,
  process_vm_writev: processVm,
  membarrier,
  personality,
  kcmp,
  ioprio_get: ioprioGet,
  ioprio_set: ioprioSet,
  sethostname: hostName,
  setdomainname: hostName,
  sched_getscheduler: schedGetscheduler,
  time,
  seccomp: atEntry((c) => `${c.argument(0)}, ${u32(c.args[0]) === 1 ? flags("seccompflags", BigInt(u32(c.args[1]))) : hex(u32(c.args[1]))}, ${address(c.args[2])}`),
  restart_syscall: atEntry(() => "<... resuming interrupted system call ...>"),
};
