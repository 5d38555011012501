// NETLINK_ROUTE: the machine's one network device, lo, with its addresses, routes and rules, as `ip`, getifaddrs(3) and
// if_nameindex(3) ask for them; and the ioctls of netdevice(7) on it. Nothing of it can be changed.
// rtnetlink(7); kernel: net/core/rtnetlink.c, net/ipv4/devinet.c, fib_frontend.c, net/ipv6/addrconf.c.
import { CAP_NET_ADMIN } from "../abi/capability";
import { EFAULT, EINVAL, ENODEV, ENOTTY, EOPNOTSUPP, EPERM } from "../abi/errno";
import {
  ARPHRD_LOOPBACK, FRA_PRIORITY, FRA_PROTOCOL, FRA_SUPPRESS_PREFIXLEN, FRA_TABLE, IFA_ADDRESS, IFA_CACHEINFO, IFA_FLAGS, IFA_F_PERMANENT, IFA_LABEL, IFA_LOCAL, IFA_PROTO, IFF_LOOPBACK, IFF_LOWER_UP, IFF_RUNNING, IFF_UP,
  IFLA_ADDRESS, IFLA_BROADCAST, IFLA_CARRIER, IFLA_GROUP, IFLA_IFNAME, IFLA_LINKMODE, IFLA_MAP, IFLA_MAX_MTU, IFLA_MIN_MTU, IFLA_MTU, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_OPERSTATE, IFLA_PROMISCUITY,
  IFLA_QDISC, IFLA_STATS, IFLA_STATS64, IFLA_TXQLEN, NLM_F_DUMP, NLM_F_MULTI, RTA_DST, RTA_OIF, RTA_PREF, RTA_PREFSRC, RTA_PRIORITY, RTA_TABLE, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETROUTE, RTM_GETRULE, RTM_MAX,
  RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE, RTM_NEWRULE, RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST, RTPROT_KERNEL, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN, SIOCGIFADDR, SIOCGIFBRDADDR,
  SIOCGIFCONF, SIOCGIFDSTADDR, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFMAP, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFNAME, SIOCGIFNETMASK, SIOCGIFTXQLEN,
} from "../abi/netlink";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../abi/socket";
import { copyIn, copyOut, getUser32, getUser64, putUser32, userValue } from "../mm/usercopy";
import { capable } from "../task/cred";
import { LOOPBACK } from "./inetaddr";
import { NetlinkSock } from "./netlink";
import { NLMSG_HEAD, attribute, attribute32, attribute8, attributeText, messageBegin, messageEnd, replyDone, replySend } from "./nlmsg";

const LO: u32 = 1;
const MTU: u32 = 65536;
const QUEUE: u32 = 1000;
const FLAGS: u32 = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP;
/** What SIOCGIFFLAGS shows: the lower 16. */
const SHORT_FLAGS: u32 = FLAGS & 0xffff;
const ETH_ALEN: u32 = 6;
/** struct rtnl_link_stats, rtnl_link_stats64, rtnl_link_ifmap, ifa_cacheinfo, rta_cacheinfo. */
const STATS: u32 = 96;
const STATS64: u32 = 200;
const IFMAP: u32 = 32;
/** "lo", "noqueue". */
const NAME_LO = memory.data<u8>([0x6c, 0x6f, 0, 0]);
const NOQUEUE = memory.data<u8>([0x6e, 0x6f, 0x71, 0x75, 0x65, 0x75, 0x65, 0]);
const IFNAMSIZ: u32 = 16;

