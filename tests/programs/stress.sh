# limit: 120
# stress-ng's stressors of sockets and of descriptors that are waited for, two of each.
stress() {
  name=$1
  shift
  stress-ng --verify --"$name" 2 --"$name"-ops 1000 "$@" > out 2>&1
  echo "$name $* $?"
  grep -e fail: -e skip out
}
stress sockfd
stress sockpair
stress sock
stress sockmany
stress udp
stress poll
stress eventfd
stress timerfd
stress sigfd
exit 0
