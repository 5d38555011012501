// Makes calls by the grammar, at the end of a program.
import { below, oneIn, random } from "./random";
import { ACTORS_MAX, BIG, CALLS_MAX, DATA, LENGTHS, MAPS, SHARED, WINDOW, WINDOWS } from "./layout";
import {
  TF_NULL,
  T_BUF,
  T_CONST,
  T_FILL,
  T_FLAGS,
  T_HANDLER,
  T_INT,
  T_LEN,
  T_MAP,
  T_ONE,
  T_PID,
  T_PTR,
  T_RES,
  T_RESTORER,
  T_SHARED,
  T_STR,
  T_TEXT,
  Type,
  V_FORK,
  V_LOCAL,
  V_PAIR,
  V_THREAD,
  Variant,
  familyCount,
  familySize,
  familyStart,
  listed,
  poolAt,
  producerCount,
  producerStart,
  stringLength,
  structAt,
  typeAt,
  variantAt,
  variantType,
} from "./grammar";
import {
  CALL_HEAD,
  CELL,
  CHOICES,
  CHOICES_MAX,
  C_CONST,
  C_FILL,
  C_HANDLER,
  C_PID,
  C_PTR,
  C_REF,
  C_RESTORER,
  C_STR,
  C_TEXT,
  callActor,
  callBytes,
  callVariant,
  firstCall,
  programAt,
  programRoom,
} from "./program";
import { CHOOSE_ALLOC, CHOOSE_MMAP, CHOOSE_PID, CHOOSE_SHORT, CHOOSE_WAKE } from "../lib/choose";

const CELLS_MAX: u32 = 48;
const INTS = memory.data<i64>([0, 1, 2, -1, 3, 4, 8, 16, 64, 255, 4096, 65536, 0x7fffffff, -0x80000000, 0xffffffff, 0x7fffffffffffffff]);
const INT_COUNT: u32 = 16;
const SIZES = memory.data<u32>([0, 1, 2, 3, 7, 8, 15, 16, 32, 64, 128, 256]);

let program: usize = 0;
let call: usize = 0;
let cells: u32 = 0;
let window: u64 = 0;
let windowUsed: u32 = 0;
let actor: u32 = 0;
let eagerOnly: bool = false;
/** Families of the program in the making. */
let families: u64 = 0;
/** Which descriptors of the stage (two of them from here on, in the pool of values) most of its calls use. */
let focus: u32 = 0;

/** Restricts what is generated to what native Linux can be asked about. */
export function setEagerOnly(on: bool): void {
  eagerOnly = on;
}

export function chooseFamilies(): void {
  const count = familyCount();
  families = 0;
  focus = below(4) << 1;
  const wanted: u32 = 1 + below(3);
  for (let i: u32 = 0; i < wanted; i++) families |= <u64>1 << <u64>below(count);
}

export function setFamilies(set: u64): void {
  families = set;
  focus = below(4) << 1;
}

// @ts-ignore: decorator
@inline
function putCell(at: usize, kind: u8, size: u8, aux: u32, address: u32, value: u64): void {
  store<u8>(at, kind);
  store<u8>(at, size, 1);
  store<u16>(at, aux, 2);
  store<u32>(at, address, 4);
  store<u64>(at, value, 8);
}

/** A value of type `t`, as argument (address 0) or to be stored at `address`. */
function emit(at: usize, kind: u8, size: u32, aux: u32, address: u32, value: u64): void {
  if (address) {
    if (cells >= CELLS_MAX) return;
    putCell(call + CALL_HEAD + (<u32>load<u8>(call, 3) + cells) * CELL, kind, <u8>size, aux, address, value);
    cells++;
  } else putCell(at, kind, <u8>size, aux, 0, value);
}

function windowTake(bytes: u32): u64 {
  const room = (bytes + 7) & ~7;
  if (windowUsed + room > WINDOW) return 0;
  const at = window + windowUsed;
  windowUsed += room;
  return at;
}

