// The grammar that host/fuzz/grammar.ts makes from the system call table and writes to GRAMMAR as u32 words:
//
//   0 variants │ 1 their offset (14 words each) │ 2 types (4 words each) │ 3 pool (u64 values) │ 4 structs (4 words each)
//   5 strings (offset, length) │ 6 families (start, count) │ 7 families' number │ 8 producers by resource (start, count)
//   9 lists of variants │ 10 all values that a resource may have by itself
import { GRAMMAR } from "./layout";

export const T_CONST: u32 = 0; // a: in the pool
export const T_ONE: u32 = 1; // a, b: one of b values of the pool
export const T_FLAGS: u32 = 2; // a, b: some of them; c: index + 1 of a value that is always there
export const T_RES: u32 = 3; // a: resource; b, c: values of the pool when there is none
export const T_PTR: u32 = 4; // a: struct; b: direction; c: at most so many of them (0 = one)
export const T_LEN: u32 = 5; // a: of which value; b: 0 bytes, 1 elements
export const T_BUF: u32 = 6; // b: direction
export const T_STR: u32 = 7; // a, b: pointer to one of b strings
export const T_PID: u32 = 8;
export const T_HANDLER: u32 = 9;
export const T_RESTORER: u32 = 10;
export const T_INT: u32 = 11;
export const T_MAP: u32 = 12; // an address where calls map memory
export const T_SHARED: u32 = 13; // pointer to a word of shared memory
export const T_FILL: u32 = 14; // a: so many bytes of one letter
export const T_TEXT: u32 = 15; // a, b: one of b strings, in place; c: its room

/** Flags of a type: may be a null pointer. */
export const TF_NULL: u32 = 1;

export const V_FORK: u32 = 1;
export const V_THREAD: u32 = 2;
export const V_EXIT: u32 = 4;
/** A pair of descriptors is written to the first buffer. */
export const V_PAIR: u32 = 8;
/** Depends on the clock, which Linux is not asked about. */
export const V_LOCAL: u32 = 16;

// @ts-ignore: decorator
@inline
function word(i: u32): u32 {
  return load<u32>(GRAMMAR + (i << 2));
}

// @ts-ignore: decorator
@inline
export function variantCount(): u32 {
  return word(0);
}

@unmanaged
export class Variant {
  nr: i32;
  flags: u32;
  /** Resource that the result, or the pair, is; 0 = none. */
  result: u32;
  args: u32;
  /** Family that it belongs to. */
  family: u32;
  weight: u32;
  type0: u32;
  type1: u32;
  type2: u32;
  type3: u32;
  type4: u32;
  type5: u32;
  spare0: u32;
  spare1: u32;
}

// @ts-ignore: decorator
@inline
export function variantAt(i: u32): Variant {
  return changetype<Variant>(GRAMMAR + word(1) + i * 56);
}

// @ts-ignore: decorator
@inline
export function variantType(v: Variant, arg: u32): u32 {
  return load<u32>(changetype<usize>(v) + 24 + (arg << 2));
}

@unmanaged
export class Type {
  kind: u8;
  size: u8;
  flags: u16;
  a: u32;
  b: u32;
  c: u32;
}

// @ts-ignore: decorator
@inline
export function typeAt(i: u32): Type {
  return changetype<Type>(GRAMMAR + word(2) + (i << 4));
}

// @ts-ignore: decorator
@inline
export function poolAt(i: u32): u64 {
  return load<u64>(GRAMMAR + word(3) + (i << 3));
}

@unmanaged
export class Struct {
  /** Its fields are types from here on. */
  types: u32;
  count: u32;
  bytes: u32;
  spare: u32;
}

// @ts-ignore: decorator
@inline
export function structAt(i: u32): Struct {
  return changetype<Struct>(GRAMMAR + word(4) + (i << 4));
}

export function stringStart(i: u32): usize {
  return GRAMMAR + load<u32>(GRAMMAR + word(5) + (i << 3));
}

export function stringLength(i: u32): u32 {
  return load<u32>(GRAMMAR + word(5) + (i << 3), 4);
}

export function familyCount(): u32 {
  return word(7);
}

export function familyStart(i: u32): u32 {
  return load<u32>(GRAMMAR + word(6) + (i << 3));
}

export function familySize(i: u32): u32 {
  return load<u32>(GRAMMAR + word(6) + (i << 3), 4);
}

export function producerStart(resource: u32): u32 {
  return load<u32>(GRAMMAR + word(8) + (resource << 3));
}

export function producerCount(resource: u32): u32 {
  return load<u32>(GRAMMAR + word(8) + (resource << 3), 4);
}

/** Entry `i` of the lists that families and producers point into. */
export function listed(i: u32): u32 {
  return load<u32>(GRAMMAR + word(9) + (i << 2));
}
