// Sockets, System V IPC and POSIX message queues.
import { errorName } from "./errno.ts";
import type { Call } from "./call.ts";
import { hugeFlags, openFlags } from "./call.ts";
import { messageHeader, messageHeaderShort } from "./sockets.ts";
import { O_CREAT, atEntry, keepLength, restAtExit, type Special } from "./special-base.ts";
import { address, data, flags, hex, mode, octal, one, quote, s32, u32, uid } from "./values.ts";

/** An address that comes back with its length: accept, getsockname, recvfrom. */
function addressAndLength(c: Call, addr: bigint, length: bigint): string {
  const given = c.kept as number | undefined;
  const v = c.view(length, 4);
  if (!v || given === undefined) return `${address(addr)}, ${address(length)}`;
  const actual = v.i32(0);
  const shownLength = given !== actual ? `[${given} => ${actual}]` : `[${actual}]`;
  return `${c.sockaddr(addr, Math.min(given, actual))}, ${shownLength}`;
}

const acceptLike: Special = (c) => {
  if (c.entering) {
    keepLength(c, c.args[2]);
    c.put(`${c.argument(0)}, `);
    return;
  }
  const given = c.kept as number | undefined;
  if (c.failed) c.put(`${address(c.args[1])}, ${given === undefined ? address(c.args[2]) : `[${given}]`}`);
  else c.put(addressAndLength(c, c.args[1], c.args[2]));
  if (c.row.name === "accept4") c.put(`, ${c.argument(3)}`);
  c.done = true;
};

const recvfrom: Special = (c) => {
  if (c.entering) {
    keepLength(c, c.args[5]);
    c.put(`${c.argument(0)}, `);
    return;
  }
  const given = c.kept as number | undefined;
  if (c.failed) {
    const length = given === undefined ? address(c.args[5]) : `[${given}]`;
    c.put(`${address(c.args[1])}, ${c.args[2]}, ${c.argument(3)}, ${address(c.args[4])}, ${length}`);
  } else {
    c.put(`${data(c.read, c.args[1], c.result, c.limit)}, ${c.args[2]}, ${c.argument(3)}, ${addressAndLength(c, c.args[4], c.args[5])}`);
  }
  c.done = true;
};

const recvmsg: Special = (c) => {
  if (c.entering) {
    c.kept = c.view(c.args[1], 56)?.u32(8);
    c.put(`${c.argument(0)}, `);
    return;
  }
  const room = c.kept as number;
  const shown = c.failed ? messageHeaderShort(c, c.args[1], room) : messageHeader(c, c.args[1], c.result, room);
  c.put(`${shown}, ${c.argument(2)}`);
  c.done = true;
};

const sendmsg: Special = atEntry((c) => `${c.argument(0)}, ${messageHeader(c, c.args[1])}, ${c.argument(2)}`);

/** struct mmsghdr[]: each header with how many bytes it carried. */
function messages(c: Call, count: bigint, received: boolean): string {
  let at = c.args[1];
  return c.array(c.args[1], count, 64, (v) => {
    const header = messageHeader(c, at, received ? BigInt(v.u32(56)) : undefined);
    at += 64n;
    return c.failed ? `{msg_hdr=${header}}` : `{msg_hdr=${header}, msg_len=${v.u32(56)}}`;
  });
}

/** sendmmsg: strace shows at exit what was sent. */
const sendmmsg: Special = restAtExit(1, (c) => {
  const list = messages(c, c.failed ? BigInt(u32(c.args[2])) : c.result, false);
  return `${list}, ${u32(c.args[2])}, ${c.argument(3)}`;
});

const recvmmsg: Special = restAtExit(1, (c) => {
  const list = c.failed ? address(c.args[1]) : messages(c, c.result, true);
  if (!c.failed && c.args[4] !== 0n) c.note = `left ${c.struct("timespec", c.args[4])}`;
  const timeout = c.args[4] === 0n ? "NULL" : (c.kept as string | undefined) ?? c.struct("timespec", c.args[4]);
  return `${list}, ${u32(c.args[2])}, ${c.argument(3)}, ${timeout}`;
});

function protocol(c: Call): string {
  const family = u32(c.args[0]);
  if (family === 2 || family === 10) return one("ipproto", BigInt(u32(c.args[2])));
  if (family === 16) return one("netlinkproto", BigInt(u32(c.args[2])));
  return String(c.args[2]);
}

const socket: Special = atEntry((c) => `${c.argument(0)}, ${c.argument(1)}, ${protocol(c)}`);

const socketpair: Special = (c) => {
  if (c.entering) c.put(`${c.argument(0)}, ${c.argument(1)}, ${protocol(c)}, `);
  else {
    c.put(c.written("fdpair", c.args[3]));
    c.done = true;
  }
};

const OPTION_SETS: Record<number, string> = { 255: "raw", 0: "ipopt", 1: "so", 6: "tcp", 41: "ipv6opt" };

function optionName(c: Call): string {
  const set = OPTION_SETS[u32(c.args[1])];
  return set ? one(set, BigInt(u32(c.args[2]))) : String(u32(c.args[2]));
}

/** The value of a socket option by what it is known to be. */
function optionValue(c: Call, addr: bigint, len: number): string {
  const name = u32(c.args[1]) === 1 ? u32(c.args[2]) : -1;
  const v = len >= 0 && len <= 4096 ? c.view(addr, len) : null;
  if (!v) return address(addr);
  if (name === 13 && len >= 8) return `{l_onoff=${v.i32(0)}, l_linger=${v.i32(4)}}`;
  if (name === 17 && len >= 12) return `{pid=${v.i32(0)}, uid=${uid(BigInt(v.u32(4)))}, gid=${uid(BigInt(v.u32(8)))}}`;
  if (name === 4 && len === 4) return `[${v.i32(0) === 0 ? "0" : (errorName(v.i32(0)) ?? v.i32(0))}]`;
  if (len === 4) return `[${v.i32(0)}]`;
  return quote(v.bytes);
}

