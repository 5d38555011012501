// Actors: the tasks that a program's calls are made by. An actor is there from the start (the stage makes it) or begins with a
// call of fork or clone.
import { ACTORS, ACTORS_MAX } from "./layout";

export const ACTOR_NONE: u32 = 0;
/** Between two calls. */
export const ACTOR_READY: u32 = 1;
/** In a call that sleeps. */
export const ACTOR_BLOCKED: u32 = 2;
export const ACTOR_STOPPED: u32 = 3;
export const ACTOR_DEAD: u32 = 4;

@unmanaged
export class Actor {
  task: u32;
  tid: i32;
  status: u32;
  /** The call that it is in, or was in last. */
  call: u32;
  /** First call that may be its next. */
  cursor: u32;
  priority: u32;
  /** Signals that its handlers have seen. */
  handled: u32;
  spare: u32;
}
export const ACTOR_BYTES: u32 = 64;
const SAVED: usize = ACTORS + 0x800;
/** tid of the task made last, 0 = none since it was read. */
let madeTid: i32 = 0;

// @ts-ignore: decorator
@inline
export function actorAt(i: u32): Actor {
  return changetype<Actor>(ACTORS + i * ACTOR_BYTES);
}

export function actorsClear(): void {
  memory.fill(ACTORS, 0, ACTORS_MAX * ACTOR_BYTES);
}

/** Keeps the actors as they are in the snapshot. */
export function actorsSave(): void {
  memory.copy(SAVED, ACTORS, ACTORS_MAX * ACTOR_BYTES);
}

export function actorsRestore(): void {
  memory.copy(ACTORS, SAVED, ACTORS_MAX * ACTOR_BYTES);
  madeTid = 0;
}

export function actorMade(tid: i32): void {
  madeTid = tid;
}

export function takeMade(): i32 {
  const tid = madeTid;
  madeTid = 0;
  return tid;
}

export function actorEnded(tid: i32): void {
  for (let i: u32 = 0; i < ACTORS_MAX; i++) {
    const actor = actorAt(i);
    if (actor.tid != tid || actor.status == ACTOR_NONE) continue;
    actor.status = ACTOR_DEAD;
    actor.task = 0;
  }
}
