// Runs a program under the test's own tracer, with the text made by StraceFormatter.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StraceFormatter } from "../../host/trace/formatter.ts";

/** Words before a command that give it no address randomisation and, where that is allowed, an IPC namespace of its own. */
export const ALONE = [...(spawnSync("unshare", ["-i", "true"]).status === 0 ? ["unshare", "-i"] : []), "setarch", "x86_64", "-R"];

/** Lines of a FIFO, read as they come. */
class LineReader {
  private buffered = "";
  private chunk = Buffer.alloc(1 << 16);
  constructor(private readonly fd: number) {}
  next(): string | null {
    for (;;) {
      const end = this.buffered.indexOf("\n");
      if (end >= 0) {
        const line = this.buffered.slice(0, end);
        this.buffered = this.buffered.slice(end + 1);
        return line;
      }
      const n = readSync(this.fd, this.chunk);
      if (n === 0) return null;
      this.buffered += this.chunk.toString("latin1", 0, n);
    }
  }
}

function handle(event: string[], formatter: StraceFormatter, readFor: (tid: number) => (addr: bigint, len: number) => Uint8Array | null): void {
  const tid = Number(event[1]);
  switch (event[0]) {
    case "E": formatter.enter(tid, Number(event[2]), event.slice(3, 9).map((s) => BigInt("0x" + s)), readFor(tid), BigInt("0x" + event[9])); break;
    case "X": formatter.exit(tid, BigInt(event[2]), readFor(tid)); break;
    case "S": formatter.signal(tid, Number(event[2]), Buffer.from(event[3], "hex")); break;
    case "T": formatter.stopped(tid, Number(event[2])); break;
    case "D": formatter.ending(tid); break;
    case "Q": formatter.exited(tid, Number(event[2])); break;
    case "N": formatter.announce(tid); break;
  }
}

/** The trace of `program` as the formatter writes it, `PID ` before each line. */
export function traceNative(tracer: string, program: string, args: string[], stdin: "ignore" | number = "ignore", cwd?: string): string {
  const work = mkdtempSync(join(tmpdir(), "ring3-trace-"));
  try {
    const [eventsPath, commandsPath] = [join(work, "events"), join(work, "commands")];
    execFileSync("mkfifo", [eventsPath, commandsPath]);
    const [file, ...before] = ALONE;
    const child = spawn(file, [...before, tracer, eventsPath, commandsPath, program, ...args], { stdio: [stdin, "ignore", "ignore"], env: {}, cwd });
    child.on("error", () => {});
    const events = openSync(eventsPath, "r");
    const commands = openSync(commandsPath, "w");
    const reader = new LineReader(events);
    const readFor = (tid: number) => (addr: bigint, len: number) => {
      writeSync(commands, `r ${tid} ${addr.toString(16)} ${len}\n`);
      const answer = reader.next();
      return answer === null || answer === "-" ? null : new Uint8Array(Buffer.from(answer, "hex"));
    };
    let text = "";
    const formatter = new StraceFormatter({ write: (line) => (text += line), prefix: "always" });
    for (;;) {
      const line = reader.next();
      if (line === null || line.startsWith("Z")) break;
      handle(line.split(" "), formatter, readFor);
      writeSync(commands, "c\n");
    }
    closeSync(events);
    closeSync(commands);
    return text;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
