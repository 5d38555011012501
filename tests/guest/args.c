// args: one "two words" '' -x
// flavours: static pie musl
#include "guest.h"
extern char **environ;
int main(int argc, char **argv, char **envp) {
  printf("argc %d\n", argc);
  for (int i = 1; i < argc; i++) printf("argv[%d] \"%s\"\n", i, argv[i]);
  Q(argv[argc] == NULL);
  Q(envp == environ);
  for (char **e = envp; *e; e++) printf("env %s\n", *e);
  Q((char *)envp > (char *)argv);
  Q(argv[1] == argv[0] + strlen(argv[0]) + 1);
  P(setenv("NEW", "value", 1));
  printf("%s\n", getenv("NEW"));
  P(unsetenv("HOME"));
  Q(getenv("HOME") == NULL);
  return argc;
}
