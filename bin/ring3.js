#!/usr/bin/env node
import { existsSync } from "node:fs";

const bundle = new URL("../dist/cli.mjs", import.meta.url);
if (!existsSync(bundle)) {
  const { ensureReady } = await import("../tools/setup.mjs");
  await ensureReady();
}
await import(bundle.href);