const setsockopt: Special = atEntry((c) =>
  `${c.argument(0)}, ${c.argument(1)}, ${optionName(c)}, ${optionValue(c, c.args[3], s32(c.args[4]))}, ${s32(c.args[4])}`);

const getsockopt: Special = (c) => {
  if (c.entering) {
    keepLength(c, c.args[4]);
    c.put(`${c.argument(0)}, ${c.argument(1)}, ${optionName(c)}, `);
    return;
  }
  const given = c.kept as number | undefined;
  const now = c.view(c.args[4], 4)?.i32(0);
  if (given === undefined || now === undefined) c.put(`${address(c.args[3])}, ${address(c.args[4])}`);
  else if (c.failed) c.put(`${address(c.args[3])}, [${given}]`);
  else c.put(`${optionValue(c, c.args[3], Math.min(given, now))}, [${given === now ? now : `${given} => ${now}`}]`);
  c.done = true;
};

function ipcFlags(set: string, bits: bigint): string {
  const rest = bits & ~0o777n;
  const names = rest ? (set === "shmget" ? hugeFlags(set, rest, "SHM_HUGE_SHIFT") : flags(set, rest)) + "|" : "";
  return names + mode(Number(bits & 0o777n));
}

const shmget: Special = atEntry((c) => `${c.argument(0)}, ${c.args[1]}, ${ipcFlags("shmget", BigInt.asUintN(32, c.args[2]))}`);

const semget: Special = atEntry((c) => `${c.argument(0)}, ${s32(c.args[1])}, ${ipcFlags("ipcget", BigInt.asUintN(32, c.args[2]))}`);

const msgget: Special = atEntry((c) => `${c.argument(0)}, ${ipcFlags("ipcget", BigInt.asUintN(32, c.args[1]))}`);

/** A command may carry IPC_64, which x86-64 ignores. */
function ipcCommand(set: string, command: number): string {
  return command & 0x100 ? `IPC_64|${one(set, BigInt((command & ~0x100) >>> 0))}` : one(set, BigInt(command));
}

/** msgctl and shmctl. */
function control(set: string, kind: string): Special {
  return (c) => {
    const command = u32(c.args[1]);
    const reads = command === 2 || command === 11 || command === 13 || command === 15;
    if (c.entering) {
      c.put(`${s32(c.args[0])}, ${ipcCommand(set, command)}, `);
      if (reads) return;
      c.put(command === 1 ? ipcSet(c, set, c.args[2]) : address(c.args[2]));
      c.done = true;
      return;
    }
    if (c.done) return;
    c.put(c.written(kind, c.args[2]));
    c.done = true;
  };
}

function ipcSet(c: Call, set: string, addr: bigint): string {
  const v = c.view(addr, 112);
  if (!v) return address(addr);
  const perm = `uid=${v.u32(4)}, gid=${v.u32(8)}, mode=${octal(v.u32(20) & 0o777).padStart(4, "0")}`;
  return set === "msgctl" ? `{msg_perm={${perm}}, msg_qbytes=${v.u64(88)}, ...}` : `{shm_perm={${perm}}, ...}`;
}

const semctl: Special = (c) => {
  const command = u32(c.args[2]);
  const reads = command === 2 || command === 18 || command === 20;
  if (c.entering) {
    c.put(`${s32(c.args[0])}, ${s32(c.args[1])}, ${ipcCommand("semctl", command)}`);
    const bare = command === 0 || command === 11 || command === 12 || command === 14 || command === 15;
    if (reads) c.put(", ");
    else {
      c.put(bare ? ", NULL" : command === 16 ? `, ${hex(c.args[3])}` : `, ${address(c.args[3])}`);
      c.done = true;
    }
    return;
  }
  if (c.done) return;
  c.put(c.written("semid_ds", c.args[3]));
  c.done = true;
};

function messageBuffer(c: Call, addr: bigint, len: bigint): string {
  const v = c.view(addr, 8);
  return v ? `{mtype=${v.i64(0)}, mtext=${data(c.read, addr + 8n, len, c.limit)}}` : address(addr);
}

const msgsnd: Special = atEntry((c) => `${c.argument(0)}, ${messageBuffer(c, c.args[1], c.args[2])}, ${c.args[2]}, ${c.argument(3)}`);

const msgrcv: Special = restAtExit(1, (c) =>
  `${c.failed ? address(c.args[1]) : messageBuffer(c, c.args[1], c.args[2])}, ${c.args[2]}, ${c.argument(3)}, ${c.argument(4)}`);

const mqOpen: Special = atEntry((c) => {
  const bits = BigInt.asUintN(32, c.args[1]);
  const base = `${c.argument(0)}, ${openFlags(bits)}`;
  return bits & O_CREAT ? `${base}, ${mode(u32(c.args[2]) & 0xffff)}, ${c.struct("mq_attr", c.args[3])}` : base;
});

/** The calls of this file by name. */
export const ipcCalls: Record<string, Special> = {
  accept: acceptLike,
  accept4: acceptLike,
  getsockname: acceptLike,
  getpeername: acceptLike,
  recvfrom,
  recvmsg,
  sendmsg,
  sendmmsg,
  recvmmsg,
  socket,
  socketpair,
  setsockopt,
  getsockopt,
  shmget,
  semget,
  msgget,
  msgctl: control("msgctl", "msqid_ds"),
  shmctl: control("shmctl", "shmid_ds"),
  semctl,
  msgsnd,
  msgrcv,
  mq_open: mqOpen,
};
