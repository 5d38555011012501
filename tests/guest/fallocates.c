// needs: mount
// fallocate(2) modes, holes, lseek(2) SEEK_DATA and SEEK_HOLE, blocks, sync_file_range(2), readahead(2), posix_fadvise(2).
#include "guest.h"
#include "fs.h"
#include <linux/falloc.h>

static void holes(int fd) {
  off_t at = 0;
  printf("map:");
  while (1) {
    off_t data = lseek(fd, at, SEEK_DATA);
    if (data < 0) break;
    at = lseek(fd, data, SEEK_HOLE);
    printf(" %ld-%ld", (long)data, (long)at);
  }
  struct stat st;
  fstat(fd, &st);
  printf(", size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
}

int main(void) {
  char b[8192];
  own_tmpfs();
  memset(b, 'x', sizeof b);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  holes(fd);
  P(pwrite(fd, b, 100, 0));
  P(pwrite(fd, b, 8192, 20000));
  holes(fd);
  P(fallocate(fd, 0, 40960, 4096));
  holes(fd);
  P(fallocate(fd, FALLOC_FL_KEEP_SIZE, 65536, 4096));
  holes(fd);
  P(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 20480, 4096));
  holes(fd);
  P(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 20));
  P(pread(fd, b, 100, 0));
  printf("%d %d %d %d\n", b[9] == 'x', b[10], b[29], b[30] == 'x');
  P(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 4096));
  P(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  P(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
  P(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
  P(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
  P(fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, 4096));
  P(fallocate(fd, 0x8000, 0, 4096));
  P(fallocate(fd, 0, -1, 4096));
  P(fallocate(fd, 0, 0, 0));
  P(fallocate(fd, 0, 0, -1));
  P(fallocate(fd, 0, LONG_MAX - 10, 100));
  P(ftruncate(fd, 1 << 20));
  holes(fd);
  P(lseek(fd, 1 << 20, SEEK_DATA));
  P(lseek(fd, (1 << 20) - 1, SEEK_DATA));
  P(lseek(fd, (1 << 20) - 1, SEEK_HOLE));
  P(lseek(fd, -1, SEEK_HOLE));
  P(lseek(fd, -1, SEEK_SET));
  P(lseek(fd, 0, 5));
  P(lseek(fd, LONG_MAX, SEEK_SET));
  P(lseek(fd, 1, SEEK_CUR));
  int ro = open("f", O_RDONLY);
  int dir = open(".", O_RDONLY);
  int pipes[2];
  pipe(pipes);
  P(fallocate(ro, 0, 0, 4096));
  P(fallocate(dir, 0, 0, 4096));
  P(fallocate(pipes[1], 0, 0, 4096));
  P(fallocate(open("/dev/null", O_RDWR), 0, 0, 4096));
  P(fallocate(99, 0, 0, 4096));
  P(sync_file_range(fd, 0, 0, 0));
  P(sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
  P(sync_file_range(fd, 0, 0, 8));
  P(sync_file_range(fd, -1, 0, 0));
  P(sync_file_range(fd, 0, -1, 0));
  P(sync_file_range(pipes[0], 0, 0, 0));
  P(sync_file_range(99, 0, 0, 0));
  P(readahead(ro, 0, 4096));
  P(readahead(pipes[0], 0, 4096));
  P(readahead(dir, 0, 4096));
  P(readahead(open("f", O_WRONLY), 0, 4096));
  P(syscall(SYS_fadvise64, fd, 0, 0, POSIX_FADV_WILLNEED));
  P(syscall(SYS_fadvise64, fd, 0, 0, 99));
  P(syscall(SYS_fadvise64, fd, 0, -1, 0));
  P(syscall(SYS_fadvise64, pipes[0], 0, 0, 0));
  P(syncfs(fd));
  P(syncfs(99));
  P(fsync(pipes[0]));
  P(fdatasync(dir));
  sync();
}
