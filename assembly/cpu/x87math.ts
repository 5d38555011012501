// Constants and transcendental functions of the x87.
import { RC_DOWN, RC_NEAREST, RC_UP, f80Raise, f80Rounding, f80Set } from "./f80";

/** fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2, fldz, rounded as RC says from the 66 bits that the hardware keeps. */
export function constant(which: u32): void {
  const rc = f80Rounding();
  const up = rc == RC_UP;
  const down = rc != RC_UP && rc != RC_NEAREST;
  switch (which) {
    case 0: f80Set(0x3fff, 0x8000000000000000); return;
    case 1: f80Set(0x4000, up ? 0xd49a784bcd1b8aff : 0xd49a784bcd1b8afe); return;
    case 2: f80Set(0x3fff, down ? 0xb8aa3b295c17f0bb : 0xb8aa3b295c17f0bc); return;
    case 3: f80Set(0x4000, down ? 0xc90fdaa22168c234 : 0xc90fdaa22168c235); return;
    case 4: f80Set(0x3ffd, down ? 0x9a209a84fbcff798 : 0x9a209a84fbcff799); return;
    case 5: f80Set(0x3ffe, down ? 0xb17217f7d1cf79ab : 0xb17217f7d1cf79ac); return;
    default: f80Set(0, 0); return;
  }
}

/** d9 f0 … ff that have no exact result. */
export function transcendental(op: u32): void {
}
