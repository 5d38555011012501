// Puts programs and folders of the host into the machine.
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { HostTree } from "../hostfs.ts";
import { LiveTree } from "../livefs.ts";
import type { Machine } from "../machine.ts";
import { fileSource } from "../node.ts";
import type { Mount, RunOptions } from "./options.ts";

/** Why a program cannot be started: the shell's status, 126 or 127. */
export class StartError extends Error {
  constructor(
    readonly status: 126 | 127,
    message: string,
  ) {
    super(message);
  }
}

/** A tar archive as the root; what it holds is not unpacked to disk. */
async function addImage(machine: Machine, path: string): Promise<void> {
  const { ArchiveError, openImage } = await import("../image.ts");
  try {
    machine.addTree("/", await openImage(path));
  } catch (error) {
    if (error instanceof ArchiveError) throw new StartError(126, `${path}: ${error.message}`);
    throw error;
  }
}

export async function addMounts(machine: Machine, { root, rw, mounts }: RunOptions): Promise<void> {
  for (const { host, guest, mode } of [...(root ? [{ host: root, guest: "/", mode: rw ? "rw" : "cow" } as Mount] : []), ...mounts]) {
    let isFolder: boolean;
    try {
      isFolder = statSync(host).isDirectory();
    } catch {
      throw new StartError(127, `${host}: no such file or directory`);
    }
    if (host === root && guest === "/" && !isFolder) {
      if (rw) throw new StartError(126, `${host}: an archive cannot be written to: leave --rw out`);
      await addImage(machine, host);
      continue;
    }
    const place = guest.replace(/(.)\/+$/, "$1");
    if (mode !== "cow") machine.mount(place, new LiveTree(host, mode === "rw").root, { readOnly: mode === "ro" });
    else if (isFolder) machine.addTree(place, new HostTree(host).root);
    else {
      const folder = guest.slice(0, guest.lastIndexOf("/"));
      if (folder) machine.mkdir(folder, { recursive: true });
      machine.addFile(guest, fileSource(host), { mode: statSync(host).mode & 0o7777 });
    }
  }
}

/** Reads the program's first bytes and mode; what cannot be run is a StartError. */
function inspect(path: string): { mode: number; isAssembly: boolean } {
  let stat;
  try {
    stat = statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") throw new StartError(126, `${path}: permission denied`);
    throw new StartError(127, `${path}: ${code === "ENOTDIR" ? "not a directory" : code === "ELOOP" ? "too many symbolic links" : "no such file or directory"}`);
  }
  if (stat.isDirectory()) throw new StartError(126, `${path}: is a directory`);
  if (!stat.isFile()) throw new StartError(126, `${path}: is not a regular file`);
  const isAssembly = path.endsWith(".s") || path.endsWith(".S");
  if (!isAssembly && (stat.mode & 0o111) === 0) throw new StartError(126, `${path}: permission denied (it is not executable)`);
  return { mode: stat.mode & 0o7777, isAssembly };
}

async function assembleFile(path: string): Promise<Uint8Array> {
  const { assemble, AssemblyError } = await import("../asm/index.ts");
  try {
    return assemble(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof AssemblyError) throw new StartError(126, `${path}: ${error.message}`);
    throw error;
  }
}

/** Makes the program of the options a file of the machine: its path there. */
export async function addProgram(machine: Machine, { program, root, rw, mounts }: RunOptions): Promise<string> {
  if (root || mounts.length) {
    const inGuest = findInGuest(machine, program);
    if (inGuest) return inGuest;
  }
  const { mode, isAssembly } = inspect(program);
  // Where it is on the host, so that what the guest sees of itself is what it would see there.
  // A root that is written through gets no file that its owner did not put there.
  const path = rw ? `/dev/ring3/${basename(program)}` : resolve(program);
  machine.mkdir(dirname(path), { recursive: true });
  if (isAssembly) machine.writeFile(path, await assembleFile(program), { mode: 0o755 });
  else {
    try {
      const source = fileSource(program);
      if (source.size > 0) machine.addFile(path, source, { mode });
      else machine.writeFile(path, "", { mode });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EACCES") throw new StartError(126, `${program}: permission denied`);
      throw error;
    }
  }
  return path;
}

function findInGuest(machine: Machine, program: string): string | null {
  const places = program.includes("/") ? [program.startsWith("/") ? program : `/${program}`] : ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map((folder) => `${folder}/${program}`);
  return places.find((path) => machine.hasFile(path)) ?? null;
}