function link(sk: NetlinkSock, request: usize, flags: u32): void {
  const at = messageBegin(request, RTM_NEWLINK, flags, sk.port, 16);
  store<u16>(at, ARPHRD_LOOPBACK, 2);
  store<u32>(at, LO, 4);
  store<u32>(at, FLAGS, 8);
  attributeText(IFLA_IFNAME, NAME_LO, 2);
  attribute32(IFLA_TXQLEN, QUEUE);
  attribute8(IFLA_OPERSTATE, 0);
  attribute8(IFLA_LINKMODE, 0);
  attribute32(IFLA_MTU, MTU);
  attribute32(IFLA_MIN_MTU, 0);
  attribute32(IFLA_MAX_MTU, 0);
  attribute32(IFLA_GROUP, 0);
  attribute32(IFLA_PROMISCUITY, 0);
  attribute32(IFLA_NUM_TX_QUEUES, 1);
  attribute32(IFLA_NUM_RX_QUEUES, 1);
  attribute8(IFLA_CARRIER, 1);
  attribute(IFLA_ADDRESS, ETH_ALEN);
  attribute(IFLA_BROADCAST, ETH_ALEN);
  attribute(IFLA_STATS64, STATS64);
  attribute(IFLA_STATS, STATS);
  attributeText(IFLA_QDISC, NOQUEUE, 7);
  attribute(IFLA_MAP, IFMAP);
  messageEnd();
}

/** struct ifaddrmsg: family, bits of the prefix, flags, scope, index. */
function addressBegin(sk: NetlinkSock, request: usize, family: u32, prefix: u32): void {
  const at = messageBegin(request, RTM_NEWADDR, NLM_F_MULTI, sk.port, 8);
  store<u8>(at, <u8>family);
  store<u8>(at, <u8>prefix, 1);
  store<u8>(at, IFA_F_PERMANENT, 2);
  store<u8>(at, RT_SCOPE_HOST, 3);
  store<u32>(at, LO, 4);
}

/** Valid for ever. */
function lifetime(): void {
  store<u64>(attribute(IFA_CACHEINFO, 16), u64.MAX_VALUE);
}

function addresses(sk: NetlinkSock, request: usize, family: u32): void {
  if (family != AF_INET6) {
    addressBegin(sk, request, AF_INET, 8);
    attribute32(IFA_ADDRESS, bswap<u32>(LOOPBACK));
    attribute32(IFA_LOCAL, bswap<u32>(LOOPBACK));
    attributeText(IFA_LABEL, NAME_LO, 2);
    attribute32(IFA_FLAGS, IFA_F_PERMANENT);
    lifetime();
    messageEnd();
  }
  if (family == AF_INET) return;
  addressBegin(sk, request, AF_INET6, 128);
  store<u8>(attribute(IFA_ADDRESS, 16), 1, 15);
  lifetime();
  attribute32(IFA_FLAGS, IFA_F_PERMANENT);
  attribute8(IFA_PROTO, 1); // IFAPROT_KERNEL_LO
  messageEnd();
}

/** struct rtmsg: family, bits of destination and source, tos, table, protocol, scope, type, flags. */
function routeBegin(sk: NetlinkSock, request: usize, family: u32, prefix: u32, scope: u32, type: u32): void {
  const at = messageBegin(request, RTM_NEWROUTE, NLM_F_MULTI, sk.port, 12);
  store<u8>(at, <u8>family);
  store<u8>(at, <u8>prefix, 1);
  store<u8>(at, <u8>RT_TABLE_LOCAL, 4);
  store<u8>(at, <u8>RTPROT_KERNEL, 5);
  store<u8>(at, <u8>scope, 6);
  store<u8>(at, <u8>type, 7);
  attribute32(RTA_TABLE, RT_TABLE_LOCAL);
}

function route4(sk: NetlinkSock, request: usize, prefix: u32, scope: u32, type: u32, to: u32): void {
  routeBegin(sk, request, AF_INET, prefix, scope, type);
  attribute32(RTA_DST, bswap<u32>(to));
  attribute32(RTA_PREFSRC, bswap<u32>(LOOPBACK));
  attribute32(RTA_OIF, LO);
  messageEnd();
}

