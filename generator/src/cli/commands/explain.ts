import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";

/** Says what a diagnostic means and how to mend it; without a code, lists all that the manual has. */
export async function explain(code: string | null, terminal: Terminal): Promise<ExitCode> {
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
  const { nearest } = await import("../../config/suggestion.ts");
  const meant = nearest(code, [...RULES.keys(), ...manual.map((one) => one.code)]);
  terminal.err(
    `error: there is no diagnostic "${code}"${meant ? `; did you mean "${meant}"?` : ""}\n` +
      "hint: `solitude-gen explain` lists them all\n",
  );
  return EXIT.usage;
}
