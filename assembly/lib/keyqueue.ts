// Queues whose entries have a key and a place in one order of arrival, such as messages by type or sleepers by what they need.
// Entries of one key stand in a group, first in, first out; the groups are a treap by key in which each node knows
// the earliest entry below it. So "the first entry with a key up to k" costs the logarithm of the number of keys,
// however many entries there are.
//
//        group key 5 ── least order below it          entries:  group ⇄ 17 ⇄ 23 ⇄ 41
//        ╱         ╲
//   group 2      group 9
import { kfree, kzalloc } from "../mm/kmalloc";
import { Link } from "./list";

/** A member of a KeyQueue. */
@unmanaged
export class KeyLink extends Link {
  group: usize;
  /** Place in the order of arrival. */
  order: u64;
}

@unmanaged
class Group {
  // The entries, in order: a list head.
  next: Link;
  prev: Link;
  key: i64;
  /** Least order in this group and in those below. */
  least: u64;
  left: u32;
  right: u32;
  parent: u32;
  priority: u32;
}

@unmanaged
export class KeyQueue {
  root: u32;
  /** A group kept for the next key, so that a queue that is filled and emptied in turn allocates nothing. */
  spare: u32;
  count: u32;
}

// @ts-ignore: decorator
@inline
function groupAt(p: u32): Group {
  return changetype<Group>(<usize>p);
}

// @ts-ignore: decorator
@inline
function entries(group: Group): Link {
  return changetype<Link>(changetype<usize>(group));
}

// @ts-ignore: decorator
@inline
function first(group: Group): KeyLink {
  return changetype<KeyLink>(changetype<usize>(entries(group).next));
}

/** Recomputes what the group knows of those below it. */
function pull(group: Group): void {
  let least = first(group).order;
  if (group.left && groupAt(group.left).least < least) least = groupAt(group.left).least;
  if (group.right && groupAt(group.right).least < least) least = groupAt(group.right).least;
  group.least = least;
}

function pullUp(p: u32): void {
  while (p) {
    pull(groupAt(p));
    p = groupAt(p).parent;
  }
}

function replaceChild(queue: KeyQueue, parent: u32, old: u32, by: u32): void {
  if (!parent) queue.root = by;
  else if (groupAt(parent).left == old) groupAt(parent).left = by;
  else groupAt(parent).right = by;
  if (by) groupAt(by).parent = parent;
}

/** The group takes the place of its parent. */
function rotateUp(queue: KeyQueue, p: u32): void {
  const group = groupAt(p);
  const q = group.parent;
  const parent = groupAt(q);
  replaceChild(queue, parent.parent, q, p);
  if (parent.left == p) {
    parent.left = group.right;
    if (group.right) groupAt(group.right).parent = q;
    group.right = q;
  } else {
    parent.right = group.left;
    if (group.left) groupAt(group.left).parent = q;
    group.left = q;
  }
  parent.parent = p;
  pull(parent);
}

function groupFind(queue: KeyQueue, key: i64): u32 {
  let p = queue.root;
  while (p) {
    const group = groupAt(p);
    if (group.key == key) return p;
    p = key < group.key ? group.left : group.right;
  }
  return 0;
}

/** A new group with one entry; 0 = out of memory. */
function groupMake(queue: KeyQueue, key: i64, entry: KeyLink): u32 {
  let p = queue.spare;
  queue.spare = 0;
  if (!p) p = <u32>kzalloc(offsetof<Group>());
  if (!p) return 0;
  const group = groupAt(p);
  entries(group).reset();
  entry.append(entries(group));
  group.key = key;
  group.left = 0;
  group.right = 0;
  group.least = entry.order;
  group.priority = (<u32>key ^ <u32>(key >> 32)) * 0x9e3779b1;
  let parent: u32 = 0;
  for (let at = queue.root; at; ) {
    parent = at;
    at = key < groupAt(at).key ? groupAt(at).left : groupAt(at).right;
  }
  group.parent = parent;
  if (!parent) queue.root = p;
  else if (key < groupAt(parent).key) groupAt(parent).left = p;
  else groupAt(parent).right = p;
  while (group.parent && groupAt(group.parent).priority < group.priority) rotateUp(queue, p);
  pullUp(p);
  return p;
}

function groupErase(queue: KeyQueue, p: u32): void {
  const group = groupAt(p);
  while (group.left && group.right) rotateUp(queue, groupAt(group.left).priority > groupAt(group.right).priority ? group.left : group.right);
  const parent = group.parent;
  replaceChild(queue, parent, p, group.left ? group.left : group.right);
  pullUp(parent);
  if (queue.spare) kfree(p);
  else queue.spare = p;
}

