// `npm run fuzz:ipc -- [--facility X] [--sequences N] [--seed S]`: the model tests, as long as one likes.
import { build } from "esbuild";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureReady, root } from "../../tools/setup.mjs";

await ensureReady();
const outfile = join(root, ".cache/tests/fuzz-ipc.mjs");
mkdirSync(join(root, ".cache/tests"), { recursive: true });
await build({
  entryPoints: [join(root, "tests/ipc/model.test.ts")], outfile, bundle: true, format: "esm", platform: "node", target: ["node20"], packages: "external", logLevel: "warning",
  plugins: [{ name: "suite library", setup: (b) => b.onResolve({ filter: /\.mjs$/ }, (args) => (args.kind === "entry-point" ? undefined : { path: join(args.resolveDir, args.path), external: true })) }],
});
await import(outfile);
