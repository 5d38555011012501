// getrusage(2), and the struct rusage of wait4(2) and waitid(2).
import { EFAULT, EINVAL } from "../abi/errno";
import { RUSAGE_CHILDREN, RUSAGE_RU_MAXRSS, RUSAGE_RU_MINFLT, RUSAGE_RU_NIVCSW, RUSAGE_RU_NVCSW, RUSAGE_SELF, RUSAGE_THREAD, SIZEOF_RUSAGE } from "../abi/resource";
import { copyOut } from "../mm/usercopy";
import { groupInstructions, taskInstructions } from "../task/clocks";
import { current } from "../task/task";
import { USAGE_FAULTS, USAGE_PREEMPTED, USAGE_VOLUNTARY, childUsage, usageOfGroup, usageOfTask } from "../task/usage";

const BUFFER = memory.data(144, 8);
const SECOND: u64 = 1_000_000_000;

/** Writes a struct rusage: user time from instructions (1 ns each), pages, counters of task/usage.ts. */
export function rusageOut(to: u64, instructions: u64, peakPages: u64, usage: usize): bool {
  memory.fill(BUFFER, 0, SIZEOF_RUSAGE);
  store<u64>(BUFFER, instructions / SECOND);
  store<u64>(BUFFER, (instructions % SECOND) / 1000, 8);
  store<u64>(BUFFER + RUSAGE_RU_MAXRSS, peakPages * 4);
  store<u64>(BUFFER + RUSAGE_RU_MINFLT, load<u64>(usage + USAGE_FAULTS));
  store<u64>(BUFFER + RUSAGE_RU_NVCSW, load<u64>(usage + USAGE_VOLUNTARY));
  store<u64>(BUFFER + RUSAGE_RU_NIVCSW, load<u64>(usage + USAGE_PREEMPTED));
  return copyOut(to, BUFFER, SIZEOF_RUSAGE);
}

export function sys_getrusage(who: u64, to: u64): i64 {
  const group = current.group;
  let ok: bool;
  switch (<i32>who) {
    case RUSAGE_SELF: ok = rusageOut(to, groupInstructions(group), max<u64>(current.mm.rssPeak, group.peakRss), usageOfGroup(group)); break;
    case RUSAGE_THREAD: ok = rusageOut(to, taskInstructions(current), current.mm.rssPeak, usageOfTask(current)); break;
    case RUSAGE_CHILDREN: ok = rusageOut(to, group.childInstructions, group.childPeakRss, childUsage(group)); break;
    default: return -EINVAL;
  }
  return ok ? 0 : -EFAULT;
}
