// Differences from Linux that are known and told in docs/CAVEATS.md, by the key of native.ts: Difference.
export const EXPLAINED: { key: RegExp; why: string }[] = [
  { key: /^(flock|fcntl\$F_(OFD_)?(GETLK|SETLKW?)) the result: -22 \/ (0|-9|-11)$/, why: "locks of files without inode: pipes, sockets, event descriptors" },
  { key: /^socket\S* the result: -97 \//, why: "address families that are not there" },
  { key: /^futex\S* the result: -38 \//, why: "futexes with priority inheritance" },
  { key: /^rt_sigqueueinfo the result: \S+ \/ -7$/, why: "siginfo of an unknown layout" },
  { key: /^fcntl\S* the result: -22 \/ -14$/, why: "hints of a file's life (F_GET_RW_HINT)" },
  { key: /^memfd_create the result: -22 \/ \d+$/, why: "memory of huge pages" },
];
