// Folders of the host in the machine: written through, read only, copied on write; and that nothing outside of them is
// ever reached, whatever a guest or somebody on the host tries.
import { spawn } from "node:child_process";
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostTree } from "../../host/hostfs.ts";
import { LiveTree } from "../../host/livefs.ts";
import { Machine, type HostTask, type MachineHost } from "../../host/machine.ts";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("mounts");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));
const AT_FDCWD = -100;
const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, EXCL: 0o200, TRUNC: 0o1000, APPEND: 0o2000, DIRECTORY: 0o200000, NOFOLLOW: 0o400000, PATH: 0o10000000, TMPFILE: 0o20200000 };
const E = { PERM: 1n, NOENT: 2n, ACCES: 13n, EXIST: 17n, XDEV: 18n, NOTDIR: 20n, ISDIR: 21n, INVAL: 22n, ROFS: 30n, LOOP: 40n, OPNOTSUPP: 95n };

interface Place {
  task: HostTask;
  machine: Machine;
  /** The mounted folder, a folder beside it, and what is in neither. */
  inside: string;
  outside: string;
}

/** A machine with a folder of the host at /mnt; removed after the test. */
function withMount(mode: "rw" | "ro" | "cow", use: (place: Place) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const base = mkdtempSync(join(tmpdir(), "ring3-mounts-"));
    const inside = join(base, "inside");
    const outside = join(base, "outside");
    mkdirSync(inside);
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "secret");
    const host: MachineHost = { clock: () => process.hrtime.bigint(), entropy: (bytes) => bytes.fill(7), output: (_stream, bytes) => bytes.length };
    const machine = new Machine(module, host, { seed: 1n });
    if (mode === "cow") machine.addTree("/mnt", new HostTree(inside).root);
    else machine.mount("/mnt", new LiveTree(inside, mode === "rw").root, { readOnly: mode === "ro" });
    try {
      await use({ task: machine.task(), machine, inside, outside });
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  };
}

const open = (task: HostTask, path: string | Uint8Array, flags = O.RDONLY, mode = 0o644) => task.syscall("openat", AT_FDCWD, path, flags, mode) as bigint;

/** The bytes of a guest's file, or −errno. */
function read(task: HostTask, path: string | Uint8Array): string | bigint {
  const fd = open(task, path);
  if (fd < 0n) return fd;
  const buffer = task.allocate(4096);
  const n = task.syscall("read", fd, buffer, 4096) as bigint;
  task.syscall("close", fd);
  return n < 0n ? n : Buffer.from(task.memory.read(buffer, Number(n))).toString("latin1");
}

function write(task: HostTask, path: string, text: string, flags = O.WRONLY | O.CREAT | O.TRUNC): bigint {
  const fd = open(task, path, flags);
  if (fd < 0n) return fd;
  const n = task.syscall("write", fd, Buffer.from(text), text.length) as bigint;
  task.syscall("close", fd);
  return n;
}

