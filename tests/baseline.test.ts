import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { makeRepository, type Repository, UNSAFE } from "./integrations/pull-request.ts";

// One baseline file for all checks: each writes and reads its own part of it.

let project: Repository;
beforeAll(async () => {
  project = await makeRepository({
    ...UNSAFE,
    "app/main.ts": 'import { getPerson } from "../src/db/index.js";\nexport const get = getPerson;\n',
    "app/tsconfig.json":
      '{ "compilerOptions": { "module": "nodenext", "lib": ["esnext"], "types": [] }, "include": ["."] }',
  });
});
afterAll(() => project?.remove());

async function run(...args: string[]) {
  const { code, out, err } = await runCommand(project.folder, ...args);
  return { code, stdout: out, stderr: err };
}
const FILE = "known.json";
const codes = (): string[] => {
  const { findings } = JSON.parse(readFileSync(join(project.folder, FILE), "utf8")) as {
    findings: Record<string, Record<string, string[]>>;
  };
  return [...new Set(Object.values(findings).flatMap((byCode) => Object.keys(byCode)))].sort();
};

const AGAINST = ["--against", "main", "--baseline", FILE];
const IMPACT = ["impact", "--project", "app/tsconfig.json", ...AGAINST];

test("verify, diff, impact and vet write their findings side by side, and then overlook them", async () => {
  expect(await run("verify", ...AGAINST)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("error[config-baseline]"),
  });
  expect((await run("verify", "--against", "main")).code).toBe(1);
  for (const command of [["verify", ...AGAINST], ["diff", ...AGAINST], IMPACT, ["vet", "--baseline", FILE]]) {
    const written = await run(...command, "--write-baseline");
    expect([command[0], written.code, written.stderr]).toEqual([
      command[0],
      0,
      expect.stringMatching(/^\d+ findings? (?:is|are) in the baseline; commit it$/m),
    ]);
  }
  expect(codes()).toEqual(expect.arrayContaining(["diff-breaking", "impact-use", "verify-broken"]));
  const before = readFileSync(join(project.folder, FILE), "utf8");
  // Written again, it is the same; and nothing of the others' is lost.
  await run("verify", ...AGAINST, "--write-baseline");
  expect(readFileSync(join(project.folder, FILE), "utf8")).toBe(before);

  expect(await run("verify", ...AGAINST)).toMatchObject({ code: 0, stderr: "" });
  expect((await run("diff", ...AGAINST, "--fail-on", "warning")).code).toBe(0);
  expect(await run(...IMPACT)).toMatchObject({ code: 0, stderr: expect.not.stringContaining("impact-use") });
  expect(existsSync(join(project.folder, "vet-baseline.json"))).toBe(false);
});

test("an entry that finds nothing any more is told, by the check that it belongs to", async () => {
  const path = join(project.folder, FILE);
  const file = JSON.parse(readFileSync(path, "utf8"));
  file.findings["queries/people.sql"] = {
    ...file.findings["queries/people.sql"],
    "verify-enum": ["0123456789abcdef"],
  };
  writeFileSync(path, JSON.stringify(file));
  expect((await run("verify", ...AGAINST)).stderr).toContain(
    "info[baseline-stale]: 1 entry of the baseline found nothing any more",
  );
  expect((await run(...IMPACT)).stderr).not.toContain("baseline-stale");
  await run("verify", ...AGAINST, "--write-baseline");
  expect(codes()).not.toContain("verify-enum");
});
