import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { renderPretty } from "../../src/diagnostics/pretty.ts";
import { type Diagnostic, DiagnosticError } from "../../src/model/diagnostic.ts";
import { analyze } from "../../src/project/analyze.ts";
import { nodeHost, openProject } from "../../src/project/node-host.ts";
import { Workspace } from "../../src/project/workspace.ts";
import { sliceToRun } from "../long-form.ts";
import { rowsWrittenIn } from "../touched.ts";
import { MISTAKES, type Mistake, PROJECT } from "./mistakes.ts";

/** What is said of each; `UPDATE_EXPECTED=1` writes it anew. */
const GOLDEN = new URL("mistakes.txt", import.meta.url);

let root: string;
/** One for all: most have the same schema, which is applied once. */
const workspace = new Workspace(nodeHost, { usesStore: false });
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "mistakes-"));
});
afterAll(async () => {
  await workspace.close();
  await rm(root, { recursive: true });
});

async function said(mistake: Mistake, folder: string): Promise<{ text: string; errors: number }> {
  const files = Object.entries({ ...PROJECT, ...mistake });
  for (const [path, text] of files) {
    if (text === null) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const link = text.split("\u0000link:")[1];
    if (link !== undefined) {
      await symlink(link, join(folder, path));
      continue;
    }
    const [plain = "", latin1] = (text ?? "").split("\u0000latin1:");
    await writeFile(
      join(folder, path),
      latin1 === undefined ? plain : Buffer.concat([Buffer.from(plain), Buffer.from(latin1, "latin1")]),
    );
  }
  let diagnostics: readonly Diagnostic[];
  try {
    const loaded = await loadConfig(undefined, folder, {});
    diagnostics = (await analyze(openProject(loaded, { cache: false, workspace }))).diagnostics;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    diagnostics = error.diagnostics;
  }
  const texts = new Map<string, string>();
  for (const file of new Set(diagnostics.flatMap(({ span }) => span?.file ?? [])))
    texts.set(file, await readFile(join(folder, file), "utf8").catch(() => ""));
  const text = renderPretty(diagnostics, (file) => texts.get(file), { color: false });
  return {
    text: text.replaceAll(folder, "FOLDER"),
    errors: diagnostics.filter(({ severity }) => severity === "error").length,
  };
}

const ALL = Object.entries(MISTAKES);
const UPDATES = process.env.UPDATE_EXPECTED === "1";
const expected = UPDATES ? [] : readFileSync(GOLDEN, "utf8").split(/\n(?=# )/);
const golden: string[] = [];
const isWritten = rowsWrittenIn("generator/test/diagnostics/mistakes.ts");
/** By what is said of each. */
const CHOSEN = sliceToRun("mistakes", [...ALL.keys()], 3, {
  kindOf: (i) => (expected[i]?.match(/^(?:error|warning)\[[\w-]+\]/gm) ?? []).join(),
  isTouched: (i) => isWritten(ALL[i]),
});
/** So many that a test of them is over long before its time, on a machine that does other things, too. */
const TOGETHER = 25;
const GROUPS = Array.from({ length: Math.ceil(CHOSEN.length / TOGETHER) }, (_, i) => i * TOGETHER);

test.each(GROUPS)(
  "every mistake has one error, at its place, that says what to do: from number %i on",
  async (first) => {
    const notOne: string[] = [];
    const texts: string[] = [];
    const those = CHOSEN.slice(first, first + TOGETHER);
    for (const i of those) {
      const [name, mistake] = ALL[i]!;
      const { text, errors } = await said(mistake, join(root, String(i)));
      texts.push(`# ${name}\n\n${text}`);
      if (errors !== 1) notOne.push(`${name}: ${errors}`);
    }
    golden.push(...texts);
    expect(notOne).toEqual([]);
    if (!UPDATES) expect(texts).toEqual(those.map((i) => expected[i]));
  },
);

test("the golden file has them all, more than eighty", async () => {
  if (UPDATES) await writeFile(GOLDEN, golden.join("\n"));
  expect(ALL.length).toBeGreaterThan(80);
  expect(UPDATES ? golden.length : expected.length).toBe(ALL.length);
});
