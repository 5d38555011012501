// What the functions of special calls share.
import type { Call } from "./call.ts";

export type Special = (c: Call) => void;

/** A call that is printed completely at entry. */
export function atEntry(print: (c: Call) => string): Special {
  return (c) => {
    if (!c.entering) return;
    c.put(print(c));
    c.done = true;
  };
}

/** Arguments by the table up to `from`, the rest by `rest` at exit. */
export function restAtExit(from: number, rest: (c: Call) => string): Special {
  return (c) => {
    if (c.next < from) c.generic(from);
    if (c.entering || c.next < from) return;
    c.put(rest(c));
    c.done = true;
  };
}

export function timeLeft(c: Call, kind: string, addr: bigint): string {
  return addr === 0n ? "" : `left ${c.struct(kind, addr)}`;
}

export function keepLength(c: Call, length: bigint): void {
  c.kept = c.view(length, 4)?.i32(0);
}

export const O_CREAT = 0x40n;

export const O_TMPFILE = 0x410000n;
