// The host's terminal while guests have it: raw, because the machine has a line discipline of its own (assembly/tty). Only
// what a terminal emulator does is left to it: to show bytes, and to tell of keys and of its size.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Machine } from "./machine.ts";

/** Whether this process may change its terminal: one of the background would be stopped. */
function inForeground(): boolean {
  try {
    const fields = readFileSync("/proc/self/stat", "latin1").replace(/^.*\) /s, "").split(" ");
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}

export class Terminal {
  private machine: Machine | null = null;
  private raw = false;
  private readonly resized = () => this.tellSize();

  /** The terminal is now that of a guest of this machine. */
  attach(machine: Machine): void {
    this.machine = machine;
    const stream = this.screen;
    if (!stream) return;
    this.tellSize();
    stream.on("resize", this.resized);
    this.makeRaw();
  }

  private get screen() {
    return [process.stdout, process.stderr].find((one) => one.isTTY);
  }

  private tellSize(): void {
    const stream = this.screen;
    if (stream) this.machine?.resize(stream.rows ?? 24, stream.columns ?? 80);
  }

  private makeRaw(): void {
    const { stdin } = process;
    if (this.raw || !stdin.isTTY || !inForeground()) return;
    stdin.setRawMode(true);
    this.raw = true;
    // Node's raw mode still puts a CR before each LF. Without stty(1) there are two, which is harmless for most programs.
    spawnSync("stty", ["-opost"], { stdio: [0, "ignore", "ignore"] });
  }

  restore(): void {
    this.screen?.off("resize", this.resized);
    if (this.raw) process.stdin.setRawMode(false);
    this.raw = false;
  }
}
