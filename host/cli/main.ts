// The command line. Each command is loaded when it is asked for: `ring3 run` starts with little.
import { writeSync } from "node:fs";
import { version } from "../../package.json";
import { StartError } from "./load.ts";
import { parseRun, UsageError } from "./options.ts";
import { run } from "./run.ts";

const HELP = `ring3 runs x86-64 Linux programs in WebAssembly.

  ring3 run   [options] PROGRAM [ARG…]   run a program; a .s file is assembled first
  ring3 trace [options] PROGRAM [ARG…]   run it and print its system calls on stderr, as strace -f does
  ring3 fuzz  [options]                  look for faults of the kernel; ring3 fuzz --help
  ring3 replay [--stats] RECORDING       the same run again, bit for bit
  ring3 ipcs  [--json] SNAPSHOT          IPC objects of a snapshot, with who waits on them
  ring3 repl  [--from SNAPSHOT]          system calls of several processes, typed or piped in line by line
  ring3 syscalls [--json]                every system call and how far it is supported

Options end at the first word that is not one; what follows is the program's.
  --env NAME=VALUE | --env NAME   a variable for the program (NAME: as it is here); --clear-env: no others
  --cwd DIR                       folder to start in (/)
  --uid N                         user and group (0)
  --root DIR|TAR                  a folder or tar archive (plain, gzip, xz) that becomes /; what the program writes stays
                                  in the machine, with --rw it goes to DIR
  --mount HOST:GUEST[:ro|rw|cow]  a file or folder of this machine: to read, to write, or copied on write (cow)
  --memory SIZE --max-tasks N     limits (1G, 4096)
  --fuel N                        stop after N instructions
  --clock real|virtual --seed N   with a virtual clock and a seed each run is the same
  --cpu v1|v2                     level of x86-64 that the program sees (v2)
  --choices random|KIND,…         chance (by the seed) answers what Linux leaves open: run, slice, preempt, store, wake, poll,
                                  short, eintr, pid, mmap, aslr, alloc
  --tape FILE | --tape-to FILE    take the answers from FILE; write those that were given to FILE
  --inject SET:error=E:when=N     faults as strace puts them: error=, retval=, signal=, delay_enter=, delay_exit=, when=F..L+S
  --snapshot FILE                 write the machine's state at the end, and at SIGUSR2
  --record FILE                   write down all that goes in, for ring3 replay
  --check N                       for work on the kernel: check its invariants after every N system calls (docs/checks.md)
  --stats                         instructions, memory and time at the end
trace:
  -o FILE                         write the trace there
  -e trace=SET                    only these calls: names, %file, %process, %desc, %signal, /regex, !…
  -s N                            bytes of a string that are shown (32)
  --json                          one JSON object a line

Status: the program's own; 128 + n when signal n ended it; 125 when ring3 failed, 126 not executable, 127 not found.
`;

const OTHERS = new Set(["debug", "play"]);

async function main(words: string[]): Promise<number> {
  const [command, ...rest] = words;
  switch (command) {
    case "run":
      return run(parseRun(rest, "run"), false);
    case "trace":
      return run(parseRun(rest, "trace"), true);
    case "syscalls": {
      if (rest.length > (rest[0] === "--json" ? 1 : 0)) throw new UsageError("syscalls takes --json and nothing else");
      const { syscallsJson, syscallsText } = await import("../trace/syscalls.ts");
      print(rest[0] === "--json" ? syscallsJson() : syscallsText());
      return 0;
    }
    case "ipcs": {
      const { ipcs } = await import("./ipcs.ts");
      print(ipcs(rest));
      return 0;
    }
    case "replay": {
      const { replay } = await import("./replay.ts");
      return replay(rest);
    }
    case "repl": {
      const { repl } = await import("../repl/index.ts");
      return repl(rest);
    }
    case "fuzz": {
      const { fuzz } = await import("../fuzz/cli.ts");
      return fuzz(rest);
    }
    case "--version":
      print(`ring3 ${version}\n`);
      return 0;
    case "--help":
    case "-h":
    case "help":
      print(HELP);
      return 0;
    case undefined:
      throw new UsageError("which command? ring3 --help lists them");
    default:
      if (OTHERS.has(command)) throw new UsageError(`${command} is not there yet`);
      throw new UsageError(`there is no command ${command}; ring3 --help lists them`);
  }
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  writeSync(2, `ring3: ${message.split("\n")[0]}\n`);
  if (error instanceof StartError) return error.status;
  if (process.env.RING3_DEBUG && error instanceof Error) writeSync(2, `${error.stack}\n${(error.cause as Error | undefined)?.stack ?? ""}\n`);
  return 125;
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error) => process.exit(report(error)),
);
