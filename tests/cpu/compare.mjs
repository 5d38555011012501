// Runs the tester: executions spread over the rows of the table, differences by row, shrunk to one line each.
import { rows as allRows } from "../../tools/isa/index.mjs";
import { DATA, SLOT, WIDE_DATA } from "./engine.mjs";
import { blockRows, generator, randomBlock, randomEncoding } from "./encodings.mjs";
import { AFTER, ENCODING, FIELDS, OUTCOME, RECORD, RUNS_FOR_EVER, differences, field, format, get, patchesOf, put, setField } from "./layout.mjs";
import { tolerated } from "./tolerance.mjs";

const STATES = 16;
const wide = (row) => /^f?x(save|rstor)/.test(row.mnemonic);

/** A row with a number of its own; `only` = what its mnemonic or key must match. */
export function selectRows(only) {
  const pattern = only ? new RegExp(`^(${only})$`) : undefined;
  return allRows.map((row, index) => ({ row, index })).filter(({ row }) => !pattern || pattern.test(row.mnemonic) || pattern.test(row.key) || row.key === only);
}

/** Counts of one run: executions and differences per row, an example of each row that differs. */
export function newTally() {
  return { executions: 0, faults: 0, skipped: 0, perRow: new Map(), wrong: new Map(), examples: new Map() };
}

/** What a block of several instructions stands under. */
export const BLOCK = { row: { mnemonic: "block", key: "block", control: "branch", operands: [], encoding: { imm: [] } }, index: 0xffff };

function blockScript(blocks, r, room) {
  const count = Math.min(room, Math.floor(SLOT / (STATES * (RECORD + 2 * DATA))), 256);
  const encodings = Array.from({ length: count }, () => randomBlock(blocks, r));
  return { data: DATA, encodings: Buffer.concat(encodings), chosen: encodings.map(() => BLOCK) };
}

/** Encodings for one script: rows from `queue`, which is filled again from `rows` in a random order. */
function script(rows, queue, r, room) {
  const chosen = [];
  const isWide = r.below(24) === 0 && rows.some(({ row }) => wide(row));
  const data = isWide || rows.every(({ row }) => wide(row)) ? WIDE_DATA : DATA;
  const pool = isWide ? rows.filter(({ row }) => wide(row)) : rows;
  const count = Math.min(room, Math.floor(SLOT / (STATES * (RECORD + 2 * data))), isWide ? 64 : 256);
  while (chosen.length < count) {
    if (isWide) chosen.push(pool[r.below(pool.length)]);
    else {
      if (!queue.length) {
        queue.push(...rows);
        for (let i = queue.length - 1; i > 0; i -= 1) {
          const j = r.below(i + 1);
          [queue[i], queue[j]] = [queue[j], queue[i]];
        }
      }
      const next = queue.pop();
      if (data === WIDE_DATA || !wide(next.row)) chosen.push(next);
      else if (!queue.length) continue;
    }
  }
  return { data, encodings: Buffer.concat(chosen.map(({ row, index }) => randomEncoding(row, index, r))), chosen };
}

/** Differences judged one by one in a script; more are not looked at twice. */
const JUDGED = 300;

/** What the real CPU makes of a record in a program of its own, whose stack and vdso lie elsewhere: a random address may have hit them. */
async function executeApart(start, record, data) {
  const native = start();
  try {
    return (await native.execute([record], data)).records[0];
  } finally {
    native.end();
  }
}

/** What a record differs in, and is not allowed to; nothing when the real CPU does otherwise when it is asked again (a virtual one may). */
async function judge(native, start, tally, row, record, ours, data, again) {
  if ([record, ours].some((r) => r.readUInt32LE(OUTCOME) === RUNS_FOR_EVER)) return;
  const found = differences(record, ours, data);
  if (!found.length || tolerated(row, record, ours, found, data, tally)) return;
  const agrees = (second) => {
    const still = differences(second, ours, data);
    return !still.length || tolerated(row, second, ours, still, data);
  };
  if (again && (agrees((await native.execute([record], data)).records[0]) || agrees(await executeApart(start, record, data)))) {
    tally.unsteady = (tally.unsteady ?? 0) + 1;
    return;
  }
  tally.wrong.set(row.key, (tally.wrong.get(row.key) ?? 0) + 1);
  const examples = tally.examples.get(row.key) ?? [];
  if (!examples.length) tally.onExample?.(`${format(record, row.mnemonic)}\n${found.map(([what, a, b]) => `    ${what}: native ${a} ring3 ${b}`).join("\n")}`);
  if (examples.length < 3) tally.examples.set(row.key, [...examples, { row, record: Buffer.from(record), ours, data, found }]);
}

/**
 * Executes until `seconds` have passed or `limit` executions are done. The native process makes one script while ring3 runs the
 * one before.
 */
