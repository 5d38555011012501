// Flags that nobody reads: an operation whose flags are all overwritten by a later one of the same sequence is
// replaced by its variant that leaves them alone. Between the two nothing may read the flags, branch or fault, since
// rflags is exact in every signal frame. What an operation does is in OP_EFFECT (gen/ops.ts).
import { EFFECT_KILLS, EFFECT_NONE, EFFECT_PART, OP_EFFECT, OP_WITHOUT_FLAGS } from "../gen/ops";

const ROOM = 24;
/** Addresses of operations whose flags have not been read so far. */
const PENDING = memory.data(96, 4);
let count = 0;

/** A sequence begins. */
export function deadFlagsBegin(): void {
  count = 0;
}

/** An instruction was decoded to the operations from `first` to `end`. */
export function deadFlags(first: usize, end: usize): void {
  const op = load<u16>(first);
  const effect = end - first == 16 ? <u32>load<u8>(OP_EFFECT + op) : 0;
  if (effect == EFFECT_NONE) return;
  if (effect == EFFECT_KILLS) {
    for (let i = 0; i < count; i++) {
      const dead = <usize>load<u32>(PENDING + (i << 2));
      store<u16>(dead, load<u16>(OP_WITHOUT_FLAGS + (<usize>load<u16>(dead) << 1)));
    }
    count = 0;
  } else if (effect != EFFECT_PART) {
    count = 0;
    return;
  }
  if (count < ROOM && load<u16>(OP_WITHOUT_FLAGS + (<usize>op << 1))) store<u32>(PENDING + (count++ << 2), <u32>first);
}
