// Setting the machine's clock: clock_settime(2), settimeofday(2), adjtimex(2), clock_adjtime(2).
// Kernel: kernel/time/timekeeping.c do_settimeofday64(), do_adjtimex(); kernel/time/ntp.c.
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM } from "../abi/errno";
import { CAP_SYS_TIME } from "../abi/capability";
import { CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID } from "../abi/time";
import {
  ADJ_ESTERROR, ADJ_FREQUENCY, ADJ_MAXERROR, ADJ_MICRO, ADJ_NANO, ADJ_OFFSET, ADJ_OFFSET_SINGLESHOT, ADJ_OFFSET_SS_READ, ADJ_SETOFFSET, ADJ_STATUS, ADJ_TAI, ADJ_TICK, ADJ_TIMECONST, SIZEOF_TIMEX,
  STA_CLOCKERR, STA_NANO, STA_PLL, STA_RONLY, STA_UNSYNC, TIMEX_CONSTANT, TIMEX_ESTERROR, TIMEX_FREQ, TIMEX_MAXERROR, TIMEX_MODES, TIMEX_OFFSET, TIMEX_PRECISION, TIMEX_STATUS, TIMEX_TAI,
  TIMEX_TICK, TIMEX_TIME, TIMEX_TOLERANCE, TIME_ERROR, TIME_OK,
} from "../abi/timex";
import { copyIn, copyOut } from "../mm/usercopy";
import { clockRateSet, clockSlewLeft, clockSlewSet, clockTai, clockTaiSet, now, realtime } from "../task/clock";
import { NO_TIME, clockNow } from "../task/clocks";
import { clockSet } from "../task/clockset";
import { capable } from "../task/cred";
import { timespecIn } from "./timespec";

const SECOND: i64 = 1_000_000_000;
/** TIME_SETTOD_SEC_MAX: 30 years before ns of a clock overflow. */
const LATEST: i64 = 8_277_292_036 * SECOND;

const BUFFER = memory.data(208, 8);
const STATE = memory.data(64, 8);
const WEST: usize = 0; // i32 minutes, of struct timezone
const DST: usize = 4; // i32
const FREQUENCY: usize = 8; // i64, 2^-16 ppm
const TICK: usize = 16; // i64 µs more than 10,000 a tick
const MAX_ERROR: usize = 24; // i64 µs less than 16,000,000
const EST_ERROR: usize = 32; // i64, the same
const STATUS: usize = 40; // u32 STA_*, STA_UNSYNC turned round
const CONSTANT: usize = 44; // i32 more than 2
const SLEW_BY: usize = 48; // u32 what the slew is for: ADJ_OFFSET, or ADJ_OFFSET_SINGLESHOT

const NORMAL_TICK: i64 = 10_000;
const NORMAL_CONSTANT: i32 = 2;
/** NTP_PHASE_LIMIT, MAXPHASE, MAXFREQ, MAXTC, MAX_TAI_OFFSET. */
const WORST_ERROR: i64 = 16_000_000;
const MOST_OFFSET_NS: i64 = 500_000_000;
const MOST_FREQUENCY: i64 = 500 << 16;
const MOST_CONSTANT: i64 = 10;
const MOST_TAI: i64 = 100_000;
const ADJ_ADJTIME: u32 = 0x8000;
const ADJ_READONLY: u32 = 0x2000;

/** Sets CLOCK_REALTIME; it cannot be less than CLOCK_MONOTONIC. */
function settime(ns: i64): i64 {
  if (ns < <i64>now() || ns > LATEST) return -EINVAL;
  clockSet(ns);
  return 0;
}

export function sys_clock_settime(clock: u64, from: u64): i64 {
  const c = <i32>clock;
  if (c != CLOCK_REALTIME && c >= 0) return -EINVAL;
  const ns = timespecIn(from);
  if (ns == -EFAULT) return ns;
  if (c < 0) return clockNow(c) == NO_TIME ? -EINVAL : -EPERM;
  if (ns < 0) return ns;
  return capable(CAP_SYS_TIME) ? settime(ns) : -EPERM;
}

/** Writes the time zone that settimeofday was told. */
export function timezoneOut(to: u64): bool {
  return copyOut(to, STATE + WEST, 8);
}