/** Adds an entry whose order is set; false = out of memory. */
export function keyAdd(queue: KeyQueue, entry: KeyLink, key: i64): bool {
  let p = groupFind(queue, key);
  if (!p) {
    p = groupMake(queue, key, entry);
    if (!p) return false;
  } else {
    const list = entries(groupAt(p));
    let before = list.prev;
    while (before !== list && changetype<KeyLink>(changetype<usize>(before)).order > entry.order) before = before.prev;
    // Behind `before`: in front of what follows it.
    entry.append(before.next);
    if (before === list) pullUp(p);
  }
  entry.group = p;
  queue.count++;
  return true;
}

/** Takes an entry out. */
export function keyRemove(queue: KeyQueue, entry: KeyLink): void {
  const p = <u32>entry.group;
  const group = groupAt(p);
  const wasFirst = first(group) === entry;
  entry.unlink();
  entry.group = 0;
  queue.count--;
  if (entries(group).empty) groupErase(queue, p);
  else if (wasFirst) pullUp(p);
}

/** Gives back the memory of an empty queue. */
export function keyClear(queue: KeyQueue): void {
  kfree(queue.spare);
  queue.spare = 0;
}

/** The group below p whose first entry is the earliest of all. */
function earliest(p: u32): KeyLink | null {
  if (!p) return null;
  while (true) {
    const group = groupAt(p);
    if (first(group).order == group.least) return first(group);
    p = group.left && groupAt(group.left).least == group.least ? group.left : group.right;
  }
}

// @ts-ignore: decorator
@inline
function sooner(a: KeyLink | null, b: KeyLink | null): KeyLink | null {
  if (!a) return b;
  if (!b) return a;
  return a.order < b.order ? a : b;
}

/** The earliest entry of all, or null. */
export function keyFirst(queue: KeyQueue): KeyLink | null {
  return earliest(queue.root);
}

/** The earliest entry with this key, or null. */
export function keyFirstOf(queue: KeyQueue, key: i64): KeyLink | null {
  const p = groupFind(queue, key);
  return p ? first(groupAt(p)) : null;
}

/** The earliest entry with a key ≤ `key`, or null. */
export function keyFirstUpTo(queue: KeyQueue, key: i64): KeyLink | null {
  let best: KeyLink | null = null;
  for (let p = queue.root; p; ) {
    const group = groupAt(p);
    if (group.key > key) {
      p = group.left;
      continue;
    }
    best = sooner(best, first(group));
    if (group.left) best = sooner(best, earliest(group.left));
    p = group.right;
  }
  return best;
}

/** The earliest entry with a key ≥ `key`, or null. */
export function keyFirstFrom(queue: KeyQueue, key: i64): KeyLink | null {
  let best: KeyLink | null = null;
  for (let p = queue.root; p; ) {
    const group = groupAt(p);
    if (group.key < key) {
      p = group.right;
      continue;
    }
    best = sooner(best, first(group));
    if (group.right) best = sooner(best, earliest(group.right));
    p = group.left;
  }
  return best;
}

/** The earliest entry with any other key, or null. */
export function keyFirstExcept(queue: KeyQueue, key: i64): KeyLink | null {
  return sooner(key == i64.MIN_VALUE ? null : keyFirstUpTo(queue, key - 1), key == i64.MAX_VALUE ? null : keyFirstFrom(queue, key + 1));
}

/** The earliest entry of the least key, or null. */
export function keyFirstOfLeast(queue: KeyQueue): KeyLink | null {
  let p = queue.root;
  if (!p) return null;
  while (groupAt(p).left) p = groupAt(p).left;
  return first(groupAt(p));
}

/** The earliest entry of the greatest key, or null. */
export function keyFirstOfGreatest(queue: KeyQueue): KeyLink | null {
  let p = queue.root;
  if (!p) return null;
  while (groupAt(p).right) p = groupAt(p).right;
  return first(groupAt(p));
}

/** The entry that follows in the order of keys, then of arrival; null at the end. */
export function keyNext(entry: KeyLink): KeyLink | null {
  const group = groupAt(<u32>entry.group);
  if (entry.next !== entries(group)) return changetype<KeyLink>(changetype<usize>(entry.next));
  let p = <u32>entry.group;
  if (group.right) {
    p = group.right;
    while (groupAt(p).left) p = groupAt(p).left;
    return first(groupAt(p));
  }
  let parent = group.parent;
  while (parent && groupAt(parent).right == p) {
    p = parent;
    parent = groupAt(p).parent;
  }
  return parent ? first(groupAt(parent)) : null;
}

/** The key that an entry stands under. */
export function keyOf(entry: KeyLink): i64 {
  return groupAt(<u32>entry.group).key;
}

/** Moves every entry of the queue later by `delta`. */
export function keyShift(queue: KeyQueue, delta: u64): void {
  let entry = keyFirstOfLeast(queue);
  while (entry) {
    entry.order += delta;
    entry = keyNext(entry);
  }
  shiftLeast(queue.root, delta);
}

function shiftLeast(p: u32, delta: u64): void {
  if (!p) return;
  groupAt(p).least += delta;
  shiftLeast(groupAt(p).left, delta);
  shiftLeast(groupAt(p).right, delta);
}