function routes(sk: NetlinkSock, request: usize, family: u32): void {
  if (family != AF_INET6) {
    route4(sk, request, 8, RT_SCOPE_HOST, RTN_LOCAL, LOOPBACK - 1);
    route4(sk, request, 32, RT_SCOPE_HOST, RTN_LOCAL, LOOPBACK);
    route4(sk, request, 32, RT_SCOPE_LINK, RTN_BROADCAST, LOOPBACK | 0xffffff);
  }
  if (family == AF_INET) return;
  routeBegin(sk, request, AF_INET6, 128, 0, RTN_LOCAL);
  store<u8>(attribute(RTA_DST, 16), 1, 15);
  attribute32(RTA_PRIORITY, 0);
  attribute32(RTA_OIF, LO);
  attribute8(RTA_PREF, 0);
  messageEnd();
}

/** struct fib_rule_hdr: family, …, table at 4, action at 7. */
function rule(sk: NetlinkSock, request: usize, family: u32, table: u32, priority: u32): void {
  const at = messageBegin(request, RTM_NEWRULE, NLM_F_MULTI, sk.port, 12);
  store<u8>(at, <u8>family);
  store<u8>(at, <u8>table, 4);
  store<u8>(at, 1, 7); // FR_ACT_TO_TBL
  attribute32(FRA_TABLE, table);
  attribute32(FRA_SUPPRESS_PREFIXLEN, u32.MAX_VALUE);
  attribute8(FRA_PROTOCOL, RTPROT_KERNEL);
  if (priority) attribute32(FRA_PRIORITY, priority);
  messageEnd();
}

function rules(sk: NetlinkSock, request: usize, family: u32): void {
  for (let i = 0; i < 2; i++) {
    const f: u32 = i ? AF_INET6 : AF_INET;
    if (family != AF_UNSPEC && family != f) continue;
    rule(sk, request, f, RT_TABLE_LOCAL, 0);
    rule(sk, request, f, RT_TABLE_MAIN, 32766);
    if (f == AF_INET) rule(sk, request, f, RT_TABLE_DEFAULT, 32767);
  }
}

function dump(sk: NetlinkSock, request: usize, type: u32, family: u32): i32 {
  switch (type) {
    case RTM_GETLINK: link(sk, request, NLM_F_MULTI); break;
    case RTM_GETADDR: addresses(sk, request, family); break;
    case RTM_GETROUTE: routes(sk, request, family); break;
    case RTM_GETRULE: rules(sk, request, family); break;
    case RTM_GETNEIGH: break;
    default: return -EOPNOTSUPP;
  }
  replyDone(sk, request);
  return 0;
}

/** Which device RTM_GETLINK asks for: 0 = it does not say. */
function wanted(request: usize, length: u32): i32 {
  const index = load<i32>(request, NLMSG_HEAD + 4);
  if (index) return index == LO ? LO : -ENODEV;
  for (let at = NLMSG_HEAD + 16; at + 4 <= length; ) {
    const size: u32 = load<u16>(request + at);
    if (size < 4 || at + size > length) break;
    if (load<u16>(request + at, 2) == IFLA_IFNAME) return size >= 6 && load<u16>(request + at, 4) == load<u16>(NAME_LO) && (size == 6 || !load<u8>(request + at, 6)) ? LO : -ENODEV;
    at += (size + 3) & ~3;
  }
  return 0;
}

