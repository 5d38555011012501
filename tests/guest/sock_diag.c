// What the kernel tells of sockets: NETLINK_SOCK_DIAG, /proc/net/tcp and its like, TCP_INFO. sock_diag(7). Only the program's own
// sockets are looked at, by their inode numbers.
// covers: netlink SOCK_DIAG inet dump, netlink SOCK_DIAG unix dump, netlink SOCK_DIAG one socket, netlink SOCK_DIAG ENOENT, netlink SOCK_DIAG EINVAL
// covers: getsockopt TCP_INFO, proc /proc/net/tcp, proc /proc/net/udp, proc /proc/net/tcp6
#include "guest.h"
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static int nl;
// The sockets, with a name of ours for each.
static struct { const char *name; int fd; unsigned ino; } own[24];
static int owned;

static unsigned ino_of(int fd) {
  struct stat st;
  return fd >= 0 && !fstat(fd, &st) ? st.st_ino : 0;
}

static int add(const char *name, int fd) {
  own[owned].name = name;
  own[owned].fd = fd;
  own[owned++].ino = ino_of(fd);
  return fd;
}

static const char *name_of(unsigned ino) {
  for (int i = 0; i < owned; i++) if (own[i].ino == ino) return own[i].name;
  return NULL;
}

static char lines[64][512];
static int count;

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

// Lines come in the kernel's order, which differs.
static void flush_lines(const char *what) {
  printf("[%s]\n", what);
  qsort(lines, count, sizeof *lines, by_text);
  for (int i = 0; i < count; i++) puts(lines[i]);
  count = 0;
}

static char *note(char *at, const char *format, ...) {
  va_list list;
  va_start(list, format);
  at += vsprintf(at, format, list);
  va_end(list);
  return at;
}

static void inet_line(struct nlmsghdr *h) {
  struct inet_diag_msg *m = NLMSG_DATA(h);
  const char *name = name_of(m->idiag_inode);
  if (!name) return;
  char *at = lines[count++];
  int six = m->idiag_family == AF_INET6;
  at = note(at, "%s: family %d state %d timer %d queues %u %u uid %u ", name, m->idiag_family, m->idiag_state, m->idiag_timer, m->idiag_rqueue, m->idiag_wqueue, m->idiag_uid);
  for (int i = 0; i < (six ? 4 : 1); i++) at = note(at, "%08x", ntohl(m->id.idiag_src[i]));
  at = note(at, m->id.idiag_sport ? " port" : " no port");
  at = note(at, " to ");
  for (int i = 0; i < (six ? 4 : 1); i++) at = note(at, "%08x", ntohl(m->id.idiag_dst[i]));
  at = note(at, m->id.idiag_dport ? " port" : " no port");
  struct rtattr *a = (struct rtattr *)(m + 1);
  for (int n = h->nlmsg_len - NLMSG_LENGTH(sizeof *m); RTA_OK(a, n); a = RTA_NEXT(a, n)) {
    if (a->rta_type == INET_DIAG_SHUTDOWN) at = note(at, " shutdown %d", *(uint8_t *)RTA_DATA(a));
    if (a->rta_type == INET_DIAG_SKV6ONLY) at = note(at, " v6only %d", *(uint8_t *)RTA_DATA(a));
    if (a->rta_type == INET_DIAG_TOS) at = note(at, " tos %d", *(uint8_t *)RTA_DATA(a));
    if (a->rta_type == INET_DIAG_CONG) at = note(at, " congestion control");
    if (a->rta_type == INET_DIAG_INFO) at = note(at, " info of state %d", ((struct tcp_info *)RTA_DATA(a))->tcpi_state);
  }
}

static void unix_line(struct nlmsghdr *h) {
  struct unix_diag_msg *m = NLMSG_DATA(h);
  const char *name = name_of(m->udiag_ino);
  if (!name) return;
  char *at = lines[count++];
  at = note(at, "%s: type %d state %d", name, m->udiag_type, m->udiag_state);
  struct rtattr *a = (struct rtattr *)(m + 1);
  for (int n = h->nlmsg_len - NLMSG_LENGTH(sizeof *m); RTA_OK(a, n); a = RTA_NEXT(a, n)) {
    uint32_t *words = RTA_DATA(a);
    switch (a->rta_type) {
      case UNIX_DIAG_NAME: at = note(at, " name of %d: %s", (int)RTA_PAYLOAD(a), *(char *)RTA_DATA(a) ? (char *)RTA_DATA(a) : "abstract"); break;
      case UNIX_DIAG_VFS: at = note(at, " vfs"); break;
      case UNIX_DIAG_PEER: at = note(at, " peer %s", words[0] ? name_of(words[0]) : "not accepted"); break;
      case UNIX_DIAG_ICONS:
        at = note(at, " waiting");
        for (int i = 0; i < (int)RTA_PAYLOAD(a) / 4; i++) at = note(at, " %s", name_of(words[i]));
        break;
      case UNIX_DIAG_RQLEN: at = note(at, " queues %u %s", words[0], m->udiag_state == 10 ? words[1] == 5 ? "5" : "?" : words[1] ? "some" : "0"); break;
      case UNIX_DIAG_SHUTDOWN: at = note(at, " shutdown %d", *(uint8_t *)words); break;
      case UNIX_DIAG_UID: at = note(at, " uid %u", words[0]); break;
    }
  }
}

