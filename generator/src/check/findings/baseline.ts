import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import type { Found } from "./found.ts";

const baselineFile = z.strictObject({
  version: z.literal(1),
  /** By file and rule: fingerprints of the statements, so that lines above may come and go. */
  findings: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});
type BaselineFile = z.output<typeof baselineFile>;

/** Findings that were there when an old project began to be vetted, and are overlooked. */
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
          hint: "`solitude-gen vet --write-baseline` writes one.",
        },
      ]);
    const text = await readFile(path, "utf8").catch((error: Error) => {
      throw refuse(error.message);
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

  /** Whether the finding is in the baseline; each entry covers one. */
  covers(found: Found): boolean {
    const prints = this.#left.get(key(found.span.file, found.code));
    const at = prints?.indexOf(fingerprint(found)) ?? -1;
    if (at === -1) return false;
    prints!.splice(at, 1);
    return true;
  }

  /** How many entries covered nothing. */
  get stale(): number {
    return [...this.#left.values()].reduce((sum, prints) => sum + prints.length, 0);
  }
}

export async function writeBaseline(path: string, found: readonly Found[]): Promise<void> {
  const findings: Record<string, Record<string, string[]>> = {};
  for (const item of found) {
    findings[item.span.file] ??= {};
    const rules = findings[item.span.file]!;
    rules[item.code] ??= [];
    rules[item.code]!.push(fingerprint(item));
  }
  const sorted = Object.fromEntries(
    Object.entries(findings)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, rules]) => [
        file,
        Object.fromEntries(Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1))),
      ]),
  );
  await writeFile(
    path,
    `${JSON.stringify({ version: 1, findings: sorted } satisfies BaselineFile, null, 2)}\n`,
  );
}

/** Of the statement without its white space: the same wherever it stands. */
function fingerprint({ statement }: Found): string {
  return createHash("sha256").update(statement.replace(/\s+/g, " ").trim()).digest("hex").slice(0, 16);
}

function key(file: string, code: string): string {
  return `${file}\0${code}`;
}

export function staleBaseline(stale: number): Diagnostic {
  return {
    code: "baseline-stale",
    severity: "info",
    message: `${stale} ${stale === 1 ? "entry" : "entries"} of the baseline found nothing any more`,
    hint: "`solitude-gen vet --write-baseline` takes them out.",
  };
}
