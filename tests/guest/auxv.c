// flavours: static pie
#include "guest.h"
#include <elf.h>
#include <sys/auxv.h>
// The entries that a program can rely on; values that depend on the machine are only tested for sense.
int main(int argc, char **argv) {
  Q(getauxval(AT_PAGESZ) == 4096);
  Q(getauxval(AT_CLKTCK) == 100);
  Q(getauxval(AT_PHDR) != 0);
  Q(getauxval(AT_PHENT) == sizeof(Elf64_Phdr));
  Q(getauxval(AT_PHNUM) >= 4);
  Q(getauxval(AT_ENTRY) != 0);
  Q(getauxval(AT_BASE) == 0);
  Q(getauxval(AT_FLAGS) == 0);
  Q(getauxval(AT_UID) == getuid());
  Q(getauxval(AT_EUID) == geteuid());
  Q(getauxval(AT_GID) == getgid());
  Q(getauxval(AT_EGID) == getegid());
  Q(getauxval(AT_SECURE) == 0);
  Q(getauxval(AT_RANDOM) != 0);
  Q(getauxval(AT_HWCAP) != 0);
  Q(getauxval(AT_MINSIGSTKSZ) >= 1024);
  printf("platform %s\n", (char *)getauxval(AT_PLATFORM));
  const char *fn = (char *)getauxval(AT_EXECFN);
  Q(strcmp(fn + (strrchr(fn, '/') ? strrchr(fn, '/') - fn + 1 : 0), strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]) == 0);
  Elf64_Phdr *ph = (Elf64_Phdr *)getauxval(AT_PHDR);
  int loads = 0, stack = 0;
  for (unsigned i = 0; i < getauxval(AT_PHNUM); i++) {
    if (ph[i].p_type == PT_LOAD) loads++;
    if (ph[i].p_type == PT_GNU_STACK) stack++;
  }
  printf("loads %d stack %d\n", loads, stack);
  Q(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
  return 0;
}
