// The line discipline N_TTY: what is typed becomes lines, echo and signals; what is written is post-processed.
// termios(3); kernel: drivers/tty/n_tty.c, whose functions these follow.
import {
  ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHONL, ECHOPRT, EXTPROC, ICANON, ICRNL, IEXTEN, IGNCR, INLCR, ISIG, ISTRIP, IUCLC, IUTF8, IXANY, IXON, NOFLSH, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, PARMRK,
  TAB3, TABDLY, VEOF, VEOL, VEOL2, VERASE, VINTR, VKILL, VLNEXT, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VWERASE,
} from "../abi/ioctl";
import { POLL_IN, SIGINT, SIGQUIT, SIGTSTP } from "../abi/signal";
import { fasyncKill } from "../fs/fasync";
import { wakeAll } from "../task/wait";
import { BUFFER_BYTES, Tty, cc, flowStart, flowStop, flushInput, flushOutput, outByte, outFlush, outRoom, signalProcessGroup, slaveReaders, SIDE_SLAVE } from "./tty";

const MASK: u32 = BUFFER_BYTES - 1;
const BACKSPACE: u32 = 8;
const TAB: u32 = 9;
const NEWLINE: u32 = 10;
const RETURN: u32 = 13;
/** Ends a line in the buffer without being part of it. */
const DISABLED: u32 = 0;

// @ts-ignore: decorator
@inline
function bufferAt(t: Tty, at: u32): u32 {
  return load<u8>(t.buffer + (at & MASK));
}

function markSet(t: Tty, at: u32): void {
  const byte = t.marks + ((at & MASK) >> 3);
  store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(at & 7)));
}

function markClear(t: Tty, at: u32): void {
  const byte = t.marks + ((at & MASK) >> 3);
  store<u8>(byte, load<u8>(byte) & ~(<u8>1 << <u8>(at & 7)));
}

function marked(t: Tty, at: u32): bool {
  return ((load<u8>(t.marks + ((at & MASK) >> 3)) >> (at & 7)) & 1) != 0;
}

function isControl(c: u32): bool {
  return c < 32 || c == 127;
}

/** Whether the byte goes on a character of UTF-8. */
function continues(t: Tty, c: u32): bool {
  return (t.iflag & IUTF8) != 0 && (c & 0xc0) == 0x80;
}

function isWord(c: u32): bool {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c == 0x5f;
}

// ── output ──────────────────────────────────────────────────────────────────────────

/** A byte through OPOST: false when there is no room for what it becomes. kernel: do_output_char() */
export function outputChar(t: Tty, c: u32): bool {
  const room = outRoom(t);
  if (!room) return false;
  if (!(t.oflag & OPOST)) {
    outByte(t, c);
    return true;
  }
  switch (c) {
    case NEWLINE:
      if (t.oflag & ONLRET) t.column = 0;
      if (t.oflag & ONLCR) {
        if (room < 2) return false;
        t.column = t.canonColumn = 0;
        outByte(t, RETURN);
      } else t.canonColumn = t.column;
      break;
    case RETURN:
      if (t.oflag & ONOCR && !t.column) return true;
      if (t.oflag & OCRNL) {
        c = NEWLINE;
        if (t.oflag & ONLRET) t.column = t.canonColumn = 0;
      } else t.column = t.canonColumn = 0;
      break;
    case TAB: {
      const spaces: u32 = 8 - (t.column & 7);
      if ((t.oflag & TABDLY) == TAB3) {
        if (room < spaces) return false;
        t.column += spaces;
        for (let i: u32 = 0; i < spaces; i++) outByte(t, 32);
        return true;
      }
      t.column += spaces;
      break;
    }
    case BACKSPACE:
      if (t.column) t.column--;
      break;
    default:
      if (isControl(c)) break;
      if (t.oflag & OLCUC && c >= 0x61 && c <= 0x7a) c -= 32;
      if (!continues(t, c)) t.column++;
  }
  outByte(t, c);
  return true;
}

function echoRaw(t: Tty, c: u32): void {
  outputChar(t, c);
}

/** kernel: echo_char() */
function echoChar(t: Tty, c: u32): void {
  if (t.lflag & ECHOCTL && isControl(c) && c != TAB) {
    outByte(t, 0x5e);
    outByte(t, c ^ 0x40);
    t.column += 2;
  } else outputChar(t, c);
}

function rubOut(t: Tty): void {
  echoRaw(t, BACKSPACE);
  echoRaw(t, 32);
  echoRaw(t, BACKSPACE);
}

function finishErasing(t: Tty): void {
  if (!t.erasing) return;
  echoRaw(t, 0x2f);
  t.erasing = 0;
}

/** The line begins where the cursor stands. */
function rememberColumn(t: Tty): void {
  if (t.canonHead == t.head) t.canonColumn = t.column;
}

// ── input ───────────────────────────────────────────────────────────────────────────

function put(t: Tty, c: u32): void {
  store<u8>(t.buffer + (t.head & MASK), <u8>c);
  t.head++;
}

function putData(t: Tty, c: u32): void {
  if (c == 0xff && t.iflag & PARMRK) put(t, c);
  put(t, c);
}

