# socat between Unix sockets of all kinds, pipes and programs.
wait_for() { for i in $(seq 200); do [ -e "$1" ] && return; sleep 0.02; done; echo "no $1"; }
listening() { for i in $(seq 200); do grep -q " 00010000 .*$1\$" /proc/net/unix && return; sleep 0.02; done; echo "no $1"; }

echo "-- a program behind a path"
socat UNIX-LISTEN:upper,fork EXEC:"tr a-z A-Z" & server=$!
listening upper
for word in one two three; do echo "$word" | socat - UNIX-CONNECT:upper; done
seq 3 | xargs -P 3 -I{} sh -c 'echo client {} | socat - UNIX-CONNECT:upper' | sort
kill $server; wait $server; echo "server $?"
rm -f upper

echo "-- abstract names"
socat ABSTRACT-LISTEN:r3-socat SYSTEM:'read line; echo "got $line"' & server=$!
listening @r3-socat
echo hello | socat -t 5 - ABSTRACT-CONNECT:r3-socat; echo "client $?"
wait $server; echo "server $?"

echo "-- a big file, half closed"
head -c 3000000 /dev/zero | tr '\0' x > big
socat -u UNIX-LISTEN:sink CREATE:copy & server=$!
listening sink
socat -u FILE:big UNIX-CONNECT:sink
wait $server
sha256sum < big; sha256sum < copy
socat UNIX-LISTEN:both EXEC:"wc -c" & server=$!
listening both
cat big | socat -t 30 - UNIX-CONNECT:both
rm both; socat -t 10 - UNIX-CONNECT:both </dev/null 2>/dev/null; echo "nobody $?"
wait $server

echo "-- datagrams and packets"
socat -u UNIX-RECV:dgram CREATE:received & server=$!
wait_for dgram
for i in 1 2 3; do echo "message $i" | socat -u - UNIX-SENDTO:dgram; done
while [ "$(wc -l < received)" -lt 3 ]; do sleep 0.02; done
kill $server; wait $server 2>/dev/null; cat received
socat UNIX-LISTEN:packets,type=5 EXEC:cat & server=$!
listening packets
printf 'one packet' | socat -t 5 - UNIX-CONNECT:packets,type=5; echo
wait $server
socat UNIX-RECVFROM:answer,fork EXEC:"tr a-z A-Z" & server=$!
wait_for answer
echo question | socat -t 2 - UNIX-SENDTO:answer,bind=asker
kill $server; wait $server 2>/dev/null

echo "-- pipes, programs, descriptors"
mkfifo f
socat -u PIPE:f - & reader=$!
echo through a fifo > f
wait $reader
echo words | socat - EXEC:"sed s/w/W/",pipes
socat -u EXEC:"seq 3" - | tac
socat -u EXEC:"seq 3" CREATE:three; cat three
echo in | socat -u FD:0 FD:1
socat -u OPEN:/etc/hosts,rdonly - | head -1

echo "-- refusals"
socat - UNIX-CONNECT:nowhere 2>&1 </dev/null | sed 's/.*socat\[[0-9]*\]//'
touch plain
socat - UNIX-CONNECT:plain 2>&1 </dev/null | sed 's/.*socat\[[0-9]*\]//'
socat UNIX-LISTEN:plain - 2>&1 </dev/null | sed 's/.*socat\[[0-9]*\]//'
socat -u UNIX-LISTEN:mode,mode=600,unlink-early CREATE:/dev/null & server=$!
listening mode
stat -c '%a %F' mode
kill $server; wait $server 2>/dev/null
ls mode 2>&1
