// Commands in a pseudo-terminal that script(1) makes.
import { spawn } from "node:child_process";
import { root } from "./process.mjs";

const STEP_MS = 30_000;

/** A command in a terminal: type() sends keys, seen() waits until the output goes on with the pattern. */
export function terminal(command) {
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: root, env: { ...process.env, TERM: "vt100", SHELL: "/bin/sh" }, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
  let output = "";
  let read = 0;
  let look = () => {};
  child.stdout.setEncoding("latin1").on("data", (text) => {
    output += text;
    look();
  });
  return {
    type: (keys) => child.stdin.write(keys),
    seen(pattern) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          child.kill("SIGKILL");
          reject(new Error(`${pattern} did not come; after it was seen before: ${JSON.stringify(output.slice(read))}`));
        }, STEP_MS);
        look = () => {
          const match = pattern.exec(output.slice(read));
          if (!match) return;
          read += match.index + match[0].length;
          clearTimeout(timer);
          look = () => {};
          resolve(match);
        };
        look();
      });
    },
    ended,
    close: () => child.kill("SIGKILL"),
  };
}
