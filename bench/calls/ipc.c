// A token to another process and back: `ipc KIND N` prints ns a round trip. KIND: eventfd, futex, msg, sem, mq, unix.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int to[2], set, queue;
static mqd_t mq[2];
static atomic_int *word;

static void eventfd_give(int side) { eventfd_write(to[side], 1); }
static void eventfd_take(int side) { eventfd_t v; eventfd_read(to[side], &v); }
static void futex_give(int side) {
  atomic_store(&word[side], 1);
  syscall(SYS_futex, &word[side], FUTEX_WAKE, 1, 0, 0, 0);
}
static void futex_take(int side) {
  while (!atomic_exchange(&word[side], 0)) syscall(SYS_futex, &word[side], FUTEX_WAIT, 0, 0, 0, 0);
}
static void msg_give(int side) { struct { long type; char c; } m = {side + 1, 0}; msgsnd(queue, &m, 1, 0); }
static void msg_take(int side) { struct { long type; char c; } m; msgrcv(queue, &m, 1, side + 1, 0); }
static void sem_give(int side) { struct sembuf op = {side, 1, 0}; semop(set, &op, 1); }
static void sem_take(int side) { struct sembuf op = {side, -1, 0}; semop(set, &op, 1); }
static void mq_give(int side) { mq_send(mq[side], "x", 1, 0); }
static void mq_take(int side) { char c; mq_receive(mq[side], &c, 1, 0); }
static void unix_give(int side) { char c = 0; write(to[!side], &c, 1); }
static void unix_take(int side) { char c; read(to[side], &c, 1); }

static const struct { const char *name; void (*give)(int), (*take)(int); } kinds[] = {
  {"eventfd", eventfd_give, eventfd_take}, {"futex", futex_give, futex_take}, {"msg", msg_give, msg_take},
  {"sem", sem_give, sem_take}, {"mq", mq_give, mq_take}, {"unix", unix_give, unix_take},
};

int main(int argc, char **argv) {
  int k = 0;
  long n = atol(argv[2]);
  struct timespec s, e;
  while (strcmp(kinds[k].name, argv[1])) k++;
  to[0] = eventfd(0, 0), to[1] = eventfd(0, 0);
  if (k == 5) socketpair(AF_UNIX, SOCK_STREAM, 0, to);
  word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  queue = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 2, 0600);
  struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 1};
  for (int i = 0; i < 2; i++) {
    char name[30];
    sprintf(name, "/bench%d-%d", getpid(), i);
    mq[i] = mq_open(name, O_CREAT | O_RDWR, 0600, &a);
    mq_unlink(name);
  }
  if (fork() == 0) {
    for (long i = 0; i < n; i++) kinds[k].take(0), kinds[k].give(1);
    _exit(0);
  }
  clock_gettime(CLOCK_MONOTONIC, &s);
  for (long i = 0; i < n; i++) kinds[k].give(0), kinds[k].take(1);
  clock_gettime(CLOCK_MONOTONIC, &e);
  msgctl(queue, IPC_RMID, 0), semctl(set, 0, IPC_RMID);
  printf("%.1f\n", ((e.tv_sec - s.tv_sec) * 1e9 + (e.tv_nsec - s.tv_nsec)) / n);
}
