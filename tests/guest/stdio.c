// stdin: 12 0x1f 3.5e2 word\nline two is here\nx
// flavours: static musl pie
#include "guest.h"
int main(void) {
  int a, b;
  double d;
  char w[20], line[100], *big = NULL;
  size_t cap = 0;
  P(scanf("%d %i %lf %19s", &a, &b, &d, w));
  printf("%d %d %g %s\n", a, b, d, w);
  P(getchar());
  P(getline(&big, &cap, stdin));
  printf("%s", big);
  P(ungetc('q', stdin));
  Q(fgets(line, sizeof line, stdin) != NULL);
  puts(line);
  Q(fgets(line, sizeof line, stdin) == NULL);
  Q(feof(stdin));
  own_folder();
  FILE *f = fopen("f", "w+");
  for (int i = 0; i < 5000; i++) fprintf(f, "line %d\n", i);
  P(ftell(f));
  P(fseek(f, 100, SEEK_SET));
  fgets(line, sizeof line, f);
  printf("%s", line);
  rewind(f);
  int lines = 0;
  while (getline(&big, &cap, f) > 0) lines++;
  P(lines);
  P(fclose(f));
  f = fopen("f", "a");
  fputs("more", f);
  P(ftell(f));
  fclose(f);
  f = fopen("f", "r");
  P(fputs("x", f));
  Q(ferror(f));
  fclose(f);
  Q(fopen("none", "r") == NULL);
  P(errno);
  f = tmpfile();
  Q(f != NULL);
  P(fwrite("abcdefgh", 2, 4, f));
  rewind(f);
  P(fread(line, 3, 10, f));
  fclose(f);
  char *mem;
  size_t size;
  f = open_memstream(&mem, &size);
  fprintf(f, "%s %d", "memory", 7);
  fclose(f);
  printf("%s %zu\n", mem, size);
  P(remove("f"));
  fprintf(stderr, "to stderr\n");
  printf("%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%#o|%c|%%|%10s|%-10s|%.2s\n", 42, 42, 42, 42, 255, 255, 255, 8, 8, 'c', "right", "left", "cut");
  printf("%lld %llu %hhd %hu %zd %jd %td\n", LLONG_MIN, ULLONG_MAX, 300, 70000, (size_t)5, (intmax_t)-6, (ptrdiff_t)7);
  printf("%*d|%-*d|%.*f\n", 6, 1, 6, 2, 3, 3.14159);
  return 0;
}