export async function compareRandom({ native, start, machine, rows, seed, seconds, limit = Infinity, tally = newTally(), onProgress }) {
  const r = generator(seed);
  const queue = [];
  const end = Date.now() + seconds * 1000;
  let number = 0;
  const blocks = blockRows(rows);
  const withBlocks = blocks.ends.length > 0 && blocks.others.length > 9;
  const begin = () => {
    const s = withBlocks && r.below(5) === 0 ? blockScript(blocks, r, 4096) : script(rows, queue, r, 4096);
    s.slot = number & 1;
    s.answer = native.make(s.slot, s.encodings, STATES, s.data, BigInt(seed) * 1_000_003n + BigInt(number) * 65_537n);
    s.answer.catch(() => {});
    number += 1;
    return s;
  };
  let current = begin();
  while (true) {
    const { count, stray, repeats } = await current.answer;
    const more = Date.now() < end && tally.executions + count < limit;
    const next = more ? begin() : undefined;
    const { data } = current;
    const stride = RECORD + 2 * data;
    const records = machine.room(count * stride);
    native.read(current.slot, records, count * stride);
    const differing = machine.run(count, data, r.below(4) === 0);
    const ourStray = machine.stray();
    for (const [n, i] of differing.entries()) {
      const record = Buffer.from(machine.room(count * stride).subarray(i * stride, (i + 1) * stride));
      await judge(native, start, tally, current.chosen[Math.floor(i / STATES)].row, record, machine.ours(i, data), data, n < JUDGED);
    }
    // A fault in the middle of an image leaves what the CPU likes; what was executed twice may have stored twice.
    if (stray !== ourStray && data !== WIDE_DATA && !repeats) tally.strays = (tally.strays ?? 0) + 1;
    for (const { row } of current.chosen) tally.perRow.set(row.key, (tally.perRow.get(row.key) ?? 0) + STATES);
    tally.executions += count;
    onProgress?.(tally);
    if (!next) return tally;
    current = next;
  }
}

/**
 * compareRandom, with a new native program where the system ends the one there is (some virtual machines kill a process for a far
 * jump): it goes on with other instructions. `start` makes the program, which is left in `sides.native`.
 */
export async function compareThrough(sides, start, { seed, seconds, limit = Infinity, tally = newTally(), onLost, ...rest }) {
  const end = Date.now() + seconds * 1000;
  for (let s = seed; ; s += 1) {
    try {
      return await compareRandom({ ...sides, ...rest, start, seed: s, seconds: (end - Date.now()) / 1000, limit, tally });
    } catch (error) {
      onLost?.(error.message);
      tally.lost = (tally.lost ?? 0) + 1;
      sides.native.end();
      sides.native = start();
      if (Date.now() > end || tally.executions > limit) return tally;
    }
  }
}

/** One execution on both sides; what differs (nothing when tolerated). */
export async function executeBoth({ native, machine }, row, record, data) {
  const done = (await native.execute([record], data)).records[0];
  const ours = machine.execute(done, data);
  if ([done, ours].some((r) => r.readUInt32LE(OUTCOME) === RUNS_FOR_EVER)) return { done, ours, found: [] };
  const found = differences(done, ours, data);
  return { done, ours, found: found.length && tolerated(row, done, ours, found, data) ? [] : found };
}

/** A smaller record that still differs: registers, flags and memory that do not matter become plain. */
export async function shrink(sides, row, record, data) {
  let best = Buffer.from(record);
  const differs = async (candidate) => (await executeBoth(sides, row, candidate, data)).found.length > 0;
  if (!(await differs(best))) return { record: best, stable: false };
  const tryIt = async (change) => {
    const candidate = Buffer.from(best);
    if (change(candidate) === false || candidate.equals(best)) return;
    if (await differs(candidate)) best = candidate;
  };
  for (const [name, , , normal] of FIELDS) if (name !== "rip") await tryIt((c) => setField(c, name, normal));
  for (const { offset, length } of patchesOf(best)) {
    await tryIt((c) => c.fill(0, RECORD + offset, RECORD + offset + length));
    for (let part = 0; part < length; part += 8) await tryIt((c) => c.fill(0, RECORD + offset + part, RECORD + offset + Math.min(part + 8, length)));
  }
  for (const [name] of FIELDS) if (name !== "rip" && field(best, name) > 0xffffn) for (const mask of [0xffffn, 0xffffffffn]) await tryIt((c) => setField(c, name, field(c, name) & mask));
  return { record: best, stable: true };
}

export async function report(sides, tally, { shrinkAll = true, perRow = 1 } = {}) {
  const lines = [];
  const sorted = [...tally.examples].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [n, [key, examples]] of sorted.entries()) {
    if (n >= 40) {
      lines.push(`and ${sorted.length - n} rows more`);
      break;
    }
    lines.push(`${examples[0].row.mnemonic} [${key}]: ${tally.wrong.get(key)} of ${tally.perRow.get(key)} differ`);
    for (const { row, record, data, found } of examples.slice(0, perRow)) {
      let shown = { record, found };
      if (shrinkAll) {
        const small = await shrink(sides, row, record, data);
        if (small.stable) shown = { record: small.record, found: (await executeBoth(sides, row, small.record, data)).found };
        else {
          lines.push(`  ${found.map(([what, native, ours]) => `${what}: native ${native} ring3 ${ours}`).join("; ")}, but not when it is executed alone`);
          continue;
        }
      }
      lines.push(`  ${format(shown.record, row.mnemonic)}`);
      for (const [what, native, ours] of shown.found) lines.push(`    ${what}: native ${native} ring3 ${ours}`);
    }
  }
  return lines;
}

export { AFTER, ENCODING, get, put };
