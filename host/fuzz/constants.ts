// Every constant of assembly/abi by its name.
import * as fcntl from "../../assembly/abi/fcntl.ts";
import * as futex from "../../assembly/abi/futex.ts";
import * as inotify from "../../assembly/abi/inotify.ts";
import * as ioctl from "../../assembly/abi/ioctl.ts";
import * as ipc from "../../assembly/abi/ipc.ts";
import * as misc from "../../assembly/abi/misc.ts";
import * as mman from "../../assembly/abi/mman.ts";
import * as poll from "../../assembly/abi/poll.ts";
import * as sched from "../../assembly/abi/sched.ts";
import * as signal from "../../assembly/abi/signal.ts";
import * as socket from "../../assembly/abi/socket.ts";
import * as stat from "../../assembly/abi/stat.ts";
import * as time from "../../assembly/abi/time.ts";
import * as wait from "../../assembly/abi/wait.ts";

export const CONSTANTS: Record<string, number> = { ...sched, ...time, ...wait, ...stat, ...misc, ...poll, ...inotify, ...ioctl, ...mman, ...futex, ...ipc, ...socket, ...signal, ...fcntl };