/** A resource: the result of a call that is there, mostly one of the same actor. */
function emitResource(at: usize, t: Type, address: u32): void {
  const count = <u32>programAt(program).calls;
  const size = <u32>t.size;
  let chosen: u32 = u32.MAX_VALUE;
  if (count && !oneIn(12)) {
    let scan = firstCall(program);
    let seen: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const v = variantAt(callVariant(scan));
      if (v.result == t.a && (callActor(scan) == actor || !oneIn(3))) {
        // Later ones are likelier.
        seen++;
        if (chosen == u32.MAX_VALUE || below(seen + 1) != 0) chosen = v.flags & V_PAIR ? (i << 2) + 1 + below(2) : i << 2;
      }
      scan += callBytes(scan);
    }
  }
  const fallback = t.c ? poolAt(t.b + valueIndex(t.c)) : u64.MAX_VALUE;
  // What the stage made is what several processes share.
  const shared: bool = t.c > 0 && (programAt(program).processes > 1 ? oneIn(2) : oneIn(5));
  if (chosen != u32.MAX_VALUE && !shared) emit(at, C_REF, size, chosen, address, u64.MAX_VALUE);
  else emit(at, C_CONST, size, 0, address, fallback);
}

/** Which of `count` values: mostly those that the program is about. */
function valueIndex(count: u32): u32 {
  return count > 8 && !oneIn(4) ? focus + below(2) : below(count);
}

function flagsOf(t: Type): u64 {
  let value: u64 = t.c ? poolAt(t.c - 1) : 0;
  if (!t.b || below(3) == 0) return value;
  const n: u32 = 1 + below(oneIn(4) ? 3 : 1);
  for (let i: u32 = 0; i < n; i++) value |= poolAt(t.a + below(t.b));
  return value;
}

function intOf(): u64 {
  const r = below(8);
  if (r < 5) return below(5);
  if (r < 7) return load<u64>(INTS + (below(INT_COUNT) << 3));
  return random() >> <u64>below(64);
}

function setLength(level: u32, index: u32, bytes: u32, count: u32): void {
  const at = LENGTHS + (level << 7) + (index << 2);
  store<u32>(at, bytes);
  store<u32>(at, count, 64);
}

/** A buffer of bytes: where it is; its length is noted. */
function emitBuffer(at: usize, t: Type, address: u32, level: u32, index: u32): void {
  let bytes = load<u32>(SIZES + (below(10) << 2));
  if (oneIn(32)) bytes = oneIn(3) ? 8192 + below(3) * 4096 : 128 + below(128);
  let where = bytes > 256 ? BIG : windowTake(max<u32>(bytes, 8));
  if (!where) where = BIG;
  if (where != BIG && t.b & 1 && bytes) emit(0, C_FILL, 1, bytes, <u32>where, 97 + below(26));
  setLength(level, index, bytes, bytes);
  emit(at, C_PTR, 8, 0, address, where);
}

function emitPointer(at: usize, t: Type, address: u32, level: u32, index: u32): void {
  const s = structAt(t.a);
  let count: u32 = 1;
  if (t.c) count = 1 + below(t.c);
  const where = windowTake(count * s.bytes);
  if (!where) {
    setLength(level, index, 0, 0);
    emit(at, C_CONST, 8, 0, address, 0);
    return;
  }
  setLength(level, index, count * s.bytes, count);
  emit(at, C_PTR, 8, 0, address, where);
  if (!(t.b & 1) || level >= 3) return;
  for (let i: u32 = 0; i < count; i++) emitFields(t.a, where + i * s.bytes, level + 1);
}

function emitFields(index: u32, where: u64, level: u32): void {
  const s = structAt(index);
  let offset: u32 = 0;
  for (let i: u32 = 0; i < s.count; i++) {
    const t = typeAt(s.types + i);
    if (t.kind != T_LEN) emitValue(0, t, <u32>where + offset, level, i);
    offset += sizeOf(t);
  }
  offset = 0;
  for (let i: u32 = 0; i < s.count; i++) {
    const t = typeAt(s.types + i);
    if (t.kind == T_LEN) emitValue(0, t, <u32>where + offset, level, i);
    offset += sizeOf(t);
  }
}

function sizeOf(t: Type): u32 {
  return t.kind == T_FILL ? t.a : t.kind == T_TEXT ? t.c : <u32>t.size;
}

/** A pointer that is null now and then, and rarely nonsense. True when it was made. */
function emitBadPointer(at: usize, t: Type, address: u32, level: u32, index: u32): bool {
  const nul = (t.flags & TF_NULL) != 0;
  if (nul ? !oneIn(2) : !oneIn(100)) return false;
  setLength(level, index, nul ? 0 : 8, nul ? 0 : 1);
  const wild: u64 = nul ? 0 : oneIn(2) ? 0 : oneIn(2) ? 0xffffffffffffffff : 0x1000;
  emit(at, C_CONST, 8, 0, address, wild);
  return true;
}

