// `ring3 ipcs [--json] SNAPSHOT`: the IPC objects in a snapshot.
import { ipcJson } from "../ipc/index.ts";
import { ipcText } from "../ipc/text.ts";
import { Machine } from "../machine.ts";
import { NodeHost, machineModule } from "../node.ts";
import { loadSnapshot } from "../state.ts";
import { UsageError } from "./options.ts";

/** The text for standard output; a file that is no snapshot of this ring3 is a FormatError. */
export function ipcs(words: string[]): string {
  const json = words.includes("--json");
  const [path, ...more] = words.filter((word) => word !== "--json");
  if (!path || path.startsWith("-") || more.length) throw new UsageError("ipcs needs a snapshot: ring3 ipcs [--json] SNAPSHOT");
  const { snapshot, header } = loadSnapshot(path);
  const { memory, maxTasks, clock } = header;
  const host = new NodeHost();
  const machine = new Machine(machineModule(), host, { memory, maxTasks, clock, snapshot });
  host.attach(machine);
  return json ? ipcJson(machine.ipc) : ipcText(machine.ipc);
}
