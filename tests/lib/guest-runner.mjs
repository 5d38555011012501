// Runs a guest program in ring3 with an environment of its own.
import { ring3 } from "./process.mjs";

/** `{ status, stdout, stderr }` as run() of process.mjs gives them. */
export function runGuest(program, args, { input = "", env = {}, options = [], timeoutMs = 60_000 } = {}) {
  const given = Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  return ring3(["run", "--clear-env", ...given, ...options, program, ...args], { input, timeoutMs });
}