/** Input from the other side: bytes taken. kernel: n_tty_receive_buf_common() */
export function inputBytes(t: Tty, from: usize, count: u32): u32 {
  let done: u32 = 0;
  while (done < count) {
    let room = <i32>(BUFFER_BYTES - (t.head - t.tail));
    if (t.iflag & PARMRK) room = (room + 2) / 3;
    room--;
    if (room <= 0) {
      // A line that is too long: its end can still come, in place of its last byte.
      if (!(t.lflag & ICANON) || t.canonHead != t.tail) break;
      if (room < 0) t.head--;
    }
    const c = load<u8>(from + done);
    inputChar(t, c);
    done++;
  }
  outFlush(t);
  if (!(t.lflag & ICANON) && t.head != t.tail) inputReady(t);
  return done;
}

// @ts-ignore: decorator
@inline
function is(t: Tty, c: u32, index: u32): bool {
  return c != 0 && c == cc(t, index);
}

function inputChar(t: Tty, c: u32): void {
  const l = t.lflag;
  if (t.literalNext) {
    t.literalNext = 0;
    inputPlain(t, t.iflag & ISTRIP ? c & 0x7f : c);
    return;
  }
  if (t.iflag & ISTRIP) c &= 0x7f;
  if (t.iflag & IUCLC && l & IEXTEN && c >= 0x41 && c <= 0x5a) c += 32;
  if (l & EXTPROC) {
    put(t, c);
    return;
  }
  if (t.iflag & IXON) {
    if (is(t, c, VSTART)) return flowStart(t);
    if (is(t, c, VSTOP)) return flowStop(t);
  }
  if (l & ISIG) {
    if (is(t, c, VINTR)) return inputSignal(t, SIGINT, c);
    if (is(t, c, VQUIT)) return inputSignal(t, SIGQUIT, c);
    if (is(t, c, VSUSP)) return inputSignal(t, SIGTSTP, c);
  }
  if (t.stopped && t.iflag & IXON && t.iflag & IXANY) flowStart(t);
  if (c == RETURN) {
    if (t.iflag & IGNCR) return;
    if (t.iflag & ICRNL) c = NEWLINE;
  } else if (c == NEWLINE && t.iflag & INLCR) c = RETURN;
  if (l & ICANON && inputCanonical(t, c)) return;
  if (c == NEWLINE && l & ECHO) {
    finishErasing(t);
    echoRaw(t, c);
    putData(t, c);
  } else inputPlain(t, c);
}

/** kernel: n_tty_receive_char() */
function inputPlain(t: Tty, c: u32): void {
  if (t.lflag & ECHO) {
    finishErasing(t);
    rememberColumn(t);
    echoChar(t, c);
  }
  putData(t, c);
}

/** kernel: n_tty_receive_signal_char(), isig() */
function inputSignal(t: Tty, signal: i32, c: u32): void {
  signalProcessGroup(t.pgid, signal);
  if (!(t.lflag & NOFLSH)) {
    flushOutput(t);
    flushInput(t);
  }
  if (t.iflag & IXON) flowStart(t);
  if (t.lflag & ECHO) echoChar(t, c);
}

/** What edits or ends a line: whether `c` was such. kernel: n_tty_receive_char_canon() */
function inputCanonical(t: Tty, c: u32): bool {
  const l = t.lflag;
  if (is(t, c, VERASE) || is(t, c, VKILL) || (is(t, c, VWERASE) && l & IEXTEN)) {
    erase(t, c);
    return true;
  }
  if (is(t, c, VLNEXT) && l & IEXTEN) {
    t.literalNext = 1;
    if (l & ECHO) {
      finishErasing(t);
      if (l & ECHOCTL) {
        echoRaw(t, 0x5e);
        echoRaw(t, BACKSPACE);
      }
    }
    return true;
  }
  if (is(t, c, VREPRINT) && l & ECHO && l & IEXTEN) {
    finishErasing(t);
    echoChar(t, c);
    echoRaw(t, NEWLINE);
    for (let at = t.canonHead; at != t.head; at++) echoChar(t, bufferAt(t, at));
    return true;
  }
  if (c == NEWLINE) {
    if (l & (ECHO | ECHONL)) echoRaw(t, NEWLINE);
  } else if (is(t, c, VEOF)) c = DISABLED;
  else if (is(t, c, VEOL) || (is(t, c, VEOL2) && l & IEXTEN)) {
    if (l & ECHO) {
      rememberColumn(t);
      echoChar(t, c);
    }
    if (c == 0xff && t.iflag & PARMRK) put(t, c);
  } else return false;
  markSet(t, t.head);
  put(t, c);
  t.canonHead = t.head;
  inputReady(t);
  return true;
}

