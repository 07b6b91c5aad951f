import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";

const baselineFile = z.strictObject({
  version: z.literal(1),
  /** By file and rule: fingerprints of the statements, so that lines above may come and go. */
  findings: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});
type BaselineFile = z.output<typeof baselineFile>;

/** A finding as a baseline knows it. */
export interface BaselineFinding {
  readonly code: string;
  /** "" for what belongs to no file. */
  readonly file: string;
  /** What names it among those of its code and file: its statement, or what it says. */
  readonly text: string;
}

/** The commands that share a project's baseline. Each knows its own findings by their codes, and leaves the others alone. */
export type BaselineOwner = "vet" | "verify" | "live" | "impact" | "diff";

export function ownerOf(code: string): BaselineOwner {
  const [, prefix] = /^(verify|live|impact|diff)-/.exec(code) ?? [];
  return (prefix as BaselineOwner | undefined) ?? "vet";
}

/** Findings that were there when an old project began to be checked, and are overlooked. */
export class Baseline {
  readonly #left: Map<string, string[]>;

  private constructor(left: Map<string, string[]>) {
    this.#left = left;
  }

  static empty(): Baseline {
    return new Baseline(new Map());
  }

  /** @throws DiagnosticError with the code `config-baseline` */
  static async read(path: string, shown: string): Promise<Baseline> {
    const refuse = (message: string): DiagnosticError =>
      new DiagnosticError([
        {
          code: "config-baseline",
          severity: "error",
          message: `baseline ${shown}: ${message}`,
          hint: "`--write-baseline` writes one.",
        },
      ]);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw refuse(error.code === "ENOENT" ? "there is no such file" : error.message);
    });
    let file: BaselineFile;
    try {
      file = baselineFile.parse(JSON.parse(text));
    } catch {
      throw refuse("it is not a baseline file");
    }
    const left = new Map<string, string[]>();
    for (const [name, rules] of Object.entries(file.findings))
      for (const [code, prints] of Object.entries(rules)) left.set(key(name, code), [...prints]);
    return new Baseline(left);
  }

  /** Tells whether the finding is in the baseline; each entry covers one. */
  covers(finding: BaselineFinding): boolean {
    const prints = this.#left.get(key(finding.file, finding.code));
    const at = prints?.indexOf(fingerprint(finding)) ?? -1;
    if (at === -1) return false;
    prints!.splice(at, 1);
    return true;
  }

  /** Tells how many entries of these owners covered nothing. */
  stale(owners: readonly BaselineOwner[]): number {
    let sum = 0;
    for (const [name, prints] of this.#left) if (owners.includes(ownerOf(codeIn(name)))) sum += prints.length;
    return sum;
  }
}

/** Writes findings in the place of those that their owners had in the file; what others have there stays. */
export async function writeBaseline(
  path: string,
  owners: readonly BaselineOwner[],
  findings: readonly BaselineFinding[],
): Promise<void> {
  const all: Record<string, Record<string, string[]>> = {};
  const add = (file: string, code: string, ...prints: string[]): void => {
    all[file] ??= {};
    all[file][code] ??= [];
    all[file][code].push(...prints);
  };
  for (const [file, codes] of Object.entries(await othersIn(path)))
    for (const [code, prints] of Object.entries(codes))
      if (!owners.includes(ownerOf(code))) add(file, code, ...prints);
  for (const finding of findings) add(finding.file, finding.code, fingerprint(finding));
  const sorted = sortedKeys(
    Object.fromEntries(Object.entries(all).map(([file, codes]) => [file, sortedKeys(codes)])),
  );
  await writeFile(
    path,
    `${JSON.stringify({ version: 1, findings: sorted } satisfies BaselineFile, null, 2)}\n`,
  );
}

/** Reads the entries of other checks; what is no baseline yet is written anew. */
async function othersIn(path: string): Promise<BaselineFile["findings"]> {
  try {
    return baselineFile.parse(JSON.parse(await readFile(path, "utf8"))).findings;
  } catch {
    return {};
  }
}

function sortedKeys<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of a text without its white space: the same wherever it stands. */
function fingerprint({ text }: BaselineFinding): string {
  return createHash("sha256").update(text.replace(/\s+/g, " ").trim()).digest("hex").slice(0, 16);
}

function key(file: string, code: string): string {
  return `${file}\0${code}`;
}

function codeIn(name: string): string {
  return name.slice(name.indexOf("\0") + 1);
}

export function staleBaseline(stale: number): Diagnostic {
  return {
    code: "baseline-stale",
    severity: "info",
    message: `${stale} ${stale === 1 ? "entry" : "entries"} of the baseline found nothing any more`,
    hint: "`--write-baseline` takes them out.",
  };
}
