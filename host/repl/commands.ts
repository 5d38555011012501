// Words of the repl, and what help says of them.
export const COMMANDS: Record<string, string> = {
  help: "help [CALL|COMMAND]: what a call takes and does, or this list",
  asm: "asm LINE: assembler (AT&T; instructions parted by ;), run in the current process",
  regs: "regs [pN]: registers before and after the last call or asm line",
  mem: "mem pN ADDR LEN: bytes of a process's memory",
  ipcs: "ipcs: every IPC object with who waits on it",
  vars: "vars: variables and buffers",
  procs: "procs: processes, with the calls that wait",
  snapshot: "snapshot NAME: keep this state",
  back: "back NAME: be in that state again",
  save: "save FILE: write the session's lines as a script",
  run: "run FILE: run a script's lines",
  quit: "quit",
};
