// Linux itself as the oracle.
import type { CampaignSettings } from "./campaign.ts";
import type { FuzzModule } from "./module.ts";
import type { Program } from "./program.ts";

export async function nativeCampaign(_wasm: WebAssembly.Module, _settings: unknown, _limits: { seconds: number; programs: number; json: boolean }, say: (line: string) => void): Promise<number> {
  say("--native is not there yet");
  return 125;
}

export async function nativeReport(_module: FuzzModule, _program: Program): Promise<string> {
  return "";
}
export type { CampaignSettings };
