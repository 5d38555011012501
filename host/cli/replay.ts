// `ring3 replay RECORDING`.
import { writeSync } from "node:fs";
import { machineModule } from "../node.ts";
import { Replay } from "../record/replay.ts";
import { loadRecording } from "../state.ts";
import { UsageError } from "./options.ts";

const FAILED = 125;

/** Replays a recording: the status that the run had, 125 when it went another way or is cut short. */
export function replay(words: string[]): number {
  const stats = words.includes("--stats");
  const [path, ...more] = words.filter((word) => word !== "--stats");
  if (!path || path.startsWith("-") || more.length) throw new UsageError("replay needs a recording: ring3 replay [--stats] RECORDING");
  const { header, events, cutAt } = loadRecording(path);
  const run = new Replay(machineModule(), events, {
    output(stream, bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(stream === 2 ? 2 : 1, bytes, done);
    },
  });
  const result = run.run();
  const say = (text: string) => writeSync(2, `ring3: ${text}\n`);
  if (stats) say(`${header.command.join(" ")}: ${result.events} events, ${result.retired} instructions, ${result.hashes} memory hashes equal, the last ${result.hash.toString(16).padStart(16, "0")}`);
  if (!result.complete || cutAt !== null) {
    say(`${path} is cut short${cutAt === null ? "" : ` at byte ${cutAt}`}: replayed to event ${result.events}`);
    return FAILED;
  }
  const status = result.exits.find(([pid]) => pid === result.first)?.[1];
  if (status === undefined) return 0;
  return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}
