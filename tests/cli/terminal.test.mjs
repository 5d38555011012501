// A person at a terminal: ring3 runs a shell of busybox inside a pseudo-terminal that script(1) makes.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { busybox } from "../lib/debian.mjs";
import { have, root } from "../lib/process.mjs";
import { ok, suite } from "../lib/suite.mjs";

const t = suite("terminal", { attempts: 2 });
const STEP_MS = 30_000;
const program = busybox();
const missing = !program ? "apt cannot give busybox-static here" : !have("script") ? "script is not installed" : null;

/** A command in a terminal: type() sends keys, seen() waits until the output goes on with the pattern. */
function terminal(command) {
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

const shell = (options = "") => `${process.execPath} ${join(root, "bin/ring3.js")} run ${options} ${program} sh; echo status $?`;

/** Time for a program to begin: until then the shell has the terminal, in its own mode. */
const begun = () => new Promise((resolve) => setTimeout(resolve, 1000));

function test(title, use) {
  if (missing) t.skip(title, missing);
  else t.test(title, async () => {
    const one = terminal(shell());
    try {
      await one.seen(/\/ # (\x1b\[6n)?$/);
      await use(one);
    } finally {
      one.close();
    }
  });
}

test("^C ends what runs and not the shell", async ({ type, seen }) => {
  type("sleep 100\r");
  await seen(/sleep 100\r\n/);
  await begun();
  type("\x03");
  await seen(/\/ # /);
  type("echo it was $?\r");
  await seen(/it was 130\r\n/);
});

test("^D is an end of file once", async ({ type, seen }) => {
  type("cat\r");
  await seen(/cat\r\n/);
  await begun();
  type("a line\r");
  await seen(/a line\r\na line\r\n/);
  type("\x04");
  await seen(/\/ # /);
  type("echo alive\r");
  await seen(/\r\nalive\r\n/);
});

test("^Z stops, fg goes on", async ({ type, seen }) => {
  type("sleep 100\r");
  await seen(/sleep 100\r\n/);
  await begun();
  type("\x1a");
  await seen(/Stopped +sleep 100/);
  type("jobs\r");
  await seen(/\[1\]\+ +Stopped +sleep 100/);
  type("kill %1; fg\r");
  await seen(/Terminated/);
});

test("the guest ends, the terminal is as it was", async ({ type, seen, ended }) => {
  type("tty; exit 3\r");
  await seen(/\/dev\/pts\/0\r\n/);
  await seen(/status 3\r\n/);
  ok((await ended) === 0, "script failed");
});