export function sys_settimeofday(from: u64, zone: u64): i64 {
  let ns: i64 = 0;
  if (from) {
    if (!copyIn(BUFFER, from, 16)) return -EFAULT;
    const sec = load<i64>(BUFFER);
    const usec = load<i64>(BUFFER, 8);
    if (usec < 0 || usec > 1_000_000) return -EINVAL;
    ns = sec < 0 || sec > LATEST / SECOND || usec == 1_000_000 ? -1 : sec * SECOND + usec * 1000;
  }
  if (zone && !copyIn(BUFFER, zone, 8)) return -EFAULT;
  if (ns < 0) return -EINVAL;
  if (!capable(CAP_SYS_TIME)) return -EPERM;
  if (zone) {
    const west = load<i32>(BUFFER);
    if (west > 15 * 60 || west < -15 * 60) return -EINVAL;
    store<i64>(STATE + WEST, load<i64>(BUFFER));
  }
  return from ? settime(ns) : 0;
}

function status(): u32 {
  return load<u32>(STATE + STATUS) ^ STA_UNSYNC;
}

function statusSet(bits: u32): void {
  store<u32>(STATE + STATUS, bits ^ STA_UNSYNC);
}

/** Kernel: timekeeping_validate_timex(). */
function refused(modes: u32): i64 {
  if (modes & ADJ_ADJTIME) {
    if (!(modes & ADJ_OFFSET)) return -EINVAL;
    if (!(modes & ADJ_READONLY) && !capable(CAP_SYS_TIME)) return -EPERM;
  } else {
    if (modes && !capable(CAP_SYS_TIME)) return -EPERM;
    const tick = load<i64>(BUFFER + TIMEX_TICK);
    if (modes & ADJ_TICK && (tick < 9000 || tick > 11000)) return -EINVAL;
  }
  if (modes & ADJ_SETOFFSET) {
    if (!capable(CAP_SYS_TIME)) return -EPERM;
    const part = load<i64>(BUFFER + TIMEX_TIME, 8);
    if (part < 0 || part >= (modes & ADJ_NANO ? SECOND : 1_000_000)) return -EINVAL;
  }
  const frequency = load<i64>(BUFFER + TIMEX_FREQ);
  const most = i64.MAX_VALUE / 65536;
  return modes & ADJ_FREQUENCY && (frequency > most || frequency < -most) ? -EINVAL : 0;
}

function clamp(value: i64, low: i64, high: i64): i64 {
  return min<i64>(max<i64>(value, low), high);
}

function setRate(): void {
  // A tick of one µs more is 100 ppm.
  clockRateSet(load<i64>(STATE + FREQUENCY) + (load<i64>(STATE + TICK) * 100 << 16));
}

/** Kernel: process_adjtimex_modes(). */
function adjust(modes: u32): void {
  if (modes & ADJ_STATUS) {
    const bits = load<u32>(BUFFER + TIMEX_STATUS);
    const kept = status() & STA_PLL && !(bits & STA_PLL) ? STA_UNSYNC : status();
    statusSet((kept & STA_RONLY) | (bits & ~STA_RONLY));
  }
  if (modes & ADJ_NANO) statusSet(status() | STA_NANO);
  if (modes & ADJ_MICRO) statusSet(status() & ~STA_NANO);
  if (modes & ADJ_FREQUENCY) store<i64>(STATE + FREQUENCY, clamp(load<i64>(BUFFER + TIMEX_FREQ), -MOST_FREQUENCY, MOST_FREQUENCY));
  if (modes & ADJ_MAXERROR) store<i64>(STATE + MAX_ERROR, WORST_ERROR - clamp(load<i64>(BUFFER + TIMEX_MAXERROR), 0, WORST_ERROR));
  if (modes & ADJ_ESTERROR) store<i64>(STATE + EST_ERROR, WORST_ERROR - clamp(load<i64>(BUFFER + TIMEX_ESTERROR), 0, WORST_ERROR));
  const constant = load<i64>(BUFFER + TIMEX_CONSTANT);
  if (modes & ADJ_TIMECONST) {
    const c = clamp(constant, 0, MOST_CONSTANT) + (status() & STA_NANO ? 0 : 4);
    store<i32>(STATE + CONSTANT, <i32>min<i64>(c, MOST_CONSTANT) - NORMAL_CONSTANT);
  }
  if (modes & ADJ_TAI && constant >= 0 && constant <= MOST_TAI) clockTaiSet(<i32>constant);
  if (modes & ADJ_OFFSET && status() & STA_PLL) {
    const unit: i64 = status() & STA_NANO ? 1 : 1000;
    store<u32>(STATE + SLEW_BY, ADJ_OFFSET);
    clockSlewSet(clamp(clamp(load<i64>(BUFFER + TIMEX_OFFSET), -MOST_OFFSET_NS, MOST_OFFSET_NS) * unit, -MOST_OFFSET_NS, MOST_OFFSET_NS));
  }
  if (modes & ADJ_TICK) store<i64>(STATE + TICK, load<i64>(BUFFER + TIMEX_TICK) - NORMAL_TICK);
  if (modes & (ADJ_TICK | ADJ_FREQUENCY)) setRate();
}

