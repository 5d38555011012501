// prctl(2) on credentials: keepcaps, securebits, bounding and ambient capabilities. Every part in a child of its own, as root.
#include "guest.h"
#include <linux/capability.h>
#include <linux/securebits.h>

static struct __user_cap_data_struct caps[2];
static void get(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  syscall(SYS_capget, &h, caps);
}
static int set(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &h, caps);
}
#define PART(name) static void name(void)
PART(keepcaps) {
  P(prctl(PR_GET_KEEPCAPS));
  P(prctl(PR_SET_KEEPCAPS, 2));
  P(prctl(PR_SET_KEEPCAPS, 1));
  P(prctl(PR_GET_KEEPCAPS));
  P(setresuid(1000, 1000, 1000));
  get();
  Q(caps[0].permitted & (1 << CAP_CHOWN));
  Q(caps[0].effective != 0);
}
PART(secure) {
  P(prctl(PR_GET_SECUREBITS));
  P(prctl(PR_SET_SECUREBITS, 1 << 20));
  P(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED));
  P(prctl(PR_SET_SECUREBITS, 0));
  P(prctl(PR_GET_SECUREBITS));
  P(setresuid(1000, 1000, 1000));
  get();
  Q(caps[0].effective & (1 << CAP_CHOWN));
}
PART(ambient) {
  P(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0));
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));
  get();
  caps[0].inheritable = 1 << CAP_CHOWN;
  P(set());
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
  get();
  caps[0].inheritable = 0;
  P(set());
  P(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
}
PART(bounding) {
  P(prctl(PR_CAPBSET_READ, CAP_CHOWN));
  P(prctl(PR_CAPBSET_DROP, 99));
  P(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
  P(prctl(PR_CAPBSET_READ, CAP_CHOWN));
  P(setresuid(1000, 1000, 1000));
  P(prctl(PR_CAPBSET_DROP, 99));
}
static void child(const char* name, void (*part)(void)) {
  printf("-- %s\n", name);
  fflush(stdout);
  if (!fork()) {
    part();
    exit(0);
  }
  wait(NULL);
}
int main(void) {
  child("keepcaps", keepcaps);
  child("secure", secure);
  child("ambient", ambient);
  child("bounding", bounding);
  return 0;
}
