// The host's terminal as the guests see it. While a guest wants whole lines and echo, the host's own line
// discipline does it; as soon as it wants single keys or no echo, the terminal becomes raw, and what is
// left of the discipline (signals, CR to NL) is done here.
import { TCGETS, TCSETS, TCSETSF, TCSETSW, TIOCGWINSZ } from "../assembly/abi/ioctl";
import type { Machine } from "./machine.ts";

const SIGINT = 2;
const SIGQUIT = 3;
const SIGTSTP = 20;
const SIGWINCH = 28;
const EINVAL = 22;
const ICRNL = 0o400;
const ISIG = 1;
const ICANON = 2;
const ECHO = 8;
const VINTR = 0;
const VQUIT = 1;
const VSUSP = 10;
const CONTROL = 17;
const TERMIOS = 36;

/** struct termios of a fresh terminal: ICRNL|IXON, OPOST|ONLCR, B38400|CS8|CREAD|HUPCL, ISIG|ICANON|ECHO…, control characters. */
function fresh(): Uint8Array {
  const bytes = new Uint8Array(TERMIOS);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0o2400, true);
  view.setUint32(4, 0o5, true);
  view.setUint32(8, 0o2277, true);
  view.setUint32(12, 0o105073, true);
  bytes.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22], CONTROL);
  return bytes;
}

export class Terminal {
  private readonly settings = fresh();
  private machine: Machine | null = null;
  private raw = false;

  attach(machine: Machine): void {
    this.machine = machine;
  }

  ioctl(_stream: number, request: number, structure: Uint8Array): number {
    switch (request) {
      case TCGETS:
        structure.set(this.settings);
        return 0;
      case TCSETS:
      case TCSETSW:
      case TCSETSF:
        this.settings.set(structure.subarray(0, TERMIOS));
        this.apply();
        return 0;
      case TIOCGWINSZ: {
        const stream = [process.stdout, process.stderr].find((one) => one.isTTY);
        const view = new DataView(structure.buffer, structure.byteOffset, 8);
        view.setUint16(0, stream?.rows ?? 24, true);
        view.setUint16(2, stream?.columns ?? 80, true);
        view.setUint32(4, 0, true);
        return 0;
      }
      default:
        return -EINVAL;
    }
  }

  private get local(): number {
    return this.settings[12]! | (this.settings[13]! << 8);
  }

  private apply(): void {
    // At once, also before anything is read: an answer of the terminal must not be echoed.
    const wanted = (this.local & ICANON) === 0 || (this.local & ECHO) === 0;
    if (wanted === this.raw) return;
    const { stdin } = process;
    if (!stdin.isTTY) return;
    stdin.setRawMode(wanted);
    this.raw = wanted;
  }

  /** Input as the guest gets it: in raw mode control characters are signals where the guest wants them to be. */
  filter(bytes: Uint8Array): Uint8Array {
    if (!this.raw) return bytes;
    const out: number[] = [];
    const toNewline = (this.settings[1]! << 8) & ICRNL;
    for (const byte of bytes) {
      const signal = this.local & ISIG ? this.signalOf(byte) : 0;
      if (signal) this.signal(signal);
      else out.push(byte === 13 && toNewline ? 10 : byte);
    }
    return new Uint8Array(out);
  }

  private signalOf(byte: number): number {
    if (byte === 0) return 0;
    if (byte === this.settings[CONTROL + VINTR]) return SIGINT;
    if (byte === this.settings[CONTROL + VQUIT]) return SIGQUIT;
    return byte === this.settings[CONTROL + VSUSP] ? SIGTSTP : 0;
  }

  /** A signal of the terminal for its foreground process group. */
  signal(signal: number): void {
    const group = this.machine?.foregroundGroup ?? 0;
    if (group <= 0) return;
    try {
      this.machine!.kill(-group, signal);
    } catch {
      // The group is gone: nobody is there to hear it.
    }
  }

  /** The window has another size. */
  resized(): void {
    this.signal(SIGWINCH);
  }

  restore(): void {
    if (this.raw) process.stdin.setRawMode(false);
    this.raw = false;
  }
}
