// Differences from Linux that are known and told in docs/CAVEATS.md, by the key of native.ts: Difference.
export const EXPLAINED: { key: RegExp; why: string }[] = [
  { key: /^(flock|fcntl\$F_(OFD_)?(GETLK|SETLKW?)) the result: -22 \/ (0|-9|-11)$/, why: "locks of files without inode: pipes, sockets, event descriptors" },
  { key: /^socket\S* the result: -97 \//, why: "address families that are not there" },
  { key: /^futex\S* the result: -38 \//, why: "futexes with priority inheritance" },
  { key: /^rt_(tg)?sigqueueinfo the result: \S+ \/ -7$/, why: "siginfo of an unknown layout" },
  { key: /^fcntl\S* the result: -22 \/ -14$/, why: "hints of a file's life (F_GET_RW_HINT)" },
  { key: /^memfd_create the result: -22 \/ (\d+|-14)$/, why: "memory of huge pages" },
  { key: /^(tkill|tgkill|kill|rt_\w*sigqueueinfo|pidfd_send_signal) the end of the call: there \(-?\d+\) \/ not there$/, why: "a deadly signal to another thread of the caller" },
  { key: /^(splice|sendfile) the (result|end of the call): (there \()?-\d+\)? \/ (not there|-?\d+)$/, why: "splice from sockets that are no streams, and sendfile from sockets" },
  { key: /^ppoll word \d+ of the memory/, why: "the rest of a time" },
  { key: /^mmap the result: -19 \/ -1$/, why: "executable mappings of a file system mounted noexec" },
  { key: /^(ioctl\$FIONREAD the result: -25 \/ 0|pidfd_open the result: -22 \/ \d+|pipe2 the result: -22 \/ -65|fcntl\S+ the result: -22 \/ (-20|0)|getsockopt\S+ the result: -92 \/ 0|ioctl\$FIONBIO the result: -25 \/ 0|mq_open the result: -20 \/ \d+|copy_file_range the result: -22 \/ 0)$/, why: "FIONREAD of queues, PIDFD_THREAD, O_NOTIFICATION_PIPE, F_NOTIFY, F_CREATED_QUERY, rare socket options, FIONBIO of pidfds, all flags at once to mq_open, copies of nothing from pidfds" },
  { key: /^futex\S* the end of the call: not there \/ there \(-3\)$/, why: "a PI futex whose word holds the number of process 1" },
  { key: /^semop the end of the call: not there \/ there \(-11\)$/, why: "a sleeping semop of several operations is looked at again from the one that stopped it" },
  { key: /^sendmsg\S* the result: -(14|9) \/ -22$/, why: "vectors of more entries than the program has memory for" },
];