t.test("rw: what guests do is done on the host at once", withMount("rw", ({ task, inside }) => {
  const fd = open(task, "/mnt/f", O.RDWR | O.CREAT | O.EXCL, 0o640);
  equal(task.syscall("write", fd, Buffer.from("hello"), 5), 5n, "write");
  equal(readFileSync(join(inside, "f"), "utf8"), "hello", "before close");
  equal(statSync(join(inside, "f")).mode & 0o7777, 0o640, "mode");
  equal(task.syscall("pwrite64", fd, Buffer.from("J"), 1, 0), 1n, "pwrite");
  equal(task.syscall("ftruncate", fd, 3), 0n, "ftruncate");
  equal(readFileSync(join(inside, "f"), "utf8"), "Jel", "truncated");
  equal(task.syscall("fsync", fd), 0n, "fsync");
  task.syscall("close", fd);
  equal(write(task, "/mnt/f", "!!", O.WRONLY | O.APPEND), 2n, "append");
  equal(readFileSync(join(inside, "f"), "utf8"), "Jel!!", "appended");
  equal(task.syscall("mkdir", "/mnt/d", 0o750), 0n, "mkdir");
  equal(statSync(join(inside, "d")).mode & 0o7777, 0o750, "folder's mode");
  equal(task.syscall("rename", "/mnt/f", "/mnt/d/g"), 0n, "rename");
  equal(task.syscall("link", "/mnt/d/g", "/mnt/h"), 0n, "link");
  equal(task.syscall("symlink", "../x", "/mnt/d/s"), 0n, "symlink");
  equal(readlinkSync(join(inside, "d/s")), "../x", "link's text");
  equal(task.syscall("chmod", "/mnt/h", 0o600), 0n, "chmod");
  equal(statSync(join(inside, "d/g")).mode & 0o7777, 0o600, "mode by the other name");
  equal(task.syscall("rmdir", "/mnt/d"), -39n, "rmdir of a full folder");
  equal(task.syscall("unlink", "/mnt/d/g"), 0n, "unlink");
  equal(task.syscall("unlink", "/mnt/d/s"), 0n, "unlink of the link");
  equal(task.syscall("rmdir", "/mnt/d"), 0n, "rmdir");
  equal(readdirSync(inside).join(), "h", "what is left");
}));

t.test("rw: a new file without write permission can be written by who made it", withMount("rw", ({ task, inside }) => {
  const fd = open(task, "/mnt/object", O.WRONLY | O.CREAT | O.EXCL, 0o444);
  equal(task.syscall("write", fd, Buffer.from("git"), 3), 3n, "write");
  task.syscall("close", fd);
  equal(readFileSync(join(inside, "object"), "utf8"), "git", "bytes");
  equal(statSync(join(inside, "object")).mode & 0o777, 0o444, "mode");
}));

t.test("rw: a file without a name goes on while it is open", withMount("rw", ({ task, inside }) => {
  const fd = open(task, "/mnt/f", O.RDWR | O.CREAT);
  task.syscall("unlink", "/mnt/f");
  ok(!existsSync(join(inside, "f")), "gone on the host");
  equal(task.syscall("write", fd, Buffer.from("still"), 5), 5n, "write");
  const buffer = task.allocate(16);
  equal(task.syscall("pread64", fd, buffer, 16, 0), 5n, "read");
  equal(task.syscall("fstat", fd, task.allocate(144)), 0n, "fstat");
  task.syscall("close", fd);
}));

t.test("rw: what others do on the host is seen", withMount("rw", ({ task, inside }) => {
  writeFileSync(join(inside, "f"), "one");
  equal(read(task, "/mnt/f"), "one", "first");
  writeFileSync(join(inside, "f"), "another");
  equal(read(task, "/mnt/f"), "another", "changed");
  const fd = open(task, "/mnt/f");
  const buffer = task.allocate(64);
  equal(task.syscall("read", fd, buffer, 64), 7n, "read");
  appendFileSync(join(inside, "f"), "+more");
  equal(task.syscall("read", fd, buffer, 64), 5n, "read of what was added");
  unlinkSync(join(inside, "f"));
  equal(read(task, "/mnt/f"), -E.NOENT, "removed");
  writeFileSync(join(inside, "f"), "new");
  equal(read(task, "/mnt/f"), "new", "made anew");
}));

t.test("rw: shared mappings reach the host at msync, munmap and close", withMount("rw", ({ task, inside }) => {
  writeFileSync(join(inside, "f"), Buffer.alloc(10000, 0x61));
  const fd = open(task, "/mnt/f", O.RDWR);
  const at = task.syscall("mmap", 0, 12288, 3, 1, fd, 0) as bigint;
  task.memory.write(at + 4090n, Buffer.from("mapped across"));
  equal(task.syscall("msync", at, 12288, 4), 0n, "msync");
  equal(readFileSync(join(inside, "f")).subarray(4090, 4103).toString(), "mapped across", "after msync");
  task.memory.write(at, Buffer.from("begin"));
  task.syscall("pwrite64", fd, Buffer.from("W"), 1, 0);
  equal(Buffer.from(task.memory.read(at, 5)).toString(), "Wegin", "write is seen in the mapping");
  equal(task.syscall("munmap", at, 12288), 0n, "munmap");
  equal(readFileSync(join(inside, "f")).subarray(0, 5).toString(), "Wegin", "after munmap");
  equal(statSync(join(inside, "f")).size, 10000, "size");
  task.syscall("close", fd);
}));

