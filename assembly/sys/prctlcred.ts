// The part of prctl(2) that changes credentials. Kernel: security/commoncap.c cap_task_prctl().
import { EINVAL, ENOMEM, EPERM } from "../abi/errno";
import {
  PR_CAPBSET_DROP, PR_CAPBSET_READ, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_LOWER, PR_CAP_AMBIENT_RAISE, PR_GET_KEEPCAPS,
  PR_GET_SECUREBITS, PR_SET_KEEPCAPS, PR_SET_SECUREBITS,
} from "../abi/prctl";
import { SECBIT_KEEP_CAPS, SECBIT_NO_CAP_AMBIENT_RAISE, credForChange } from "../task/cred";
import { current } from "../task/task";

const CAP_SETPCAP: u64 = 1 << 8;
const CAP_LAST: u64 = 40;
/** SECURE_ALL_BITS, SECURE_ALL_LOCKS (each lock is the bit above its own), and the pair that needs no capability. */
const ALL_BITS: u32 = 0x555;
const ALL_LOCKS: u32 = 0xaaa;
const UNPRIVILEGED: u32 = 0xf00;

function setSecurebits(bits: u64): i64 {
  const old = current.cred.securebits;
  if (bits & ~<u64>(ALL_BITS | ALL_LOCKS)) return -EPERM;
  const changed = old ^ <u32>bits;
  if (((old & ALL_LOCKS) >> 1) & changed || old & ALL_LOCKS & ~<u32>bits) return -EPERM;
  if (changed & ~UNPRIVILEGED && !(current.cred.capEffective & CAP_SETPCAP)) return -EPERM;
  const own = credForChange(current);
  if (!own) return -ENOMEM;
  own.securebits = <u32>bits;
  return 0;
}

function setKeepCaps(on: u64): i64 {
  if (on > 1) return -EINVAL;
  if (current.cred.securebits & (SECBIT_KEEP_CAPS << 1)) return -EPERM;
  const own = credForChange(current);
  if (!own) return -ENOMEM;
  own.securebits = on ? own.securebits | SECBIT_KEEP_CAPS : own.securebits & ~SECBIT_KEEP_CAPS;
  return 0;
}

function dropBounding(cap: u64): i64 {
  if (!(current.cred.capEffective & CAP_SETPCAP)) return -EPERM;
  if (cap > CAP_LAST) return -EINVAL;
  const own = credForChange(current);
  if (!own) return -ENOMEM;
  own.capBounding &= ~(<u64>1 << cap);
  return 0;
}

function ambient(command: u64, cap: u64, c: u64, d: u64): i64 {
  const cred = current.cred;
  if (command == PR_CAP_AMBIENT_CLEAR_ALL ? cap | c | d : c | d | <u64>(cap > CAP_LAST)) return -EINVAL;
  const bit = <u64>1 << cap;
  if (command == PR_CAP_AMBIENT_IS_SET) return cred.capAmbient & bit ? 1 : 0;
  if (command != PR_CAP_AMBIENT_CLEAR_ALL && command != PR_CAP_AMBIENT_RAISE && command != PR_CAP_AMBIENT_LOWER) return -EINVAL;
  if (command == PR_CAP_AMBIENT_RAISE && (!(cred.capPermitted & cred.capInheritable & bit) || cred.securebits & SECBIT_NO_CAP_AMBIENT_RAISE)) return -EPERM;
  const own = credForChange(current);
  if (!own) return -ENOMEM;
  if (command == PR_CAP_AMBIENT_CLEAR_ALL) own.capAmbient = 0;
  else if (command == PR_CAP_AMBIENT_RAISE) own.capAmbient |= bit;
  else own.capAmbient &= ~bit;
  return 0;
}

/** Answers options about credentials, −EINVAL for all others. */
export function prctlCred(option: i32, a: u64, b: u64, c: u64, d: u64): i64 {
  const cred = current.cred;
  switch (option) {
    case PR_GET_KEEPCAPS: return cred.securebits & SECBIT_KEEP_CAPS ? 1 : 0;
    case PR_SET_KEEPCAPS: return setKeepCaps(a);
    case PR_GET_SECUREBITS: return cred.securebits;
    case PR_SET_SECUREBITS: return setSecurebits(a);
    case PR_CAPBSET_READ: return a > CAP_LAST ? -EINVAL : <i64>((cred.capBounding >> a) & 1);
    case PR_CAPBSET_DROP: return dropBounding(a);
    case PR_CAP_AMBIENT: return ambient(a, b, c, d);
    default: return -EINVAL;
  }
}