static void request(const void *body, int length, int type, int flags) {
  char buffer[32768];
  struct sockaddr_nl kernel = {AF_NETLINK};
  struct nlmsghdr head = {NLMSG_LENGTH(length), type, NLM_F_REQUEST | flags, 7};
  memcpy(buffer, &head, sizeof head);
  memcpy(buffer + sizeof head, body, length);
  sendto(nl, buffer, head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
  for (;;) {
    int n = recv(nl, buffer, sizeof buffer, 0);
    for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      if (h->nlmsg_type == NLMSG_DONE) return;
      if (h->nlmsg_type == NLMSG_ERROR) {
        printf("error %d\n", *(int *)NLMSG_DATA(h));
        return;
      }
      if (*(uint8_t *)NLMSG_DATA(h) == AF_UNIX) unix_line(h);
      else inet_line(h);
      if (!(flags & NLM_F_DUMP)) return;
    }
  }
}

static void inet(int family, int protocol, unsigned states, int extensions, const char *what) {
  struct inet_diag_req_v2 r = {.sdiag_family = family, .sdiag_protocol = protocol, .idiag_ext = extensions, .idiag_states = states};
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  flush_lines(what);
}

static void own_lines(const char *file, int fields) {
  FILE *f = fopen(file, "r");
  char line[512];
  while (fgets(line, sizeof line, f)) {
    char local[80], remote[80], state[8], queues[40];
    unsigned uid, ino;
    if (sscanf(line, "%*s %79s %79s %7s %39s %*s %*s %u %*u %u", local, remote, state, queues, &uid, &ino) != 6 || !name_of(ino)) continue;
    char *colon = strrchr(local, ':');
    if (colon) strcpy(colon, strcmp(colon, ":0000") ? ":port" : ":0");
    colon = strrchr(remote, ':');
    if (colon) strcpy(colon, strcmp(colon, ":0000") ? ":port" : ":0");
    // Datagrams count with what they take in memory.
    note(lines[count++], "%s: %s %s %s %s uid %u length %d", name_of(ino), local, remote, state, queues, uid, fields ? (int)strlen(line) : 0);
  }
  fclose(f);
  flush_lines(file);
}

static void info(const char *name, int fd) {
  struct tcp_info i;
  socklen_t n = sizeof i;
  P(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n));
  printf("%s: %u bytes, state %d unacked %u sacked %u options %x pmtu %u advmss %u snd_mss %u reordering %u ssthresh %u\n", name, n, i.tcpi_state, i.tcpi_unacked, i.tcpi_sacked, i.tcpi_options, i.tcpi_pmtu,
         i.tcpi_advmss, i.tcpi_snd_mss, i.tcpi_reordering, i.tcpi_snd_ssthresh);
}

