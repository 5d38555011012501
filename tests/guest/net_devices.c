// The network device lo: by netlink (getifaddrs, if_nameindex, raw requests and their errors) and by ioctl.
// native: ipv6
#include "guest.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void interfaces(void) {
  printf("-- interfaces\n");
  struct ifaddrs *all, *a;
  P(getifaddrs(&all));
  for (a = all; a; a = a->ifa_next) {
    char text[64] = "-", mask[64] = "-";
    if (strcmp(a->ifa_name, "lo")) continue;
    int family = a->ifa_addr ? a->ifa_addr->sa_family : -1;
    if (family == AF_INET) {
      inet_ntop(family, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, text, sizeof text);
      inet_ntop(family, &((struct sockaddr_in *)a->ifa_netmask)->sin_addr, mask, sizeof mask);
    } else if (family == AF_INET6) {
      inet_ntop(family, &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr, text, sizeof text);
      inet_ntop(family, &((struct sockaddr_in6 *)a->ifa_netmask)->sin6_addr, mask, sizeof mask);
    }
    printf("%s family %d flags %x %s %s\n", a->ifa_name, family, a->ifa_flags, text, mask);
  }
  freeifaddrs(all);
  struct if_nameindex *names = if_nameindex();
  Q(names != NULL);
  for (int i = 0; names && names[i].if_index; i++)
    if (!strcmp(names[i].if_name, "lo")) printf("%s is %u\n", names[i].if_name, names[i].if_index);
  char name[IF_NAMESIZE];
  P(if_nametoindex("lo"));
  P(if_nametoindex("nothing0"));
  Q(if_indextoname(1, name) && !strcmp(name, "lo"));
  Q(if_indextoname(99999, name) == NULL && errno == ENXIO);
}

static void ask(int s, const char *what, unsigned long request) {
  struct ifreq r;
  memset(&r, 0x55, sizeof r);
  strcpy(r.ifr_name, "lo");
  errno = 0;
  int n = ioctl(s, request, &r);
  printf("%s: %d errno %d", what, n, errno);
  unsigned char *v = (void *)&r.ifr_ifru;
  for (int i = 0; !n && i < 16; i++) printf(" %02x", v[i]);
  printf("\n");
}

static void ioctls(void) {
  printf("-- ioctls\n");
  int s = socket(AF_INET, SOCK_DGRAM, 0), u = socket(AF_UNIX, SOCK_STREAM, 0);
  ask(s, "flags", SIOCGIFFLAGS);
  ask(s, "address", SIOCGIFADDR);
  ask(s, "destination", SIOCGIFDSTADDR);
  ask(s, "broadcast", SIOCGIFBRDADDR);
  ask(s, "mask", SIOCGIFNETMASK);
  ask(s, "metric", SIOCGIFMETRIC);
  ask(s, "mtu", SIOCGIFMTU);
  ask(s, "hardware", SIOCGIFHWADDR);
  ask(s, "index", SIOCGIFINDEX);
  ask(s, "queue", SIOCGIFTXQLEN);
  ask(u, "flags of a Unix socket", SIOCGIFFLAGS);
  struct ifreq r = {.ifr_name = "none"};
  P(ioctl(s, SIOCGIFFLAGS, &r));
  P(ioctl(s, SIOCGIFFLAGS, NULL));
  r.ifr_ifindex = 1;
  P(ioctl(s, SIOCGIFNAME, &r));
  printf("name %s\n", r.ifr_name);
  r.ifr_ifindex = 9999;
  P(ioctl(s, SIOCGIFNAME, &r));
  struct ifreq list[9];
  struct ifconf c = {.ifc_len = sizeof list, .ifc_req = list};
  P(ioctl(s, SIOCGIFCONF, &c));
  Q(c.ifc_len >= (int)sizeof *list && c.ifc_len % sizeof *list == 0);
  printf("first %s family %d %s\n", list[0].ifr_name, list[0].ifr_addr.sa_family, inet_ntoa(((struct sockaddr_in *)&list[0].ifr_addr)->sin_addr));
  c.ifc_len = 39;
  P(ioctl(s, SIOCGIFCONF, &c));
  P(c.ifc_len);
  c.ifc_len = 0, c.ifc_req = NULL;
  P(ioctl(s, SIOCGIFCONF, &c));
  Q(c.ifc_len >= (int)sizeof *list);
}

struct request {
  struct nlmsghdr head;
  char body[32];
};

/** Sends a request and prints the kinds of what comes back; of the device other than lo nothing. */
static void request(const char *what, int type, int flags, int body, int index) {
  static char b[65536];
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct request q = {.head = {16 + body, type, flags, 77, 0}};
  memcpy(q.body + 4, &index, 4);
  errno = 0;
  int n = send(s, &q, q.head.nlmsg_len, 0);
  printf("%s: %d errno %d;", what, n, errno);
  while ((n = recv(s, b, sizeof b, MSG_DONTWAIT)) > 0) {
    for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      if (h->nlmsg_seq != 77 || h->nlmsg_pid != (unsigned)getpid()) printf(" other");
      if (h->nlmsg_type == NLMSG_ERROR) printf(" error %d of %d flags %x", *(int *)NLMSG_DATA(h), h->nlmsg_len, h->nlmsg_flags);
      else if (h->nlmsg_type == NLMSG_DONE) printf(" done");
      else if (h->nlmsg_type == RTM_NEWLINK && ((struct ifinfomsg *)NLMSG_DATA(h))->ifi_index == 1) printf(" lo flags %x", h->nlmsg_flags & NLM_F_MULTI);
    }
  }
  printf("\n");
  close(s);
}

static void requests(void) {
  printf("-- requests\n");
  request("links", RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 16, 0);
  request("lo", RTM_GETLINK, NLM_F_REQUEST, 16, 1);
  request("lo, acknowledged", RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 16, 1);
  request("no device", RTM_GETLINK, NLM_F_REQUEST, 16, 99999);
  request("nothing named", RTM_GETLINK, NLM_F_REQUEST, 16, 0);
  request("not a request", RTM_GETLINK, 0, 16, 1);
  request("acknowledge", NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 4, 0);
  request("unknown", 999, NLM_F_REQUEST, 16, 0);
  request("addresses", RTM_GETADDR, NLM_F_REQUEST, 8, 0);
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), value = 1;
  socklen_t l = sizeof value;
  struct sockaddr_nl a = {.nl_family = AF_NETLINK};
  struct request q = {.head = {16, RTM_GETLINK, NLM_F_REQUEST, 1, 0}};
  P(bind(s, (void *)&a, 11));
  P(bind(s, (void *)&a, sizeof a));
  P(connect(s, (void *)&a, sizeof a));
  P(send(s, &q, 10, 0));
  P(sendto(s, &q, 16, 0, (void *)&a, 4));
  P(send(s, &q, 16, MSG_OOB));
  P(setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &value, sizeof value));
  value = 0;
  P(getsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &value, &l));
  P(value);
  P(setsockopt(s, SOL_NETLINK, 99, &value, sizeof value));
  P(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &value, sizeof value));
  value = RTNLGRP_LINK;
  P(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &value, sizeof value));
  l = sizeof a;
  P(getsockname(s, (void *)&a, &l));
  P(a.nl_groups);
}

int main(void) {
  interfaces();
  ioctls();
  requests();
}
