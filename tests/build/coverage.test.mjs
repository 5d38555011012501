// docs/ipc-coverage.md is what the programs say that they cover, and every errno of the calls' man pages has a program.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coverageText } from "../../tools/gen-ipc-coverage.mjs";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("coverage");
const text = coverageText();

t.test("the page is up to date", () => {
  equal(readFileSync(join(root, "docs/ipc-coverage.md"), "utf8"), text, "docs/ipc-coverage.md: run node tools/gen-ipc-coverage.mjs");
});

// Errors of the man pages. Left out: ENOMEM and ENFILE (the whole machine is full), and EIDRM of the *ctl calls (Linux says
// EINVAL of an id that was removed before).
const WANTED = {
  msgget: "EACCES EEXIST ENOENT ENOSPC",
  msgsnd: "EACCES EAGAIN EFAULT EIDRM EINTR EINVAL",
  msgrcv: "E2BIG EACCES EFAULT EIDRM EINTR EINVAL ENOMSG",
  msgctl: "EACCES EFAULT EINVAL EPERM",
  semget: "EACCES EEXIST EINVAL ENOENT ENOSPC",
  semop: "E2BIG EACCES EAGAIN EFAULT EFBIG EIDRM EINTR EINVAL ERANGE",
  semctl: "EACCES EFAULT EINVAL EPERM ERANGE",
  shmget: "EACCES EEXIST EINVAL ENOENT ENOSPC",
  shmat: "EACCES EINVAL",
  shmdt: "EINVAL",
  shmctl: "EACCES EFAULT EINVAL EPERM",
  mq_open: "EACCES EEXIST EINVAL EMFILE ENAMETOOLONG ENOENT ENOSPC",
  mq_unlink: "EACCES ENAMETOOLONG ENOENT",
  mq_timedsend: "EAGAIN EBADF EINTR EINVAL EMSGSIZE ETIMEDOUT",
  mq_timedreceive: "EAGAIN EBADF EINTR EINVAL EMSGSIZE ETIMEDOUT",
  mq_notify: "EBADF EBUSY EINVAL",
  mq_getsetattr: "EBADF EFAULT EINVAL",
  pipe2: "EFAULT EINVAL EMFILE",
  flock: "EBADF EINTR EINVAL EWOULDBLOCK",
};

for (const [call, errnos] of Object.entries(WANTED)) {
  t.test(`${call} has a program for each error`, () => {
    const missing = errnos.split(" ").filter((errno) => !text.includes(`| \`${call}\` | ${errno} |`));
    ok(missing.length === 0, `nothing covers ${missing.join(", ")}`);
  });
}
