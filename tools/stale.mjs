// Which parts of dist/ are older than what they are made from: the content of the inputs is
// compared with what the last build recorded. No dependencies; takes some 10 ms.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const record = join(root, "dist/.built.json");

/** The parts in the order they are built: inputs (files or folders), files that must exist. */
const parts = {
  generated: { from: ["tools", "assembly/abi", "assembly/sys", "host/trace"], makes: ["assembly/gen", "host/gen"] },
  machine: { from: ["assembly", "asconfig.json"], makes: ["dist/ring3.wasm"] },
  fuzz: { from: ["assembly", "tools/build-fuzz.mjs", "tools/probes.mjs", "tools/sourcemap.mjs"], makes: ["dist/ring3-fuzz.wasm", "dist/ring3-fuzz.json"], lazy: true },
  types: { from: ["host", "assembly/abi", "tools/build-types.mjs", "tsconfig.types.json"], makes: ["dist/types/host/index.d.ts"], lazy: true },
  check: { from: ["assembly", "asconfig.json"], makes: ["dist/ring3-check.wasm"], lazy: true },
  host: { from: ["host", "assembly/abi", "assembly/gen", "tools/build.mjs", "package.json"], makes: ["dist/cli.cjs", "dist/ring3.mjs"] },
  // There is none where V8 does not give it.
  code: { from: ["assembly", "asconfig.json", "host/code.ts", "host/keepcode.ts", "examples"], version: process.versions.v8, makes: [] },
};

function hashInto(hash, path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  if (/\.[a-z]+$/.test(path)) {
    hash.update(path).update("\0").update(readFileSync(full));
    return;
  }
  for (const entry of readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === "__tests__") continue;
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) hashInto(hash, inner);
    else if (/\.(ts|mjs|js|json|html|css|c)$/.test(entry.name)) hash.update(inner).update("\0").update(readFileSync(join(root, inner)));
  }
}

/** Of the contents of a part's inputs. */
export function digest(part) {
  const hash = createHash("sha1");
  for (const path of parts[part].from) hashInto(hash, path);
  if (parts[part].version) hash.update(parts[part].version);
  return hash.digest("hex");
}

function recorded() {
  try {
    return JSON.parse(readFileSync(record, "utf8"));
  } catch {
    return {};
  }
}

/** Names of the parts that must be built again; those that are made when they are wanted only when `lazy` says so. */
export function stale({ lazy = false } = {}) {
  const built = recorded();
  return Object.keys(parts).filter((part) => Boolean(parts[part].lazy) === lazy && (!parts[part].makes.every((path) => existsSync(join(root, path))) || built[part] !== digest(part)));
}

/** One part's inputs are now what its output was made from. */
export function markBuilt(part) {
  const built = recorded();
  built[part] = digest(part);
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify(built));
}
