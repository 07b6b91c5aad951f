import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Says what a diagnostic means and how to mend it, or of a query why its types are what they are; without either, lists all
 * codes that the manual has.
 */
export async function explain(
  code: string | null,
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions & { readonly cache: boolean },
): Promise<ExitCode> {
  const known = await explainCode(code, terminal);
  if (known !== null || code === null) return known ?? EXIT.fine;
  const { explainQuery } = await import("./explain-query.ts");
  const said = await explainQuery(code, pipeline, terminal, options);
  if (said !== null) return said;
  const { readManual } = await import("../../diagnostics/manual.ts");
  const { RULES } = await import("../../check/rules/registry.ts");
  const { nearest } = await import("../../diagnostics/suggestion.ts");
  const meant = nearest(code, [...RULES.keys(), ...(await readManual()).map((one) => one.code)]);
  terminal.err(
    `error: there is no diagnostic, and no query, "${code}"${meant ? `; did you mean "${meant}"?` : ""}\n` +
      `hint: \`${terminal.command} explain\` lists them all\n`,
  );
  return EXIT.usage;
}

/** Says what a diagnostic means, or lists all codes; null where there is none of that code. */
export async function explainCode(code: string | null, terminal: Terminal): Promise<ExitCode | null> {
  const { readManual } = await import("../../diagnostics/manual.ts");
  const { RULES } = await import("../../check/rules/registry.ts");
  const manual = await readManual();
  if (code === null) {
    const sections = new Map(
      manual.map(({ section }) => [section, manual.filter((entry) => entry.section === section)]),
    );
    const widest = Math.max(...manual.map((entry) => entry.code.length));
    for (const [section, entries] of sections) {
      const lines = entries.map((entry) => `  ${entry.code.padEnd(widest)}  ${entry.meaning}\n`);
      await terminal.out(`${section}\n${lines.join("")}\n`);
    }
    await terminal.out("The rules of `vet` are listed by: solitude-gen vet --list\n");
    return EXIT.fine;
  }
  const rule = RULES.get(code);
  if (rule) {
    const { rulePage } = await import("../../check/rules/page.ts");
    await terminal.out(rulePage(rule, null));
    return EXIT.fine;
  }
  const entry = manual.find((one) => one.code === code);
  if (entry) {
    const { section, meaning, mend } = entry;
    await terminal.out(`# ${code}\n\n${section}.\n\n${meaning}\n\n## How to mend it\n\n${mend}\n`);
    return EXIT.fine;
  }
  return null;
}
