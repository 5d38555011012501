// flavours: static musl
#include "guest.h"
#include <fnmatch.h>
#include <getopt.h>
#include <glob.h>
#include <libgen.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
static void walk(const void *p, VISIT v, int depth) {
  if (v == postorder || v == leaf) printf("%s ", *(char **)p);
}
int main(void) {
  regex_t re;
  regmatch_t m[3];
  P(regcomp(&re, "([a-z]+)=([0-9]+)", REG_EXTENDED));
  P(regexec(&re, "  key=1234 ", 3, m, 0));
  printf("%d-%d %d-%d\n", m[1].rm_so, m[1].rm_eo, m[2].rm_so, m[2].rm_eo);
  P(regexec(&re, "nothing", 3, m, 0));
  regfree(&re);
  P(fnmatch("*.c", "file.c", 0)), P(fnmatch("[a-c]?", "b", 0));
  char *argv[] = {"prog", "-a", "-b", "value", "--long=5", "rest", NULL};
  struct option o[] = {{"long", required_argument, NULL, 'l'}, {0}};
  for (int c; (c = getopt_long(6, argv, "ab:", o, NULL)) != -1;) printf("%c %s\n", c, optarg ? optarg : "-");
  P(optind);
  own_folder();
  for (int i = 0; i < 5; i++) {
    char name[10];
    sprintf(name, "f%d.%s", i, i & 1 ? "x" : "y");
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  glob_t g;
  P(glob("*.y", 0, NULL, &g));
  for (size_t i = 0; i < g.gl_pathc; i++) printf("%s ", g.gl_pathv[i]);
  puts("");
  void *root = NULL;
  char *words[] = {"pear", "apple", "fig", "apple", "kiwi"};
  for (int i = 0; i < 5; i++) tsearch(words[i], &root, (int (*)(const void *, const void *))strcmp);
  twalk(root, walk);
  puts("");
  char path[] = "/usr/lib/x.so";
  puts(basename(path)), puts(dirname(path));
  Q(setlocale(LC_ALL, "C") != NULL);
  printf("%s\n", localeconv()->decimal_point);
  char *lines = NULL;
  asprintf(&lines, "%d-%s", 5, "x");
  puts(lines);
  int a, n;
  char s[20];
  P(sscanf("17 words: abc,def", "%d words: %[a-z],%n", &a, s, &n));
  printf("%d %s %d\n", a, s, n);
  Q(getenv("PATH") != NULL);
  return 0;
}