t.test("rw: what the host refuses is the guest's errno", withMount("rw", ({ task, inside }) => {
  writeFileSync(join(inside, "f"), "x");
  equal(task.syscall("mkdir", "/mnt/f/x", 0o755), -E.NOTDIR, "mkdir below a file");
  equal(task.syscall("mknod", "/mnt/null", 0o20666, 0x103), -E.PERM, "device");
  equal(task.syscall("mknod", "/mnt/fifo", 0o10666, 0), -E.PERM, "fifo");
  equal(open(task, "/mnt", O.TMPFILE | O.RDWR), -E.OPNOTSUPP, "O_TMPFILE");
  equal(task.syscall("rename", "/mnt/f", "/mnt/none/f"), -E.NOENT, "rename");
  equal(task.syscall("link", "/mnt/f", "/f"), -E.XDEV, "link out of the mount");
  equal(task.syscall("rename", "/mnt/f", "/f"), -E.XDEV, "rename out of the mount");
  equal(task.syscall("setxattr", "/mnt/f", "user.a", "v", 1, 0), -E.OPNOTSUPP, "xattr");
}));

t.test("ro: nothing can be changed, changes are seen", withMount("ro", ({ task, inside }) => {
  writeFileSync(join(inside, "f"), "one");
  equal(read(task, "/mnt/f"), "one", "read");
  equal(open(task, "/mnt/f", O.RDWR), -E.ROFS, "open for writing");
  equal(open(task, "/mnt/g", O.WRONLY | O.CREAT), -E.ROFS, "create");
  equal(task.syscall("unlink", "/mnt/f"), -E.ROFS, "unlink");
  equal(task.syscall("mkdir", "/mnt/d", 0o755), -E.ROFS, "mkdir");
  equal(task.syscall("rename", "/mnt/f", "/mnt/g"), -E.ROFS, "rename");
  equal(task.syscall("chmod", "/mnt/f", 0), -E.ROFS, "chmod");
  equal(task.syscall("truncate", "/mnt/f", 0), -E.ROFS, "truncate");
  equal(task.syscall("utimensat", AT_FDCWD, "/mnt/f", 0, 0), -E.ROFS, "utimensat");
  // Not even when the guest makes the mount writable.
  equal(task.syscall("mount", 0, "/mnt", 0, 32n, 0), 0n, "remount");
  equal(open(task, "/mnt/f", O.RDWR), -E.ROFS, "open for writing after a remount");
  equal(open(task, "/mnt/g", O.WRONLY | O.CREAT), -E.ROFS, "create after a remount");
  writeFileSync(join(inside, "f"), "two");
  equal(read(task, "/mnt/f"), "two", "changed on the host");
}));

t.test("cow: nothing reaches the host", withMount("cow", ({ task, inside }) => {
  writeFileSync(join(inside, "f"), "one");
  equal(write(task, "/mnt/f", "two"), 3n, "write");
  equal(read(task, "/mnt/f"), "two", "read");
  equal(write(task, "/mnt/g", "x"), 1n, "create");
  equal(readFileSync(join(inside, "f"), "utf8"), "one", "the host's");
  equal(readdirSync(inside).join(), "f", "the host's names");
}));

