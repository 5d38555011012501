// Makes two traces of the same program comparable: one stream a task, unfinished lines joined,
// pids numbered in the order in which they appear.

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

export interface NormaliseOptions {
  /** Replaced before the comparison, besides pids. */
  replace?: [RegExp, string][];
}

export function normalise(trace: string, options: NormaliseOptions = {}): string[] {
  const tasks = perTask(trace);
  const number = new Map([...tasks.keys()].map((pid, i) => [String(pid), `PID${i + 1}`]));
  const out: string[] = [];
  for (const [pid, lines] of tasks) {
    for (let line of lines) {
      line = line.replace(/(?<![\w.])\d+(?!\w)/g, (n) => number.get(n) ?? n);
      for (const [pattern, by] of options.replace ?? []) line = line.replace(pattern, by);
      out.push(`${number.get(String(pid))} ${line}`);
    }
  }
  return out;
}
