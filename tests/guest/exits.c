#include "guest.h"
// Exit forms and the order of handlers.
static void a(void) { puts("atexit a"); }
static void b(void) { puts("atexit b"); }
__attribute__((destructor)) static void d(void) { puts("destructor"); }
static void by_exit(void) { atexit(a), atexit(b); exit(300); }
static void by__exit(void) { atexit(a); _exit(7); }
static void by_raw(void) { syscall(SYS_exit, 5); }
static void by_group(void) { syscall(SYS_exit_group, -1); }
static void by_abort(void) { abort(); }
static void by_quick(void) { at_quick_exit(b); quick_exit(9); }
int main(void) {
  in_child("exit", by_exit);
  in_child("_exit", by__exit);
  in_child("raw exit", by_raw);
  in_child("exit_group", by_group);
  in_child("abort", by_abort);
  in_child("quick_exit", by_quick);
  return 42;
}
