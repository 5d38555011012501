// Host and domain name; uname(2). 65 bytes each with NUL.
const NAMES = memory.data(130, 8);
const RING3 = memory.data<u8>([0x72, 0x69, 0x6e, 0x67, 0x33, 0]);
const NONE = memory.data<u8>([0x28, 0x6e, 0x6f, 0x6e, 0x65, 0x29, 0]);

export function utsHostname(): usize {
  if (!load<u8>(NAMES)) memory.copy(NAMES, RING3, 6);
  return NAMES;
}

export function utsDomainname(): usize {
  if (!load<u8>(NAMES + 65)) memory.copy(NAMES + 65, NONE, 7);
  return NAMES + 65;
}