/** Erases a character, a word or the line. kernel: eraser() */
function erase(t: Tty, c: u32): void {
  const l = t.lflag;
  if (t.head == t.canonHead) return;
  const one = c == cc(t, VERASE);
  const word = !one && c == cc(t, VWERASE);
  if (!one && !word) {
    if (!(l & ECHO)) {
      t.head = t.canonHead;
      return;
    }
    if (!(l & ECHOK) || !(l & ECHOKE) || !(l & ECHOE)) {
      t.head = t.canonHead;
      finishErasing(t);
      echoChar(t, cc(t, VKILL));
      if (l & ECHOK) echoRaw(t, NEWLINE);
      return;
    }
  }
  let letters = false;
  while (t.head != t.canonHead) {
    let head = t.head;
    let erased: u32;
    do erased = bufferAt(t, --head);
    while (continues(t, erased) && head != t.canonHead);
    if (continues(t, erased)) break;
    if (word) {
      if (isWord(erased)) letters = true;
      else if (letters) break;
    }
    const count = t.head - head;
    t.head = head;
    if (l & ECHO) echoErased(t, erased, head, count, one);
    if (one) break;
  }
  if (t.head == t.canonHead && l & ECHO) finishErasing(t);
}

function echoErased(t: Tty, c: u32, head: u32, count: u32, one: bool): void {
  const l = t.lflag;
  if (l & ECHOPRT) {
    if (!t.erasing) {
      echoRaw(t, 0x5c);
      t.erasing = 1;
    }
    echoChar(t, c);
    for (let i: u32 = 1; i < count; i++) outByte(t, bufferAt(t, head + i));
  } else if (one && !(l & ECHOE)) echoChar(t, cc(t, VERASE));
  else if (c == TAB) eraseTab(t);
  else {
    if (isControl(c) && l & ECHOCTL) rubOut(t);
    if (!isControl(c) || l & ECHOCTL) rubOut(t);
  }
}

/** Moves back over a tab: to where the columns of what stands before it end. */
function eraseTab(t: Tty): void {
  let columns: u32 = 0;
  let afterTab = false;
  for (let at = t.head; at != t.canonHead && !afterTab; ) {
    const c = bufferAt(t, --at);
    if (c == TAB) afterTab = true;
    else if (isControl(c)) {
      if (t.lflag & ECHOCTL) columns += 2;
    } else if (!continues(t, c)) columns++;
  }
  if (!afterTab) columns += t.canonColumn;
  for (let back = 8 - (columns & 7); back; back--) {
    outByte(t, BACKSPACE);
    if (t.column) t.column--;
  }
}

// ── reading ─────────────────────────────────────────────────────────────────────────

/** Whether a line is there, or as many bytes as `least`. */
export function inputThere(t: Tty, least: u32): bool {
  if (t.lflag & ICANON && !(t.lflag & EXTPROC)) return t.canonHead != t.tail;
  return t.head - t.tail >= least;
}

/** Bytes of the first line to `limit`, its end included; `lineEnds` says whether its end is among them. */
export let lineEnds: bool = false;

export function lineLength(t: Tty, limit: u32): u32 {
  const there = min(t.canonHead - t.tail, limit);
  for (let i: u32 = 0; i < there; i++) {
    if (!marked(t, t.tail + i)) continue;
    lineEnds = true;
    return i + 1;
  }
  lineEnds = false;
  return there;
}

/** Whether the line's byte number `at` is a mark of end of file, which no reader gets. */
export function endsFile(t: Tty, at: u32): bool {
  return !t.push && marked(t, t.tail + at) && bufferAt(t, t.tail + at) == DISABLED;
}

/** Address of the input, and how many bytes lie there together, at most `limit`. */
export function inputAddress(t: Tty): usize {
  return t.buffer + (t.tail & MASK);
}

export function inputTogether(t: Tty, limit: u32): u32 {
  return min(min(BUFFER_BYTES - (t.tail & MASK), t.head - t.tail), limit);
}

/** Takes bytes off the input. */
export function inputTake(t: Tty, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    if (!marked(t, t.tail + i)) continue;
    markClear(t, t.tail + i);
    t.push = 0;
  }
  t.tail += n;
}

/** FIONREAD: bytes a read could get. kernel: inq_canon() */
export function inputCount(t: Tty): u32 {
  if (!(t.lflag & ICANON) || t.lflag & EXTPROC) return t.head - t.tail;
  let n: u32 = 0;
  for (let at = t.tail; at != t.canonHead; at++) if (!(marked(t, at) && bufferAt(t, at) == DISABLED)) n++;
  return n;
}

/** The settings have changed from these; kernel: n_tty_set_termios(). */
export function settingsChanged(t: Tty, oldIflag: u32, oldLflag: u32): void {
  if ((oldLflag ^ t.lflag) & (ICANON | EXTPROC)) {
    memory.fill(t.marks, 0, BUFFER_BYTES / 8);
    if (!(t.lflag & ICANON) || t.head == t.tail) {
      t.canonHead = t.tail;
      t.push = 0;
    } else {
      markSet(t, t.head - 1);
      t.canonHead = t.head;
      t.push = 1;
    }
    t.erasing = 0;
    t.literalNext = 0;
  }
  if (oldIflag & IXON && !(t.iflag & IXON)) flowStart(t);
  wakeAll(slaveReaders(t));
}

/** There is something to read. */
function inputReady(t: Tty): void {
  wakeAll(slaveReaders(t));
  fasyncKill(changetype<usize>(t), 1 << SIDE_SLAVE, POLL_IN);
}
