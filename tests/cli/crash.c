// Appends records to a log and replaces a file by rename, telling what is done after each; until it is killed.
#include "../guest/guest.h"

int main(void) {
  char record[101], text[20000];
  int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0644);
  for (int i = 1;; i++) {
    memset(record, 'a' + i % 26, 100);
    sprintf(record, "%08d", i);
    record[8] = ' ';
    if (write(log, record, 100) != 100) return 1;
    memset(text, 'a' + i % 26, sizeof text);
    int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    for (size_t done = 0; done < sizeof text; done += 1000) if (write(fd, text + done, 1000) != 1000) return 2;
    close(fd);
    if (rename("new", "whole")) return 3;
    printf("%d\n", i);
    fflush(stdout);
  }
}
