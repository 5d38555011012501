// `ring3 ipcs` shows what a run has left in its snapshot.
import { truncateSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembled } from "../lib/assembled.mjs";
import { ring3 } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("ipcs");
const folder = mkdtempSync(join(tmpdir(), "ring3-ipcs-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = (name) => join(folder, name);

/** msgget(0x1234, IPC_CREAT | 0600), then a child sleeps in msgrcv for type 9; fuel ends the parent. */
const PROGRAM = `
.globl _start
_start: mov $68, %eax
        mov $0x1234, %edi
        mov $0x380, %esi
        syscall
        mov %eax, %ebx
        mov $57, %eax
        syscall
        test %eax, %eax
        jz child
loop:   jmp loop
child:  mov $70, %eax
        mov %ebx, %edi
        lea -64(%rsp), %rsi
        mov $8, %edx
        mov $9, %r10d
        xor %r8d, %r8d
        syscall
        jmp child
`;

async function snapshot(name) {
  const result = await ring3(["run", "--clock", "virtual", "--fuel", "5000000", "--snapshot", file(name), await assembled("ipcs-queue", PROGRAM)]);
  equal(result.status, 152, `status (${result.stderr.trim()})`);
  return file(name);
}

t.test("a queue and who waits on it", async () => {
  const path = await snapshot("one");
  const text = await ring3(["ipcs", path]);
  equal(text.status, 0, "status");
  ok(/^-+ Message Queues -+$/m.test(text.stdout), text.stdout);
  ok(/^0x00001234 +0 +600 +0 +0 +0 +0 /m.test(text.stdout), text.stdout);
  ok(/^ +task 3 waits in msgrcv\(0, 0x[\da-f]+, 8, 9, 0/m.test(text.stdout), text.stdout);
  const { msg } = JSON.parse((await ring3(["ipcs", "--json", path])).stdout);
  equal(msg.length, 1, "queues");
  equal(msg[0].key, 0x1234, "key");
  equal(msg[0].waiters[0].call, "msgrcv", "the waiter's call");
});

t.test("what is no snapshot is said in a line", async () => {
  writeFileSync(file("text"), "hello\n");
  const cut = await snapshot("cut");
  truncateSync(cut, 10_000);
  for (const path of [file("none"), file("text"), cut, folder]) {
    const { status, stdout, stderr } = await ring3(["ipcs", path]);
    equal(status, 125, path);
    equal(stdout, "", "stdout");
    ok(/^ring3: [^\n]+\n$/.test(stderr), stderr);
  }
  equal((await ring3(["ipcs"])).status, 125, "no file");
});
