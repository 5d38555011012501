# Threads that compress: xz -T4.
for i in $(seq 20000); do echo "line $i of a text that repeats itself, $((i * 7919 % 10007))"; done > text
for size in 64KiB 256KiB; do
  xz -T4 -1 --block-size=$size -k -c text > text.xz
  xz -t text.xz; echo "test $?"
  xz --robot --list text.xz | cut -f1-6
  xz -T4 -dc text.xz | sha256sum
  sha256sum < text.xz
  sha256sum < text
done
head -c 20000 text.xz > short.xz
xz -T4 -dc short.xz > /dev/null; echo "cut short: $?"
