// Coverage as LCOV and as pages: which lines of the kernel programs reached, and the shortest program for each.
import type { FuzzModule } from "./module.ts";
import type { Program } from "./program.ts";
import { printProgram } from "./text.ts";

/** dist/ring3-fuzz.json: the place of each edge. */
export interface EdgeTable {
  files: string[];
  functions: string[];
  edges: [file: number, line: number, fn: number][];
}

interface Line {
  programs: number;
  shortest: number;
}

export class Coverage {
  /** By file, by line. */
  readonly lines = new Map<string, Map<number, Line>>();
  private readonly hit: Set<number> = new Set();

  constructor(
    private readonly table: EdgeTable,
    private readonly module: FuzzModule,
    private readonly programs: Program[],
  ) {
    table.edges.forEach(([file, line]) => {
      const name = table.files[file]!;
      if (!name || !line || name.startsWith("~")) return;
      if (!this.lines.has(name)) this.lines.set(name, new Map());
      if (!this.lines.get(name)!.has(line)) this.lines.get(name)!.set(line, { programs: 0, shortest: -1 });
    });
    programs.forEach((program, i) => this.add(program, i));
  }

  private add(program: Program, index: number): void {
    const seen = new Set<Line>();
    for (const edge of this.module.edgesOf(program)) {
      this.hit.add(edge);
      const [file, number] = this.table.edges[edge] ?? [0, 0];
      const line = this.lines.get(this.table.files[file] ?? "")?.get(number);
      if (!line || seen.has(line)) continue;
      seen.add(line);
      line.programs++;
      if (line.shortest < 0 || this.programs[line.shortest]!.calls.length > program.calls.length) line.shortest = index;
    }
  }

  private sorted(): [string, [number, Line][]][] {
    return [...this.lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, lines]) => [file, [...lines].sort(([a], [b]) => a - b)]);
  }

  lcov(): string {
    const functions = new Map<string, Map<string, [line: number, hit: boolean]>>();
    this.table.edges.forEach(([file, line, fn], id) => {
      const name = this.table.files[file]!;
      const of = functions.get(name) ?? new Map();
      functions.set(name, of);
      const label = this.table.functions[fn]!;
      const known = of.get(label);
      of.set(label, [known?.[0] ?? line, Boolean(known?.[1]) || this.hit.has(id)]);
    });
    let text = "";
    for (const [file, lines] of this.sorted()) {
      text += `TN:\nSF:${file}\n`;
      for (const [name, [line, hit]] of functions.get(file) ?? []) text += `FN:${line},${name}\nFNDA:${hit ? 1 : 0},${name}\n`;
      for (const [number, { programs }] of lines) text += `DA:${number},${programs}\n`;
      text += `LF:${lines.length}\nLH:${lines.filter(([, line]) => line.programs).length}\nend_of_record\n`;
    }
    return text;
  }

  /** Pages by their names: an index, and one for each file whose text `source` knows. */
  pages(source: (file: string) => string | null): Map<string, string> {
    const pages = new Map<string, string>();
    const rows: string[] = [];
    for (const [file, lines] of this.sorted()) {
      const reached = lines.filter(([, line]) => line.programs).length;
      const name = `${file.replaceAll("/", "-")}.html`;
      const text = source(file);
      rows.push(`<tr><td>${text === null ? escape(file) : `<a href="${name}">${escape(file)}</a>`}<td>${reached}<td>${lines.length}<td>${((100 * reached) / lines.length).toFixed(1)} %`);
      if (text !== null) pages.set(name, page(file, this.file(text, new Map(lines))));
    }
    pages.set("index.html", page("Coverage of the kernel", `<table><tr><th>file<th>lines reached<th>lines with code<th>${rows.join("\n")}</table>`));
    return pages;
  }

  private file(text: string, lines: Map<number, Line>): string {
    const body = text.split("\n").map((content, i) => {
      const line = lines.get(i + 1);
      const style = !line ? "" : line.programs ? "hit" : "miss";
      const shortest = line && line.shortest >= 0 ? `<details><summary>${line.programs}</summary><pre>${escape(printProgram(this.programs[line.shortest]!, this.module.grammar))}</pre></details>` : line ? "0" : "";
      return `<tr class="${style}"><td>${i + 1}<td>${shortest}<td><code>${escape(content)}</code>`;
    });
    return `<table>${body.join("\n")}</table>`;
  }
}

const escape = (text: string) => text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);

function page(title: string, body: string): string {
  const style = "body{font:14px sans-serif}table{border-collapse:collapse}td,th{padding:0 .6em;text-align:left;vertical-align:top}code{white-space:pre}.hit{background:#e6f4e6}.miss{background:#f9e0e0}summary{cursor:pointer}";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style><h1>${escape(title)}</h1>${body}</html>\n`;
}
