// Calls whose arguments depend on one another. Each function is run at entry and again at exit.
import type { Special } from "./special-base.ts";
import { fileCalls } from "./special-file.ts";
import { ipcCalls } from "./special-ipc.ts";
import { taskCalls } from "./special-task.ts";

export const SPECIAL: Record<string, Special> = { ...fileCalls, ...ipcCalls, ...taskCalls };