/** One request: 0 or −errno, which the sender is told. rtnetlink_rcv_msg(). */
export function routeRequest(sk: NetlinkSock, request: usize): i32 {
  const length = load<u32>(request);
  const type: u32 = load<u16>(request, 4);
  if (type > <u32>RTM_MAX) return -EOPNOTSUPP;
  if (length < NLMSG_HEAD + 1) return 0;
  const getting = (type & 3) == 2;
  if (!getting) return capable(CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
  if ((load<u16>(request, 6) & NLM_F_DUMP) == NLM_F_DUMP) return dump(sk, request, type, load<u8>(request, NLMSG_HEAD));
  if (type != RTM_GETLINK) return -EOPNOTSUPP;
  if (length < NLMSG_HEAD + 16) return -EINVAL;
  const index = wanted(request, length);
  if (index <= 0) return index ? index : -EINVAL;
  link(sk, request, 0);
  replySend(sk);
  return 0;
}

// ── netdevice(7) ────────────────────────────────────────────────────────────────────

/** struct ifreq: 16 bytes of name, 24 of value; struct ifconf: u32 bytes, padding, u64 where. */
const IFREQ: u32 = 40;
const REQUEST = memory.data(40, 8);

function storeAddress(address: u32): void {
  memory.fill(REQUEST + IFNAMSIZ, 0, 16);
  store<u16>(REQUEST + IFNAMSIZ, AF_INET);
  store<u32>(REQUEST + IFNAMSIZ, bswap<u32>(address), 4);
}

/** SIOCGIFCONF: the addresses of IPv4, one of which there is. */
function configuration(arg: u64): i64 {
  if (!getUser32(arg)) return -EFAULT;
  const room = <i32>userValue;
  if (!getUser64(arg + 8)) return -EFAULT;
  const to = userValue;
  memory.fill(REQUEST, 0, IFREQ);
  store<u16>(REQUEST, load<u16>(NAME_LO));
  storeAddress(LOOPBACK);
  const fits = !to || room >= <i32>IFREQ;
  if (to && fits && !copyOut(to, REQUEST, IFREQ)) return -EFAULT;
  return putUser32(arg, fits ? IFREQ : 0) ? 0 : -EFAULT;
}

/** An ioctl of netdevice(7) on a socket of any family: 0 or −errno, −ENOTTY when it is none. */
export function deviceIoctl(request: u32, arg: u64): i64 {
  if (request == SIOCGIFCONF) return configuration(arg);
  if (request < <u32>SIOCGIFNAME || request > <u32>SIOCGIFMAP) return -ENOTTY;
  if (!copyIn(REQUEST, arg, IFREQ)) return -EFAULT;
  if (request == SIOCGIFNAME) {
    if (load<u32>(REQUEST, IFNAMSIZ) != LO) return -ENODEV;
    memory.fill(REQUEST, 0, IFNAMSIZ);
    store<u16>(REQUEST, load<u16>(NAME_LO));
    return copyOut(arg, REQUEST, IFREQ) ? 0 : -EFAULT;
  }
  const error = deviceValue(request);
  if (error) return error;
  if (load<u16>(REQUEST) != load<u16>(NAME_LO) || load<u8>(REQUEST, 2)) return -ENODEV;
  return copyOut(arg, REQUEST, IFREQ) ? 0 : -EFAULT;
}

/** What the request asks of lo, to REQUEST behind the name: 0, or −ENOTTY when it is none. */
function deviceValue(request: u32): i64 {
  const at = REQUEST + IFNAMSIZ;
  switch (request) {
    case SIOCGIFFLAGS: store<u16>(at, <u16>SHORT_FLAGS); return 0;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR: storeAddress(LOOPBACK); return 0;
    case SIOCGIFBRDADDR: storeAddress(0); return 0;
    case SIOCGIFNETMASK: storeAddress(0xff000000); return 0;
    case SIOCGIFMETRIC: store<u32>(at, 0); return 0;
    case SIOCGIFMTU: store<u32>(at, MTU); return 0;
    case SIOCGIFHWADDR:
      memory.fill(at, 0, 2 + ETH_ALEN);
      store<u16>(at, ARPHRD_LOOPBACK);
      return 0;
    case SIOCGIFINDEX: store<u32>(at, LO); return 0;
    case SIOCGIFTXQLEN: store<u32>(at, QUEUE); return 0;
    case SIOCGIFMAP: memory.fill(at, 0, 24); return 0;
    default: return -ENOTTY;
  }
}
