import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Import, Mapped } from "./mapped.ts";

/** Tells how one generated module names another. Where nobody looked at the project, as Node wants it. */
export function siblingPath(module: string, { import_extension: ending }: TypeScriptOptions): string {
  return `./${module}${ending === "auto" ? ".js" : ending}`;
}

/** What one generated module imports, sorted. */
export class Imports {
  readonly #byModule = new Map<string, Map<string, boolean>>();
  readonly #options: TypeScriptOptions;
  readonly #inModels: boolean;
  #codec = false;

  constructor(options: TypeScriptOptions, inModels: boolean) {
    this.#options = options;
    this.#inModels = inModels;
  }

  local(file: string): string {
    return siblingPath(file, this.#options);
  }

  name(entry: Import): void {
    if (entry.from === null && this.#inModels) return;
    const from = entry.from ?? this.local("models");
    const names = this.#byModule.get(from) ?? new Map<string, boolean>();
    names.set(entry.name, (names.get(entry.name) ?? false) || entry.value);
    this.#byModule.set(from, names);
  }

  add(mapped: Mapped): void {
    for (const entry of mapped.imports) this.name(entry);
  }

  addType(mapped: Mapped): void {
    for (const entry of mapped.imports) if (!entry.value) this.name(entry);
  }

  useCodec(): void {
    this.#codec = true;
  }

  /** Leaves out the names that the body does not mention. */
  write(body?: string): string {
    const mentioned = (name: string): boolean => body === undefined || hasWord(body, name);
    const lines: string[] = [];
    if (this.#codec) lines.push(`import * as codec from ${JSON.stringify(this.local("codec"))};`);
    for (const [from, names] of [...this.#byModule].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const sorted = [...names].filter(([n]) => mentioned(n)).sort(([a], [b]) => (a < b ? -1 : 1));
      const types = sorted.filter(([, value]) => !value).map(([n]) => n);
      const values = sorted.filter(([, value]) => value).map(([n]) => n);
      const module = JSON.stringify(from);
      if (types.length > 0) lines.push(`import type { ${types.join(", ")} } from ${module};`);
      if (values.length > 0) lines.push(`import { ${values.join(", ")} } from ${module};`);
    }
    return lines.length === 0 ? "" : `${lines.join("\n")}\n\n`;
  }
}

const OF_WORD = /[\p{ID_Continue}$]/u;

/** Tells whether a name stands in a text by itself, not within another. */
function hasWord(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before, behind] = [
      text.slice(Math.max(0, at - 2), at),
      text.slice(at + name.length, at + name.length + 2),
    ];
    if (!OF_WORD.test(lastOf(before)) && !OF_WORD.test(firstOf(behind))) return true;
  }
  return false;
}

const firstOf = (text: string): string => String.fromCodePoint(text.codePointAt(0) ?? 0x20);
const lastOf = (text: string): string => [...text].at(-1) ?? " ";