/** What of the slew is due to `mode`, ns. */
function slewOf(mode: u32): i64 {
  return load<u32>(STATE + SLEW_BY) == mode ? clockSlewLeft() : 0;
}

/** adjtime(3): the old adjustment is told, and a new one begun. */
function adjtime(modes: u32): void {
  const before = slewOf(ADJ_OFFSET_SINGLESHOT) / 1000;
  if (!(modes & ADJ_READONLY)) {
    store<u32>(STATE + SLEW_BY, ADJ_OFFSET_SINGLESHOT);
    clockSlewSet(load<i64>(BUFFER + TIMEX_OFFSET) * 1000);
  }
  store<i64>(BUFFER + TIMEX_OFFSET, before);
}

/** struct timex in BUFFER: does what it asks for and fills it in; TIME_* or −errno. */
function adjtimex(): i64 {
  const modes = load<u32>(BUFFER + TIMEX_MODES);
  const error = refused(modes);
  if (error) return error;
  if (modes & ADJ_SETOFFSET) {
    const part = load<i64>(BUFFER + TIMEX_TIME, 8) * (modes & ADJ_NANO ? 1 : 1000);
    const sec = load<i64>(BUFFER + TIMEX_TIME);
    if (sec > LATEST / SECOND || sec < -LATEST / SECOND) return -EINVAL;
    const r = settime(<i64>realtime() + sec * SECOND + part);
    if (r) return r;
  }
  if (modes & ADJ_ADJTIME) adjtime(modes);
  else {
    adjust(modes);
    store<i64>(BUFFER + TIMEX_OFFSET, slewOf(ADJ_OFFSET) / (status() & STA_NANO ? 1 : 1000));
  }
  report();
  return status() & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
}

function report(): void {
  store<i64>(BUFFER + TIMEX_FREQ, load<i64>(STATE + FREQUENCY));
  store<i64>(BUFFER + TIMEX_MAXERROR, WORST_ERROR - load<i64>(STATE + MAX_ERROR));
  store<i64>(BUFFER + TIMEX_ESTERROR, WORST_ERROR - load<i64>(STATE + EST_ERROR));
  store<u32>(BUFFER + TIMEX_STATUS, status());
  store<i64>(BUFFER + TIMEX_CONSTANT, load<i32>(STATE + CONSTANT) + NORMAL_CONSTANT);
  store<i64>(BUFFER + TIMEX_PRECISION, 1);
  store<i64>(BUFFER + TIMEX_TOLERANCE, MOST_FREQUENCY);
  store<i64>(BUFFER + TIMEX_TICK, load<i64>(STATE + TICK) + NORMAL_TICK);
  const t = <i64>realtime();
  store<i64>(BUFFER + TIMEX_TIME, t / SECOND);
  store<i64>(BUFFER + TIMEX_TIME, (t % SECOND) / (status() & STA_NANO ? 1 : 1000), 8);
  // No pulse per second: its fields, from ppsfreq on, are 0.
  memory.fill(BUFFER + TIMEX_TICK + 8, 0, TIMEX_TAI - TIMEX_TICK - 8);
  store<i32>(BUFFER + TIMEX_TAI, clockTai());
}

export function sys_adjtimex(buffer: u64): i64 {
  if (!copyIn(BUFFER, buffer, SIZEOF_TIMEX)) return -EFAULT;
  const r = adjtimex();
  return copyOut(buffer, BUFFER, SIZEOF_TIMEX) ? r : -EFAULT;
}

export function sys_clock_adjtime(clock: u64, buffer: u64): i64 {
  if (!copyIn(BUFFER, buffer, SIZEOF_TIMEX)) return -EFAULT;
  const c = <i32>clock;
  if (c != CLOCK_REALTIME) return c == CLOCK_PROCESS_CPUTIME_ID || c == CLOCK_THREAD_CPUTIME_ID || clockNow(c) != NO_TIME ? -EOPNOTSUPP : -EINVAL;
  const r = adjtimex();
  return r >= 0 && !copyOut(buffer, BUFFER, SIZEOF_TIMEX) ? -EFAULT : r;
}
