// flock(2) and POSIX record locks: no object holds any yet; the places that end them are here.
import { Task } from "../task/task";
import { File } from "./file";

/** The last thread of a process ends. */
export function fileLocksExit(task: Task): void {}

/** A descriptor of table `files` is closed: POSIX locks of the process on the file end. */
export function locksForget(file: File, files: usize): void {}

/** An open file description ends: its flock and OFD locks end. */
export function locksRelease(file: File): void {}
