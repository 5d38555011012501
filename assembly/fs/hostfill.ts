// Pages of files whose bytes the host has.
import { hostReadPage } from "../imports";

/** Fills the zeroed frame with page `index` of host file `handle`; 0 or −errno. */
export function hostFillPage(handle: i32, index: u64, frame: usize): i32 {
  return hostReadPage(handle, index, frame);
}