function emitValue(at: usize, t: Type, address: u32, level: u32, index: u32): void {
  const size = <u32>t.size;
  const kind = <u32>t.kind;
  if ((kind == T_PTR || kind == T_BUF || kind == T_STR || kind == T_SHARED) && emitBadPointer(at, t, address, level, index)) return;
  switch (kind) {
    case T_CONST: emit(at, C_CONST, size, 0, address, poolAt(t.a)); return;
    case T_ONE: emit(at, C_CONST, size, 0, address, t.b ? poolAt(t.a + below(t.b)) : 0); return;
    case T_FLAGS: emit(at, C_CONST, size, 0, address, flagsOf(t)); return;
    case T_RES: emitResource(at, t, address); return;
    case T_PTR: emitPointer(at, t, address, level, index); return;
    case T_LEN: {
      let value = load<u32>(LENGTHS + (level << 7) + (t.a << 2) + (t.b << 6));
      if (oneIn(24)) value = oneIn(2) ? value + 1 : below(16);
      emit(at, C_CONST, size, 0, address, value);
      return;
    }
    case T_BUF: emitBuffer(at, t, address, level, index); return;
    case T_STR: {
      const s = t.a + below(t.b);
      const where = windowTake(stringLength(s) + 1);
      setLength(level, index, stringLength(s), stringLength(s));
      emit(at, C_PTR, 8, 0, address, where ? where : DATA);
      if (where) emit(0, C_STR, 1, 0, <u32>where, s);
      return;
    }
    case T_PID: emit(at, C_PID, size, 0, address, below(oneIn(8) ? ACTORS_MAX : 3)); return;
    case T_HANDLER: emit(at, C_HANDLER, size, 0, address, oneIn(2) ? 2 : below(2)); return;
    case T_RESTORER: emit(at, C_RESTORER, size, 0, address, 0); return;
    case T_INT: emit(at, C_CONST, size, 0, address, intOf()); return;
    case T_MAP: emit(at, C_CONST, size, 0, address, MAPS + (<u64>below(8) << 12)); return;
    case T_SHARED: {
      setLength(level, index, 4, 1);
      emit(at, C_PTR, size, 0, address, SHARED + (below(4) << 2));
      return;
    }
    case T_FILL: emit(at, C_FILL, 1, t.a, address, 97 + below(26)); return;
    case T_TEXT: emit(at, C_TEXT, 1, t.c, address, t.a + below(t.b)); return;
    default: return;
  }
}

/** Appends a call of variant `index` by actor `who`; false when there is no room. */
export function generateCall(to: usize, index: u32, who: u32): bool {
  program = to;
  const head = programAt(to);
  if (head.calls >= <u16>CALLS_MAX || !programRoom(to, CALL_HEAD + (6 + CELLS_MAX) * CELL)) return false;
  const v = variantAt(index);
  call = to + head.bytes;
  cells = 0;
  actor = who;
  window = DATA + <u64>((<u32>head.windows % WINDOWS) * WINDOW);
  windowUsed = 0;
  store<u16>(call, index);
  store<u8>(call, who, 2);
  store<u8>(call, v.args, 3);
  let makes: u32 = 0;
  if (v.flags & (V_FORK | V_THREAD)) makes = nextActor(to);
  store<u8>(call, makes, 5);
  emitArgs(v);
  store<u8>(call, cells, 4);
  store<u16>(call, windowUsed, 6);
  head.windows++;
  head.calls++;
  head.bytes += callBytes(call);
  return true;
}

function emitArgs(v: Variant): void {
  for (let i: u32 = 0; i < v.args; i++) {
    const t = typeAt(variantType(v, i));
    if (t.kind != T_LEN) emitValue(call + CALL_HEAD + i * CELL, t, 0, 0, i);
  }
  for (let i: u32 = 0; i < v.args; i++) {
    const t = typeAt(variantType(v, i));
    if (t.kind == T_LEN) emitValue(call + CALL_HEAD + i * CELL, t, 0, 0, i);
  }
}

/** The number of the actor that the next fork begins. */
function nextActor(to: usize): u32 {
  let next = <u32>programAt(to).processes;
  const count = <u32>programAt(to).calls;
  let scan = firstCall(to);
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(scan, 5) >= <u8>next) next = <u32>load<u8>(scan, 5) + 1;
    scan += callBytes(scan);
  }
  return min<u32>(next, ACTORS_MAX - 1);
}

