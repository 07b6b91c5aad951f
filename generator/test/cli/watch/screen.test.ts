import { telling } from "../../../src/cli/terminal.ts";
import { type Round, showRound } from "../../../src/cli/watch/screen.ts";
import type { Diagnostic, Severity } from "../../../src/model/diagnostic.ts";

async function shown(round: Partial<Round>): Promise<readonly string[]> {
  let said = "";
  const streams = {
    out: async () => {},
    err: (text: string) => {
      said += text;
    },
    outColor: false,
    errColor: false,
    canRedraw: false,
    command: "solitude-gen",
  };
  const whole: Round = { diagnostics: [], root: ".", written: null, queries: 1, milliseconds: 2, ...round };
  await showRound(whole, telling(streams, false), false);
  return said.split("\n");
}

const problems = (severity: Severity, count: number): Diagnostic[] =>
  Array.from({ length: count }, (_, i) => ({ code: "query-invalid", severity, message: `${severity} ${i}` }));

test("of a thousand problems the first are shown, errors before warnings, and all are counted", async () => {
  const lines = await shown({ diagnostics: [...problems("warning", 600), ...problems("error", 5)] });
  expect(lines.filter((line) => line.startsWith("error[")).length).toBe(5);
  expect(lines.filter((line) => line.startsWith("warning[")).length).toBe(15);
  expect(lines).toEqual(expect.arrayContaining(["and 585 more", "5 errors, 600 warnings"]));
});

test("as many as find room are shown in their order", async () => {
  const lines = await shown({ diagnostics: [...problems("warning", 1), ...problems("error", 1)] });
  expect(lines.slice(0, 4)).toEqual([
    "warning[query-invalid]: warning 0",
    "",
    "error[query-invalid]: error 0",
    "",
  ]);
});

test("of a type with a thousand members, and of a thousand types, some are shown", async () => {
  const members = Array.from({ length: 1000 }, (_, i) => `  m${i}: string;\n`).join("");
  const types = Array.from({ length: 100 }, (_, i) => `export type T${i} = number;\n`).join("");
  const contents = `export interface Wide {\n${members}}\n${types}`;
  const file = { kind: "update", path: "/db/a.ts", shown: "db/a.ts", previous: "", contents } as const;
  const written = { folders: [], wanted: [file], leftover: [], diagnostics: [] };
  const lines = await shown({ written });
  expect(lines.length).toBeLessThan(130);
  expect(lines).toEqual(
    expect.arrayContaining(["  + m0: string;", "    and 940 more lines", "  and 71 more types"]),
  );
});
