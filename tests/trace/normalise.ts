// Makes two traces of the same program comparable: one stream a task, unfinished lines joined,
// pids numbered in the order in which they appear. A pid is known by its place, since ring3's are small numbers.

/** Lines of each task in order; `<unfinished ...>` and its `resumed` made one line again. */
function perTask(trace: string): Map<number, string[]> {
  const tasks = new Map<number, string[]>();
  const open = new Map<number, string>();
  for (const line of trace.split("\n")) {
    const m = /^(\d+) +(.*)$/.exec(line);
    if (!m) continue;
    const pid = Number(m[1]);
    let text = m[2];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (resumed) {
      text = (open.get(pid) ?? "") + resumed[1];
      open.delete(pid);
    }
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(text);
    if (unfinished) {
      open.set(pid, unfinished[1]);
      continue;
    }
    const list = tasks.get(pid) ?? [];
    list.push(text.replace(/\) +=/, ") ="));
    tasks.set(pid, list);
  }
  return tasks;
}

/** Where a number is a pid: behind these words … */
const BEFORE = [
  /(\b(?:si_pid|nl_pid|l_pid|shm_[cl]pid|msg_l[sr]pid|pid)=)(\d+)/g,
  /^((?:kill|tgkill|tkill|wait4|getpgid|setpgid|getsid|rt_sigqueueinfo|rt_tgsigqueueinfo|prlimit64|sched_\w+|process_vm_\w+|pidfd_open|kcmp)\(-?)(\d+)/g,
  /^((?:tgkill|setpgid|rt_tgsigqueueinfo|kcmp)\(\w+, )(\d+)/g,
  /^((?:waitid|setpriority|getpriority)\(\w+, )(\d+)/g,
  /(FUTEX_WAIT_BITSET\|FUTEX_CLOCK_REALTIME, )(\d+)/g,
  /^(fcntl\(\d+, F_SETOWN, -?)(\d+)/g,
  /\b((?:parent_tid|pidfd)=\[)(\d+)(?=\])/g,
];
/** … and in the results of these calls. */
const RESULT = /^((?:get(?:pid|tid|ppid|pgrp|pgid|sid)|set_tid_address|setsid|v?fork|clone3?|wait4|rt_sigreturn)\(.*\) = |fcntl\(\d+, F_GETOWN\) = )(\d+)$/;

export interface NormaliseOptions {
  /** Replaced before the comparison, besides pids. */
  replace?: [RegExp, string][];
}

export function normalise(trace: string, options: NormaliseOptions = {}): string[] {
  const tasks = perTask(trace);
  const number = new Map([...tasks.keys()].map((pid, i) => [String(pid), `PID${i + 1}`]));
  const known = (_all: string, before: string, pid: string) => before + (number.get(pid) ?? pid);
  const out: string[] = [];
  for (const [pid, lines] of tasks) {
    for (let line of lines) {
      for (const pattern of BEFORE) line = line.replace(pattern, known);
      line = line.replace(RESULT, known);
      for (const [pattern, by] of options.replace ?? []) line = line.replace(pattern, by);
      out.push(`${number.get(String(pid))} ${line}`);
    }
  }
  return out;
}