/** Actors that a call may be given to: those that are there, and those that calls have made. */
export function actorsOf(to: usize): u32 {
  let most = max<u32>(1, programAt(to).processes);
  const count = <u32>programAt(to).calls;
  let scan = firstCall(to);
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(scan, 5) >= <u8>most) most = <u32>load<u8>(scan, 5) + 1;
    scan += callBytes(scan);
  }
  return most;
}

function anyVariant(): u32 {
  let index = someVariant();
  for (let tries = 0; tries < 8 && eagerOnly && variantAt(index).flags & V_LOCAL; tries++) index = someVariant();
  return index;
}

function someVariant(): u32 {
  let set = families;
  if (!set || oneIn(10)) set = <u64>1 << <u64>below(familyCount());
  let n = below(<u32>popcnt(set));
  while (n--) set &= set - 1;
  const family = <u32>ctz(set);
  return listed(familyStart(family) + below(familySize(family)));
}

/** Whether the program has a call that gives resource `kind`. */
function hasResource(to: usize, kind: u32): bool {
  const count = <u32>programAt(to).calls;
  let scan = firstCall(to);
  for (let i: u32 = 0; i < count; i++) {
    if (variantAt(callVariant(scan)).result == kind) return true;
    scan += callBytes(scan);
  }
  return false;
}

/** Appends a call, and before it mostly what makes the resource that it needs. */
export function generateAny(to: usize, who: u32): bool {
  const index = anyVariant();
  const v = variantAt(index);
  for (let i: u32 = 0; i < v.args; i++) {
    const t = typeAt(variantType(v, i));
    if (t.kind != T_RES || hasResource(to, t.a) || oneIn(t.c ? 2 : 10)) continue;
    const makers = producerCount(t.a);
    if (makers) generateCall(to, listed(producerStart(t.a) + below(makers)), oneIn(3) ? below(actorsOf(to)) : who);
    break;
  }
  return generateCall(to, index, who);
}

/** A schedule of a kind that is allowed. `kinds`: bits of SCHED_*. */
export function generateSchedule(to: usize, kinds: u32): void {
  const head = programAt(to);
  let set = kinds;
  let n = below(<u32>popcnt(set));
  while (n--) set &= set - 1;
  head.schedule = <u8>ctz(set) | (eagerOnly ? 0x80 : 0);
  head.seed = random();
  head.depth = <u8>(1 + below(3));
}

/** One to three answers to what Linux leaves open, in one program of four; Linux is asked about none. */
export function generateChoices(to: usize): void {
  memory.fill(to + CHOICES, 0, CHOICES_MAX);
  if (eagerOnly || !oneIn(4)) return;
  const count: u32 = 1 + below(3);
  for (let i: u32 = 0; i < count; i++) store<u8>(to + CHOICES + i, someChoice());
}

/** Of those kinds that matter where the schedule is given. */
function someChoice(): u8 {
  switch (below(5)) {
    case 0: return <u8>((CHOOSE_WAKE << 5) | (1 + below(3)));
    case 1: return <u8>((CHOOSE_SHORT << 5) | (1 + below(7)));
    case 2: return <u8>((CHOOSE_PID << 5) | (1 + below(15)));
    case 3: return <u8>((CHOOSE_MMAP << 5) | (1 + below(31)));
    default: return <u8>((CHOOSE_ALLOC << 5) | below(oneIn(2) ? 4 : 32));
  }
}

/** Changes, adds or takes away one answer. */
export function mutateChoice(to: usize): void {
  if (eagerOnly) return;
  store<u8>(to + CHOICES + below(4), oneIn(3) ? 0 : someChoice());
}

/** A program of about `calls` calls, from nothing. */
export function generateProgram(to: usize, processes: u32, calls: u32, kinds: u32): void {
  memory.fill(to, 0, 128);
  const head = programAt(to);
  head.processes = <u8>processes;
  head.bytes = 128;
  chooseFamilies();
  let who = below(processes);
  while (<u32>head.calls < calls) {
    if (oneIn(2)) who = below(actorsOf(to));
    if (!generateAny(to, who)) break;
  }
  generateSchedule(to, kinds);
  generateChoices(to);
}
