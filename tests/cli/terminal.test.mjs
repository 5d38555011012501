// A person at a terminal: ring3 runs a shell of busybox inside a pseudo-terminal that script(1) makes.
import { join } from "node:path";
import { busybox } from "../lib/debian.mjs";
import { have, root } from "../lib/process.mjs";
import { ok, suite } from "../lib/suite.mjs";
import { terminal } from "../lib/terminal.mjs";

const t = suite("terminal", { attempts: 2 });
const program = busybox();
const missing = !program ? "apt cannot give busybox-static here" : !have("script") ? "script is not installed" : null;

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

