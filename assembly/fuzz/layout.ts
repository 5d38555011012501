// Where things stand in the fuzzer's linear memory. The kernel has all below KERNEL_BYTES; what is above is never reset.
//
//   0 ──────────┬─────────────┬──────────────────────────────────────────────────────────────┐
//    kernel     │ its copy    │ dirty map and list │ edge map and list │ grammar │ programs … │
//   ────────────┴─────────────┴──────────────────────────────────────────────────────────────┘
//               KERNEL_BYTES  FUZZ
export const KERNEL_BYTES: usize = 0x2000000;
export const KERNEL_FRAMES: u32 = 0x1ff0;
export const SNAPSHOT: usize = 0x2000000;
export const FUZZ: usize = 0x4000000;

/** A byte for each granule of the kernel's memory, and the granules that were touched. */
export const GRANULE_SHIFT: u32 = 8;
export const DIRTY_MAP: usize = FUZZ;
export const DIRTY_LIST: usize = FUZZ + 0x40000;
/** A byte for each edge, and those that were new. */
export const EDGE_MAP: usize = FUZZ + 0x100000;
export const EDGE_LIST: usize = FUZZ + 0x140000;
/** Counters of the probes. */
export const PROBE: usize = FUZZ + 0x180000;
export const DIRTY_COUNT: usize = PROBE;
export const EDGE_COUNT: usize = PROBE + 4;
/** Rounds of loops that the kernel may still make in this program. */
export const FUEL_LEFT: usize = PROBE + 8;
export const FUEL_OF_PROGRAM: u32 = 1_000_000;
/** Edges and features seen in all. */
export const EDGES_SEEN: usize = PROBE + 12;
export const FEATURES_SEEN: usize = PROBE + 16;
/** Values of the kernel's globals in the snapshot. */
export const GLOBALS: usize = FUZZ + 0x181000;
/** Lengths of the pointers among the values of a call and of a struct: 16 of bytes and 16 of elements a level. */
export const LENGTHS: usize = FUZZ + 0x182000;
/** How a program is put together from others (mutate.ts). */
export const ORDER: usize = FUZZ + 0x183000;
/** Kinds of findings that were told already. */
export const FINDINGS: usize = FUZZ + 0x184000;
/** What the report of the last program is made of. */
export const REPORT: usize = FUZZ + 0x190000;
export const REPORT_BYTES: usize = 0x60000;
export const GRAMMAR: usize = FUZZ + 0x200000;
export const GRAMMAR_BYTES: usize = 0x100000;
/** The program that runs, one that is being made, one to splice. */
export const PROGRAM: usize = FUZZ + 0x300000;
export const DRAFT: usize = FUZZ + 0x310000;
export const PROGRAM_BYTES: usize = 0x8000;
/** A byte for each feature (states, orders of operations) that was seen. */
export const FEATURES: usize = FUZZ + 0x320000;
export const FEATURE_BITS: u32 = 16;
/** Actors, 64 bytes each. */
export const ACTORS: usize = FUZZ + 0x340000;
export const CALL_STATE: usize = FUZZ + 0x341000; // 64 calls × 64 bytes
export const SCHEDULE_TRACE: usize = FUZZ + 0x343000;
/** The answers of a program's choices as the kernel reads them (lib/choose.ts). */
export const CHOICE_TAPE: usize = FUZZ + 0x344000;
/** Text of the pool of strings, offsets first. */
export const CORPUS_INDEX: usize = FUZZ + 0x400000; // u32 offset of each program
export const CORPUS: usize = FUZZ + 0x440000;
export const CORPUS_BYTES: usize = 0x1800000;
export const CORPUS_MAX: u32 = 0x10000;
export const TOTAL_BYTES: usize = FUZZ + 0x2000000;

// The guest's side: what every actor finds at the same address.
/** Private memory for arguments, a window for each call. */
export const DATA: u64 = 0x20000000;
export const WINDOW: u32 = 1024;
export const WINDOWS: u32 = 60;
/** Private, for long transfers. */
export const BIG: u64 = 0x20010000;
export const BIG_BYTES: u32 = 0x20000;
/** Shared between all actors: futex words and the like. */
export const SHARED: u64 = 0x21000000;
export const SHARED_BYTES: u32 = 0x1000;
export const STACKS: u64 = 0x22000000;
export const STACK_BYTES: u32 = 0x4000;
/** Where calls that map memory do it. */
export const MAPS: u64 = 0x30000000;

export const ACTORS_MAX: u32 = 8;
export const CALLS_MAX: u32 = 64;
