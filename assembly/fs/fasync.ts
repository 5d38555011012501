// Signals that tell of events at an open file: to whom F_SETOWN says, with what F_SETSIG says. Kernel: fs/fcntl.c send_sigio().
import { F_OWNER_PGRP, F_OWNER_TID } from "../abi/fcntl";
import { POLLERR, POLLHUP, POLLIN, POLLMSG, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { POLL_HUP, POLL_IN, POLL_MSG, POLL_OUT, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGIO, SIGSEGV, SIGINFO_SI_BAND, SIGINFO_SI_FD, SIGSYS, SIGTRAP, SI_KERNEL, SI_SIGIO } from "../abi/signal";
import { infoOfKernel, signalGroup, signalTask } from "../task/signal";
import { taskAfter, taskFind, taskFirst } from "../task/table";
import { Group, Task } from "../task/task";
import { File } from "./file";

/** si_band of a POLL_* code. */
function bandOf(reason: i32): u32 {
  switch (reason) {
    case POLL_IN: return POLLIN | POLLRDNORM;
    case POLL_OUT: return POLLOUT | POLLWRNORM | POLLWRBAND;
    case POLL_MSG: return POLLIN | POLLRDNORM | POLLMSG;
    case POLL_HUP: return POLLHUP | POLLERR;
    default: return POLLPRI | POLLRDBAND;
  }
}

/** Signals whose si_code has a meaning of its own; kernel: sig_specific_sicodes(). */
function ownCodes(signal: i32): bool {
  return signal == SIGILL || signal == SIGFPE || signal == SIGSEGV || signal == SIGBUS || signal == SIGTRAP || signal == SIGCHLD || signal == SIGSYS;
}

function deliver(group: Group, thread: Task | null, signal: i32, info: usize): i32 {
  return thread ? signalTask(thread, signal, info) : signalGroup(group, signal, info);
}

/** To a process, or to one thread of it. */
function sendOne(group: Group, thread: Task | null, file: File, fd: i32, reason: i32): void {
  const signal = file.signal;
  if (signal) {
    const info = infoOfKernel(signal, signal != SIGIO && ownCodes(signal) ? SI_SIGIO : reason);
    store<i64>(info + SIGINFO_SI_BAND, bandOf(reason));
    store<i32>(info + SIGINFO_SI_FD, fd);
    if (!deliver(group, thread, signal, info)) return;
  }
  // Without a signal of its own, or when that finds no room.
  deliver(group, thread, SIGIO, infoOfKernel(SIGIO, SI_KERNEL));
}

/** Tells the owner of the file (nobody when it has none) of an event, a POLL_* code. */
export function fasyncSend(file: File, fd: i32, reason: i32): void {
  const owner = file.owner;
  if (!owner) return;
  if (file.ownerKind == F_OWNER_PGRP) {
    for (let task = taskFirst(); task; task = taskAfter(task)) {
      const group = task.group;
      if (task === group.leader && group.pgid == owner) sendOne(group, null, file, fd, reason);
    }
    return;
  }
  const task = taskFind(owner);
  if (task) sendOne(task.group, file.ownerKind == F_OWNER_TID ? task : null, file, fd, reason);
}
