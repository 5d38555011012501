// The sentence that the machine's own manual says of a system call: the NAME section of its page in section 2.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDERS = ["/usr/share/man", "/usr/local/share/man"];

function page(name: string): string | null {
  const folders = process.env.MANPATH ? process.env.MANPATH.split(":").filter(Boolean) : FOLDERS;
  for (const folder of folders) {
    for (const ending of [".2", ".2.gz"]) {
      try {
        const bytes = readFileSync(join(folder, "man2", name + ending));
        return (ending.endsWith("gz") ? gunzipSync(bytes) : bytes).toString("utf8");
      } catch {
        // The next place.
      }
    }
  }
  return null;
}

/** Without troff's requests and escapes. */
function plain(line: string): string {
  return line.replace(/^\.\w+\s*/, "").replace(/\\f[A-Z]|\\f\[\w*\]|\\&|\\%/g, "").replace(/\\-|\\\(en/g, "-").replace(/\\\(aq/g, "'").replace(/"/g, "").trim();
}

/** "msgrcv: System V message queue operations"; null when the manual is not installed or has no such page. */
export function sentenceOf(name: string, depth = 0): string | null {
  const text = page(name);
  if (text === null) return null;
  const other = /^\.so man2\/(\w+)\.2/m.exec(text);
  if (other && depth < 3) return sentenceOf(other[1]!, depth + 1);
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => /^\.SH "?NAME"?/.test(line));
  if (begin < 0) return null;
  const rest = lines.slice(begin + 1);
  const length = rest.findIndex((line) => /^\.(SH|\\")/.test(line));
  const words = rest.slice(0, length < 0 ? 5 : length).map(plain).filter(Boolean).join(" ");
  const dash = words.indexOf(" - ");
  return dash < 0 ? null : words.slice(dash + 3);
}
