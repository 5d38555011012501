// IPC objects as text: a table a facility, with the columns of ipcs(1) and lsipc(1), and below each object who waits.
import { FACILITIES, type IpcFacility, type IpcObject, type IpcState, type IpcWaiter } from "./index.ts";

type Cell = (object: IpcObject) => unknown;

const octal = (attribute: string): Cell => (o) => (o[attribute] as number).toString(8);
const keyOf: Cell = (o) => `0x${((o.key as number) >>> 0).toString(16).padStart(8, "0")}`;
const plain = (attribute: string): Cell => (o) => o[attribute];
const time = (attribute: string): Cell => (o) => {
  const seconds = o[attribute] as number;
  return seconds ? new Date(seconds * 1000).toISOString().slice(0, 19) : "-";
};
const holders: Cell = (o) => o.holders.map(({ pid, fd, mode, inSocket }) => `${inSocket === undefined ? `${pid}:${fd}` : `socket:${inSocket}`}${["", "r", "w", "rw"][mode]}`).join(",") || "-";
const LOCK_TYPES = ["READ", "WRITE", "UNLCK"];
const SOCKET_TYPES: Record<number, string> = { 1: "stream", 2: "dgram", 5: "seqpacket" };
const SOCKET_STATES: Record<number, string> = { 1: "connected", 7: "-", 10: "listening" };

const system5: [string, Cell][] = [["KEY", keyOf], ["ID", plain("id")], ["PERMS", octal("mode")], ["OWNER", plain("uid")], ["GROUP", plain("gid")]];

const COLUMNS: Record<IpcFacility, { title: string; columns: [string, Cell][] }> = {
  msg: { title: "Message Queues", columns: [...system5, ["USED-BYTES", plain("cbytes")], ["MESSAGES", plain("qnum")], ["LSPID", plain("lspid")], ["LRPID", plain("lrpid")], ["SEND", time("stime")], ["RECV", time("rtime")], ["CHANGE", time("ctime")]] },
  sem: { title: "Semaphore Arrays", columns: [...system5, ["NSEMS", plain("nsems")], ["LAST-OP", time("otime")], ["CHANGE", time("ctime")], ["VALUES", (o) => (o.semaphores as { value: number }[]).slice(0, 16).map(({ value }) => value).join(",")]] },
  shm: { title: "Shared Memory Segments", columns: [...system5, ["BYTES", plain("size")], ["NATTCH", plain("nattch")], ["STATUS", (o) => [(o.mode as number) & 0o1000 ? "dest" : "", (o.mode as number) & 0o2000 ? "locked" : ""].filter(Boolean).join(",") || "-"], ["CPID", plain("cpid")], ["LPID", plain("lpid")], ["ATTACH", time("atime")], ["DETACH", time("dtime")], ["CHANGE", time("ctime")]] },
  mqueue: { title: "POSIX Message Queues", columns: [["NAME", (o) => `/${o.name as string}`], ["PERMS", octal("mode")], ["OWNER", plain("uid")], ["GROUP", plain("gid")], ["QSIZE", plain("qsize")], ["MESSAGES", plain("curmsgs")], ["MAXMSG", plain("maxmsg")], ["MSGSIZE", plain("msgsize")], ["NOTIFY-PID", plain("notifyPid")]] },
  futex: { title: "Futexes", columns: [["ADDRESS", (o) => `0x${BigInt(o.address as number).toString(16)}`], ["VALUE", (o) => o.value ?? "-"], ["PID", plain("pid")]] },
  pipe: { title: "Pipes", columns: [["BYTES", plain("bytes")], ["BUFFERS", plain("buffers")], ["CAPACITY", plain("capacity")], ["READERS", plain("readers")], ["WRITERS", plain("writers")], ["HOLDERS", holders]] },
  fifo: { title: "FIFOs", columns: [["BYTES", plain("bytes")], ["BUFFERS", plain("buffers")], ["CAPACITY", plain("capacity")], ["READERS", plain("readers")], ["WRITERS", plain("writers")], ["HOLDERS", holders]] },
  eventfd: { title: "Event Counters", columns: [["COUNT", plain("count")], ["SEMAPHORE", plain("semaphore")], ["HOLDERS", holders]] },
  epoll: { title: "Epoll Instances", columns: [["ITEMS", plain("items")], ["READY", plain("ready")], ["HOLDERS", holders]] },
  unix: { title: "Unix Sockets", columns: [["INO", plain("ino")], ["TYPE", (o) => SOCKET_TYPES[o.type as number]], ["STATE", (o) => SOCKET_STATES[o.state as number] ?? o.state], ["NAME", (o) => ((o.name as string | undefined) ?? "-").replace(/^\0/, "@")], ["QUEUED", plain("queued")], ["WMEM", plain("wmem")], ["HOLDERS", holders]] },
  lock: { title: "File Locks", columns: [["KIND", plain("kind")], ["TYPE", (o) => LOCK_TYPES[o.type as number]], ["PID", plain("pid")], ["INODE", (o) => `${o.dev as number}:${o.ino as number}`], ["START", plain("start")], ["END", (o) => (String(o.end) === "9223372036854775807" ? "EOF" : o.end)]] },
};

function waiterText({ tid, call, args }: IpcWaiter): string {
  return `  task ${tid} waits in ${call}(${args.map((arg) => (arg < 4096n ? arg.toString() : `0x${arg.toString(16)}`)).join(", ")})`;
}

/** All facilities that have objects (or the one named), as text. */
export function ipcText(state: IpcState): string {
  const parts: string[] = [];
  for (const facility of FACILITIES) {
    const objects = state[facility];
    if (!objects.length) continue;
    const { title, columns } = COLUMNS[facility];
    const rows = objects.map((object) => columns.map(([, cell]) => String(cell(object))));
    const widths = columns.map(([head], i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
    const line = (cells: string[]) => cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" ").trimEnd();
    parts.push(`------ ${title} --------`, line(columns.map(([head]) => head)));
    objects.forEach((object, i) => parts.push(line(rows[i]!), ...object.waiters.map(waiterText)));
    parts.push("");
  }
  return parts.length ? `${parts.join("\n")}\n` : "no IPC objects\n";
}