int main(void) {
  own_folder();
  struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_in6 b = {.sin6_family = AF_INET6};
  socklen_t length = sizeof a;
  int l = add("listener", socket(AF_INET, SOCK_STREAM, 0)), c = add("client", socket(AF_INET, SOCK_STREAM, 0)), w = add("waiting", socket(AF_INET, SOCK_STREAM, 0));
  bind(l, (struct sockaddr *)&a, sizeof a);
  listen(l, 7);
  getsockname(l, (struct sockaddr *)&a, &length);
  connect(c, (struct sockaddr *)&a, sizeof a);
  int s = add("accepted", accept(l, NULL, NULL));
  connect(w, (struct sockaddr *)&a, sizeof a);
  add("unbound", socket(AF_INET, SOCK_STREAM, 0));
  write(s, "abc", 3);
  b.sin6_addr = in6addr_loopback;
  int l6 = add("listener of ::1", socket(AF_INET6, SOCK_STREAM, 0));
  bind(l6, (struct sockaddr *)&b, sizeof b);
  listen(l6, 3);
  b.sin6_addr = in6addr_any;
  int any = add("listener of any", socket(AF_INET6, SOCK_STREAM, 0));
  bind(any, (struct sockaddr *)&b, sizeof b);
  listen(any, 3);
  length = sizeof b;
  getsockname(any, (struct sockaddr *)&b, &length);
  struct sockaddr_in to = {AF_INET, b.sin6_port, {htonl(INADDR_LOOPBACK)}};
  int four = add("IPv4 to IPv6", socket(AF_INET, SOCK_STREAM, 0));
  connect(four, (struct sockaddr *)&to, sizeof to);
  add("IPv6 of IPv4", accept(any, NULL, NULL));
  int u = add("datagrams", socket(AF_INET, SOCK_DGRAM, 0)), v = add("datagrams connected", socket(AF_INET, SOCK_DGRAM, 0));
  a.sin_port = 0;
  bind(u, (struct sockaddr *)&a, sizeof a);
  length = sizeof a;
  getsockname(u, (struct sockaddr *)&a, &length);
  connect(v, (struct sockaddr *)&a, sizeof a);
  add("datagrams unbound", socket(AF_INET, SOCK_DGRAM, 0));
  int ul = add("unix listener", socket(AF_UNIX, SOCK_STREAM, 0)), uc = add("unix client", socket(AF_UNIX, SOCK_STREAM, 0)), uw = add("unix waiting", socket(AF_UNIX, SOCK_STREAM, 0)), pair[2];
  struct sockaddr_un path = {AF_UNIX, "sock"}, hidden = {AF_UNIX, "\0r3diag"};
  bind(ul, (struct sockaddr *)&path, sizeof path);
  listen(ul, 5);
  connect(uc, (struct sockaddr *)&path, sizeof path);
  add("unix accepted", accept(ul, NULL, NULL));
  connect(uw, (struct sockaddr *)&path, sizeof path);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  add("one", pair[0]);
  add("two", pair[1]);
  write(pair[0], "12345", 5);
  write(uc, "123", 3);
  shutdown(uc, SHUT_WR);
  sprintf(hidden.sun_path + 1, "r3diag%d", getpid() % 10);
  int h = add("abstract", socket(AF_UNIX, SOCK_SEQPACKET, 0));
  bind(h, (struct sockaddr *)&hidden, 10);
  sleep_ms(50);

  nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  Q(nl >= 0);
  inet(AF_INET, IPPROTO_TCP, -1, 0, "TCP");
  inet(AF_INET, IPPROTO_TCP, 1 << 10, 0xff, "TCP, listening");
  inet(AF_INET, IPPROTO_TCP, 1 << 1, 0xff, "TCP, connected, all it tells");
  inet(AF_INET6, IPPROTO_TCP, -1, 0, "TCP over IPv6");
  inet(AF_INET, IPPROTO_UDP, -1, 0, "UDP");
  inet(AF_INET6, IPPROTO_UDP, -1, 0, "UDP over IPv6");
  shutdown(c, SHUT_WR);
  sleep_ms(50);
  inet(AF_INET, IPPROTO_TCP, -1, 0, "TCP, half shut");
  struct unix_diag_req r = {.sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_show = 0x5d | UDIAG_SHOW_VFS};
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  flush_lines("Unix");
  r.udiag_states = 1 << 10;
  r.udiag_show = 0;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  flush_lines("Unix, listening");
  r.udiag_ino = ino_of(uc);
  r.udiag_cookie[0] = r.udiag_cookie[1] = -1;
  r.udiag_show = UDIAG_SHOW_PEER;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, 0);
  flush_lines("one Unix socket");
  r.udiag_ino = 0;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, 0);
  r.udiag_ino = 0x7fffffff;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, 0);
  request(&r, 8, SOCK_DIAG_BY_FAMILY, 0);
  r.sdiag_family = 250;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, 0);
  r.sdiag_family = 3;
  request(&r, sizeof r, SOCK_DIAG_BY_FAMILY, 0);
  struct inet_diag_req_v2 none = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .id = {.idiag_sport = htons(1), .idiag_cookie = {-1, -1}}};
  request(&none, sizeof none, SOCK_DIAG_BY_FAMILY, 0);
  own_lines("/proc/net/tcp", 1);
  own_lines("/proc/net/tcp6", 0);
  own_lines("/proc/net/udp", 1);
  own_lines("/proc/net/udp6", 0);
  info("listener", l);
  info("client", c);
  info("accepted", s);
  info("unbound", own[4].fd);
  return 0;
}
