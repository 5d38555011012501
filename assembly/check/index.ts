// The machine's module with the checks: everything that index.ts exports, and what turns them on.
export * from "../index";
export { checkCalls, checkEvery } from "./hook";
export { checkSeed } from "./seed";
export { probe, probeCall, probeNext } from "./wake";
