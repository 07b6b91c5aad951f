import { dirname, join, sep } from "node:path";
import type { GeneratedFile } from "./model.ts";
import { RealPaths, realPath } from "./real-paths.ts";

/** The generated code of one version in place of what stands in its folder, whatever that is and by whatever path one comes to it. */
export class Overlay {
  readonly #out: string;
  readonly #files: ReadonlyMap<string, string>;
  readonly #folders: ReadonlySet<string>;
  readonly #real = new RealPaths();

  /** @param out absolute */
  constructor(out: string, files: readonly GeneratedFile[]) {
    this.#out = realPath(out);
    this.#files = new Map(files.map(({ path, contents }) => [join(this.#out, path), contents]));
    this.#folders = new Set([...this.#files.keys()].flatMap((path) => this.#above(path)));
  }

  /** Gives the text of a generated file; null where this version has none of that name, undefined for what is not generated. */
  read(path: string): string | null | undefined {
    const at = this.#within(path);
    return at === null ? undefined : (this.#files.get(at) ?? null);
  }

  /** Tells whether the generated code has the folder; undefined for one that is somewhere else. */
  hasFolder(path: string): boolean | undefined {
    const at = this.#within(path);
    return at === null ? undefined : this.#folders.has(at);
  }

  isGenerated(path: string): boolean {
    return this.#within(path) !== null;
  }

  /** Folders of a generated file, up to the one that holds all of it. */
  #above(path: string): string[] {
    const folder = dirname(path);
    return folder === this.#out || folder === dirname(folder) ? [folder] : [folder, ...this.#above(folder)];
  }

  /** The real path, where it is in the folder of the generated code. */
  #within(path: string): string | null {
    const at = this.#real.of(path);
    return at === this.#out || at.startsWith(`${this.#out}${sep}`) ? at : null;
  }
}