for (const mode of ["rw", "ro", "cow"] as const) {
  t.test(`${mode}: dots and links lead nowhere else`, withMount(mode, ({ task, inside, outside }) => {
    symlinkSync("../outside/secret", join(inside, "relative"));
    symlinkSync(join(outside, "secret"), join(inside, "absolute"));
    symlinkSync("../outside", join(inside, "folder"));
    symlinkSync("/", join(inside, "top"));
    symlinkSync("/proc/self/root", join(inside, "proc"));
    symlinkSync("/proc/self/cwd/../outside/secret", join(inside, "cwd"));
    symlinkSync("..", join(inside, "up"));
    symlinkSync("loop", join(inside, "loop"));
    mkdirSync(join(inside, "deep"));
    symlinkSync("../../outside/secret", join(inside, "deep/out"));
    for (const path of ["/mnt/../outside/secret", "/mnt/relative", "/mnt/absolute", "/mnt/folder/secret", "/mnt/up/outside/secret", "/mnt/deep/out", "/mnt/deep/../../outside/secret", `/mnt/top${outside}/secret`, `/mnt/proc${outside}/secret`, "/mnt/cwd", `${outside}/secret`]) {
      equal(read(task, path), -E.NOENT, path);
    }
    equal(read(task, "/mnt/loop"), -E.LOOP, "loop");
    if (mode === "rw") {
      // Writing through a dangling link makes the file in the guest's own tree.
      equal(write(task, "/mnt/relative", "guest"), -E.NOENT, "write through a link");
      equal(open(task, "/mnt/absolute", O.WRONLY | O.CREAT), -E.NOENT, "create through a link");
    }
    equal(readFileSync(join(outside, "secret"), "utf8"), "secret", "the secret");
    equal(readdirSync(outside).join(), "secret", "names outside");
  }));

  t.test(`${mode}: descriptors of folders and /proc/self/fd lead nowhere else`, withMount(mode, ({ task, inside }) => {
    mkdirSync(join(inside, "d"));
    writeFileSync(join(inside, "d/f"), "f");
    const dir = open(task, "/mnt/d", O.RDONLY | O.DIRECTORY);
    const at = (path: string) => task.syscall("openat", dir, path, O.RDONLY, 0) as bigint;
    ok(at("f") >= 0n, "f");
    equal(at("../../outside/secret"), -E.NOENT, "..");
    equal(at("../../../../../../etc/passwd"), -E.NOENT, "many dots");
    equal(read(task, `/proc/self/fd/${dir}/../../outside/secret`), -E.NOENT, "/proc/self/fd");
    equal(read(task, `/proc/self/fd/${dir}/f`), "f", "/proc/self/fd/N/f");
    // A process that makes the folder its root finds nothing above it.
    equal(task.syscall("fchdir", dir), 0n, "fchdir");
    equal(task.syscall("chroot", "."), 0n, "chroot");
    equal(read(task, "../../../outside/secret"), -E.NOENT, "above the root");
  }));

  t.test(`${mode}: strange names are names`, withMount(mode, ({ task, inside }) => {
    const names = ["...", ".. ", "..\u200c", "．．", "..%2foutside", "..\\outside", "%2e%2e", "A", "a", "\u00e9", "e\u0301", "\u202e..", "a\nb", "C:", "file:stream", "~", "-rf", "*"].map((name) => Buffer.from(name));
    names.push(Buffer.from([0x2e, 0x2e, 0xc0, 0xaf]), Buffer.from([0xc0, 0xae, 0xc0, 0xae]), Buffer.from([0xff, 0xfe]));
    names.forEach((name, i) => writeFileSync(Buffer.concat([Buffer.from(`${inside}/`), name]), `${i}`));
    names.forEach((name, i) => equal(read(task, Buffer.concat([Buffer.from("/mnt/"), name, Buffer.from([0])])), `${i}`, name.toString()));
    for (const name of names) {
      const path = Buffer.concat([Buffer.from("/mnt/"), name, Buffer.from("/outside/secret\0")]);
      equal(read(task, path), -E.NOTDIR, name.toString());
    }
  }));

  t.test(`${mode}: a hard link is the file of the folder, and the guest can make none to what is outside`, withMount(mode, ({ task, inside, outside }) => {
    linkSync(join(outside, "secret"), join(inside, "hard"));
    equal(read(task, "/mnt/hard"), "secret", "who linked it in meant it");
    equal(task.syscall("linkat", AT_FDCWD, join(outside, "secret"), AT_FDCWD, "/mnt/mine", 0), -E.NOENT, "linkat");
    equal(task.syscall("linkat", AT_FDCWD, "/mnt/../outside/secret", AT_FDCWD, "/mnt/mine", 0), -E.NOENT, "linkat with dots");
  }));

  t.test(`${mode}: a folder that is exchanged for a link leads nowhere else`, withMount(mode, async ({ task, inside, outside }) => {
    mkdirSync(join(inside, "d"));
    writeFileSync(join(inside, "d/secret"), "fine");
    mkdirSync(join(inside, "d/below"));
    writeFileSync(join(inside, "d/below/secret"), "fine");
    mkdirSync(join(outside, "below"));
    writeFileSync(join(outside, "below/secret"), "secret");
    // Somebody exchanges the folder and a link to the outside as fast as it goes.
    const swapper = spawn(process.execPath, ["-e", `
      const { renameSync, symlinkSync } = require("fs");
      const [inside, outside] = process.argv.slice(1);
      symlinkSync(outside, inside + "/link");
      process.stdout.write("ready");
      const end = Date.now() + 20000;
      while (Date.now() < end) {
        renameSync(inside + "/d", inside + "/was");
        renameSync(inside + "/link", inside + "/d");
        renameSync(inside + "/d", inside + "/link");
        renameSync(inside + "/was", inside + "/d");
      }`, inside, outside], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => swapper.stdout.once("data", resolve));
    let fine = 0;
    try {
      const end = Date.now() + 1500;
      while (Date.now() < end) {
        for (const path of ["/mnt/d/secret", "/mnt/d/below/secret"]) {
          const got = read(task, path);
          ok(got !== "secret", `${path} was read outside`);
          if (got === "fine") fine += 1;
        }
        if (mode === "rw") {
          const fd = open(task, "/mnt/d/made", O.WRONLY | O.CREAT);
          if (fd >= 0n) task.syscall("close", fd);
          task.syscall("mkdir", "/mnt/d/folder", 0o755);
          task.syscall("truncate", "/mnt/d/below/secret", 4);
          task.syscall("unlink", "/mnt/d/made");
        }
      }
    } finally {
      swapper.kill("SIGKILL");
      await new Promise((resolve) => swapper.once("exit", resolve));
    }
    if (mode !== "cow") ok(fine > 0, "the folder was seen too");
    equal(readdirSync(outside).sort().join(), "below,secret", "names outside");
    equal(readFileSync(join(outside, "below/secret"), "utf8"), "secret", "bytes outside");
  }));
}

t.test("names that are no components are refused by the host's side", () => {
  const base = mkdtempSync(join(tmpdir(), "ring3-mounts-"));
  try {
    mkdirSync(join(base, "in"));
    writeFileSync(join(base, "out"), "x");
    const tree = new LiveTree(join(base, "in"), true);
    for (const name of ["", ".", "..", "a/b", "../out", "/etc/passwd", "a\0b"]) {
      let code = "none";
      try {
        tree.root.lookup(Buffer.from(name));
      } catch (error) {
        ({ code } = error as { code: string });
      }
      equal(code, "EINVAL", JSON.stringify(name));
    }
    tree.close();
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

t.test("descriptors are given back", withMount("rw", ({ task, inside }) => {
  for (let i = 0; i < 400; i++) mkdirSync(join(inside, `d${i}`));
  const count = () => readdirSync("/proc/self/fd").length;
  const before = count();
  for (let i = 0; i < 400; i++) {
    equal(write(task, `/mnt/d${i}/f`, "x"), 1n, `d${i}`);
    equal(read(task, `/mnt/d${i}/f`), "x", `d${i}`);
  }
  ok(count() - before < 300, `${count() - before} more descriptors`);
}));
