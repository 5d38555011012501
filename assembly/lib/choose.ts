// Every choice that Linux leaves open is made here, so that chance or a tape can answer it.
//
//   a tape or log entry, 8 bytes: u8 kind at byte 3, u24 n in bytes 0–2 │ u32 answer
//
// Answer 0 is what Linux does when nothing interferes; without a mode no choice costs more than a load and a branch.
import { kfree } from "../mm/kmalloc";

export const CHOOSE_RUN = 0; // which runnable task goes on: its place in the queue
export const CHOOSE_SLICE = 1; // how long: 200,000 instructions halved so often
export const CHOOSE_WAKE = 2; // which of several waiters is woken
export const CHOOSE_SHORT = 3; // a transfer of a stream is cut to that many eighths (0 = whole)
export const CHOOSE_PID = 4; // how many ids are left out
export const CHOOSE_MMAP = 5; // how many pages lower than possible a mapping goes
export const CHOOSE_ALLOC = 6; // 1: an allocation of the kernel fails
export const CHOOSE_PREEMPT = 7; // how many instructions earlier than the slice says a task is pre-empted, at that very instruction (0: at a branch)
export const CHOOSE_STORE = 8; // 1: others see the store of that instruction only when the task goes on
export const CHOOSE_EINTR = 9; // 1: a call that would sleep ends with EINTR where a stop and a SIGCONT would end it so
export const CHOOSE_POLL = 10; // which of the ready descriptors an epoll tells first
export const CHOOSE_ASLR = 11; // by how many pages program, heap, mappings and stack of an execve are moved
export const CHOOSE_KINDS = 12;

export const CHOICES_RANDOM: u32 = 1;
export const CHOICES_TAPE: u32 = 2;
export const CHOICES_LOG: u32 = 4;

const STATE = memory.data(64, 8);
const MODE: usize = 0; // u32 CHOICES_*
const KINDS: usize = 4; // u32: one bit a kind that chance may answer
const TAPE: usize = 8; // u32 next entry
const TAPE_END: usize = 12; // u32
const LOG: usize = 16; // u32 next entry
const LOG_END: usize = 20; // u32
const MADE: usize = 24; // u32 choices made since choicesSet
const TAPE_BEGIN: usize = 40; // u32 of hostAlloc
const LOG_BEGIN: usize = 44; // u32
const RANDOM: usize = 32; // u64: a generator of its own, so that the guest's random numbers stay what the seed gives

/** One of 0 … n − 1. */
// @ts-ignore: decorator
@inline
export function choose(kind: i32, n: u32): u32 {
  return load<u32>(STATE + MODE) ? chooseSlowly(kind, n) : 0;
}

/** Whether anybody may answer. */
// @ts-ignore: decorator
@inline
export function chooses(): bool {
  return load<u32>(STATE + MODE) != 0;
}

function chooseSlowly(kind: i32, n: u32): u32 {
  if (n < 2) return 0;
  const mode = load<u32>(STATE + MODE);
  let answer: u32 = 0;
  const tape = <usize>load<u32>(STATE + TAPE);
  if (mode & CHOICES_TAPE && tape < <usize>load<u32>(STATE + TAPE_END)) {
    // What was recorded for another kind answers nothing: the tape goes on with the next choice that fits.
    if (<i32>(load<u32>(tape) >> 24) == kind) {
      answer = load<u32>(tape, 4) % n;
      store<u32>(STATE + TAPE, <u32>tape + 8);
    }
  } else if (mode & CHOICES_RANDOM && (load<u32>(STATE + KINDS) >> kind) & 1) answer = byChance(kind, n);
  store<u32>(STATE + MADE, load<u32>(STATE + MADE) + 1);
  const log = <usize>load<u32>(STATE + LOG);
  if (mode & CHOICES_LOG && log < <usize>load<u32>(STATE + LOG_END)) {
    store<u32>(log, (<u32>kind << 24) | (n & 0xffffff));
    store<u32>(log, answer, 4);
    store<u32>(STATE + LOG, <u32>log + 8);
  }
  return answer;
}

/** splitmix64 (Vigna). */
function random(): u64 {
  const state = load<u64>(STATE + RANDOM) + 0x9e3779b97f4a7c15;
  store<u64>(STATE + RANDOM, state);
  let z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

function byChance(kind: i32, n: u32): u32 {
  const r = random();
  // What makes most runs useless when it happens often is rare.
  if (kind == CHOOSE_SHORT && r & 3) return 0;
  if (kind == CHOOSE_ALLOC && r & 127) return 0;
  if (kind == CHOOSE_EINTR && r & 15) return 0;
  return <u32>((r >> 32) % n);
}

/** Of `count` bytes of a stream those that are transferred: all, or less where Linux could give less. At least one. */
export function chooseShort(count: u64): u64 {
  if (count < 2) return count;
  const eighths = choose(CHOOSE_SHORT, 8);
  return eighths ? max<u64>((count * eighths) >> 3, 1) : count;
}

/** Sets who answers: CHOICES_* flags, the kinds (bits) that chance answers, its seed. */
export function choicesSet(mode: u32, kinds: u32, seed: u64): void {
  store<u32>(STATE + MODE, mode);
  store<u32>(STATE + KINDS, kinds);
  store<u64>(STATE + RANDOM, seed);
  store<u32>(STATE + MADE, 0);
  kfree(load<u32>(STATE + TAPE_BEGIN));
  kfree(load<u32>(STATE + LOG_BEGIN));
  choicesTape(0, 0);
  choicesLog(0, 0);
}

/** The answers of a tape: `count` entries at `at`, from hostAlloc; choicesSet frees them. */
export function choicesTape(at: usize, count: u32): void {
  store<u32>(STATE + TAPE_BEGIN, <u32>at);
  store<u32>(STATE + TAPE, <u32>at);
  store<u32>(STATE + TAPE_END, <u32>at + count * 8);
}

/** Room for `count` entries at `at`, from hostAlloc, where choices are written down; those past it are only counted. choicesSet frees it. */
export function choicesLog(at: usize, count: u32): void {
  store<u32>(STATE + LOG_BEGIN, <u32>at);
  store<u32>(STATE + LOG, <u32>at);
  store<u32>(STATE + LOG_END, <u32>at + count * 8);
}

/** Where choices are written down, and how many are. */
export function choicesLogBegin(): usize {
  return load<u32>(STATE + LOG_BEGIN);
}

export function choicesLogged(): u32 {
  return (load<u32>(STATE + LOG) - load<u32>(STATE + LOG_BEGIN)) >> 3;
}

/** Choices made since choicesSet. */
export function choicesMade(): u32 {
  return load<u32>(STATE + MADE);
}
