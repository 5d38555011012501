// `--inject` in strace's spelling: SET:error=E|retval=V|signal=S|delay_enter=T|delay_exit=T[:when=FIRST[..LAST][+STEP]].
import * as errno from "../assembly/abi/errno.ts";
import { parseFilter } from "./trace/filter.ts";
import { ROWS } from "./trace/rows.ts";
import { signal as signalText } from "./trace/values.ts";

/** A fault for system calls, as assembly/task/inject.ts takes it. */
export interface Injection {
  numbers: number[];
  flags: number;
  first: number;
  last: number;
  step: number;
  value: bigint;
  signal: number;
  delayEnterNs: bigint;
  delayExitNs: bigint;
}

const VALUE = 1;
const SIGNAL = 2;
const DELAY_ENTER = 4;
const DELAY_EXIT = 8;
/** strace's own end of a range that names none. */
const FOR_EVER = 65535;
const UNITS: Record<string, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n, "": 1000n };

function errorNumber(text: string): number {
  if (/^\d+$/.test(text)) {
    const n = Number(text);
    if (n >= 1 && n <= 4095) return n;
  }
  const n = (errno as Record<string, unknown>)[text];
  if (typeof n !== "number") throw new Error(`no error is named ${text}`);
  return n;
}

/** SIGUSR1, USR1 or 10. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return Number(text);
  const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
  for (let n = 1; n <= 64; n++) if (signalText(n) === name) return n;
  throw new Error(`no signal is named ${text}`);
}

function duration(text: string): bigint {
  const match = /^(\d+)(s|ms|us|ns)?$/.exec(text);
  if (!match) throw new Error(`"${text}" is no time such as 500us`);
  return BigInt(match[1]!) * UNITS[match[2] ?? ""]!;
}

function when(text: string, rule: Injection): void {
  const match = /^(\d+)(?:\.\.(\d+))?(?:\+(\d+)?)?$/.exec(text);
  const first = Number(match?.[1]);
  if (!match || first < 1 || first > FOR_EVER) throw new Error(`"${text}" is no when= such as 3, 3+, 2..9 or 1+2`);
  const stepped = text.includes("+");
  rule.first = first;
  rule.step = match[3] ? Number(match[3]) : stepped || match[2] ? 1 : 0;
  rule.last = match[2] ? Number(match[2]) : stepped ? FOR_EVER : first;
  if (rule.last < first || (stepped && rule.step < 1)) throw new Error(`"${text}" is an empty when=`);
}

/** Reads one rule; throws with a message for the user. */
export function parseInjection(expression: string): Injection {
  const [set, ...parts] = expression.split(":");
  const chosen = parseFilter(set!);
  const rule: Injection = { numbers: ROWS.map((row) => row.nr).filter(chosen), flags: 0, first: 1, last: FOR_EVER, step: 1, value: 0n, signal: 0, delayEnterNs: 0n, delayExitNs: 0n };
  for (const part of parts) {
    const [name, value = ""] = part.split(/=(.*)/s);
    switch (name) {
      case "error":
        rule.flags |= VALUE;
        rule.value = BigInt(-errorNumber(value));
        break;
      case "retval":
        if (!/^-?(0x[\da-f]+|\d+)$/i.test(value)) throw new Error(`"${value}" is no retval`);
        rule.flags |= VALUE;
        rule.value = value.startsWith("-") ? -BigInt(value.slice(1)) : BigInt(value);
        break;
      case "signal":
        rule.flags |= SIGNAL;
        rule.signal = signalNumber(value);
        break;
      case "delay":
      case "delay_enter":
        rule.flags |= DELAY_ENTER;
        rule.delayEnterNs = duration(value);
        break;
      case "delay_exit":
        rule.flags |= DELAY_EXIT;
        rule.delayExitNs = duration(value);
        break;
      case "when": when(value, rule); break;
      default: throw new Error(`"${part}" is no injection: error=, retval=, signal=, delay_enter=, delay_exit=, when=`);
    }
  }
  if (parts.filter((part) => /^(error|retval)=/.test(part)).length > 1) throw new Error("error= and retval= exclude each other");
  if (!rule.flags) throw new Error(`"${expression}" injects nothing: error=, retval=, signal=, delay_enter= or delay_exit=`);
  return rule;
}
