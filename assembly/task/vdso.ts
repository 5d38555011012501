// The vDSO in every address space: two pages of one frame, see tools/vdso.c. vdso(7).
import { MAPPING_ZERO, Mapping, mappingGet, mappingNew, mappingPut } from "../mm/mapping";
import { PROT_EXEC, PROT_READ, mapFindFree, mapInsert } from "../mm/map";
import { frameHold } from "../mm/refs";
import { Mm, VM_VDSO } from "../mm/space";
import { now, realtime } from "./clock";
import { VDSO_BYTES, VDSO_IMAGE, VDSO_REALTIME } from "./vdso-image";

const STATE = memory.data(8, 8);
const PAGES: u64 = 2;

/** Makes the image; without memory there is no vDSO. */
export function vdsoInit(): void {
  store<u32>(STATE, 0);
  const mapping = mappingNew(MAPPING_ZERO, 0);
  if (!mapping) return;
  const frame = mappingGet(mapping, 0);
  if (!frame) return;
  memory.copy(frame, VDSO_IMAGE, VDSO_BYTES);
  store<u64>(frame + VDSO_REALTIME, realtime() - now());
  frameHold(frame);
  if (!mappingPut(mapping, 1, frame)) return;
  mapping.size = PAGES << 12;
  store<u32>(STATE, <u32>changetype<usize>(mapping));
}

/** CLOCK_REALTIME has become another. */
export function vdsoRefresh(): void {
  const mapping = changetype<Mapping>(<usize>load<u32>(STATE));
  if (!changetype<usize>(mapping)) return;
  store<u64>(mappingGet(mapping, 0) + VDSO_REALTIME, realtime() - now());
}

/** Its pages, 0 = there was no memory for them. */
export function vdsoMapping(): usize {
  return load<u32>(STATE);
}

/** Maps it into a new program's address space: its guest address, 0 when it cannot be there. */
export function vdsoMap(mm: Mm): u64 {
  const mapping = changetype<Mapping | null>(<usize>load<u32>(STATE));
  if (!mapping) return 0;
  const at = mapFindFree(mm, PAGES << 12);
  if (!at || mapInsert(mm, at, PAGES << 12, PROT_READ | PROT_EXEC, VM_VDSO, mapping, 0, 0)) return 0;
  return at;
}
