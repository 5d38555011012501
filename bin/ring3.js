#!/usr/bin/env node
// CommonJS: it starts faster.
const { existsSync } = require("node:fs");
const bundle = require("node:path").join(__dirname, "../dist/cli.cjs");

if (existsSync(bundle)) require(bundle);
else import("../tools/setup.mjs").then(({ ensureReady }) => ensureReady()).then(() => require(bundle));
