import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import { verify } from "../generator/src/check/verify/verify.ts";
import { loadConfig } from "../generator/src/config/load.ts";
import type { Query } from "../generator/src/model/query.ts";
import type { SchemaFile } from "../generator/src/model/source.ts";
import { PostgresError } from "../generator/src/postgres/engine.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { analyze } from "../generator/src/project/analyze.ts";
import { nodeHost, openProject } from "../generator/src/project/node-host.ts";
import { Workspace } from "../generator/src/project/workspace.ts";
import { CutLedger, configsIn, cutsOf, PROJECTS } from "./histories.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// Real histories, cut: what `verify` says of the queries that work before the cut, on the schema after all of it, beside what PostgreSQL 16 says
// when it plans them there. Run by hand: SOLITUDE_VERDICTS=all, or as many cuts of each as the number says; SOLITUDE_CUTS_OF and the others as for
// the cuts of `diff`.

const wanted = process.env.SOLITUDE_VERDICTS;
const suite = wanted === undefined || !existsSync(PROJECTS) ? describe.skip : describe;
if (suite === describe.skip)
  console.warn("no verdicts on real histories: set SOLITUDE_VERDICTS, beside ../shared/cases/projects");

/** Hundreds of schemas are built; nothing waits for it. */
const HOURS = 6 * 3_600_000;

/** What came of the queries of a cut; null where there is nothing to compare. */
interface Count {
  queries: number;
  agreed: number;
  /** The verdict is silent where PostgreSQL refuses. */
  readonly unsound: string[];
  /** The verdict says that PostgreSQL refuses, and it does not. */
  readonly alarms: string[];
  /** Broken for what clients promise of results and arguments, which PostgreSQL does not know. */
  typed: number;
}

suite("verdicts on cuts of real histories", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database?.drop());

  test(
    "PostgreSQL 16 refuses what is said to break, and nothing else",
    async () => {
      const ledger = new CutLedger<Count | null>();
      for (const path of configsIn(PROJECTS))
        if (path.includes(process.env.SOLITUDE_CUTS_OF ?? "")) await tryProject(path, ledger);
      const counts = [...ledger.outcomes.values()].filter((count) => count !== null);
      const sum = (of: "queries" | "agreed" | "typed"): number =>
        counts.reduce((total, count) => total + count[of], 0);
      const unsound = counts.flatMap((count) => count.unsound);
      const alarms = counts.flatMap((count) => count.alarms);
      console.info(
        `${counts.length} cuts, ${sum("queries")} queries: ${sum("agreed")} as PostgreSQL 16, ${unsound.length} silent, ${alarms.length} false alarms; ${sum("typed")} broken by types; ${ledger.left} cuts are left to try\n${[...unsound, ...alarms].join("\n")}`,
      );
      expect(unsound).toEqual([]);
    },
    HOURS,
  );

  /** Every schema of a project, at every place where its history is cut. */
  async function tryProject(path: string, ledger: CutLedger<Count | null>): Promise<void> {
    const [name = ""] = relative(PROJECTS, path).split("/");
    const loaded = await loadConfig(basename(path), dirname(path));
    const workspace = new Workspace(nodeHost, { usesStore: false });
    const head = openProject(loaded, { cache: false, workspace });
    try {
      for (const set of head.config.querySets) {
        const { schema: files } = await head.schema(set);
        for (const cut of cutsOf(files.length, wanted!)) {
          const label = `${relative(PROJECTS, path)} ${set.index}, after ${cut} of ${files.length}`;
          if (!ledger.isDue(label)) continue;
          const copy = mkdtempSync(join(tmpdir(), "solitude-verdict-"));
          try {
            cpSync(join(PROJECTS, name), copy, { recursive: true });
            const root = join(copy, relative(join(PROJECTS, name), loaded.root));
            for (const file of files.slice(cut)) rmSync(join(root, file.path), { force: true });
            const base = openProject(await loadConfig(basename(path), root), { cache: false, workspace });
            const before = await analyze(base, {});
            const deployed = before.querySets.find(({ index }) => index === set.index)?.queries ?? [];
            const { verdict } = await verify(
              head,
              { kind: "folder", label: `after ${cut}`, project: base, hasQueries: true },
              (project) => (project === base ? Promise.resolve(before) : analyze(project, {})),
              { order: null },
            );
            const refused = verdict && (await refusedOnServer(files, deployed));
            if (verdict === null || refused === null) {
              ledger.write(label, null);
              continue;
            }
            const count: Count = { queries: 0, agreed: 0, unsound: [], alarms: [], typed: 0 };
            for (const query of deployed) {
              const own = verdict.findings.filter(
                (one) =>
                  one.query === query.name && one.order === "migrate-first" && one.version === "deployed",
              );
              const isBroken = own.some(
                ({ effect, code }) => effect === "breaks" && code === "verify-broken",
              );
              const where = `${name}, after ${cut} of ${files.length}, ${query.name}`;
              const said = refused.get(query.name);
              count.queries++;
              if ((said !== undefined) === isBroken) count.agreed++;
              else if (said === undefined) count.alarms.push(`false alarm: ${where}: ${own[0]?.message}`);
              else count.unsound.push(`silent: ${where}: ${said}`);
              if (!isBroken && own.some(({ effect }) => effect === "breaks")) count.typed++;
            }
            ledger.write(label, count);
          } finally {
            rmSync(copy, { recursive: true, force: true });
          }
        }
      }
    } finally {
      await workspace.close();
    }
  }

  /** What PostgreSQL 16 says against each query; null where it does not take the schema. */
  async function refusedOnServer(
    files: readonly SchemaFile[],
    queries: readonly Query[],
  ): Promise<ReadonlyMap<string, string> | null> {
    const engine = await ServerEngine.start(database.url);
    try {
      const problems = await engine.withSchema(files, applySchema);
      if (problems.some(({ severity }) => severity === "error")) return null;
      const refused = new Map<string, string>();
      for (const { name, sql, statement } of queries) {
        const error = await engine
          .describe(sql.text)
          .then(() =>
            statement === "utility"
              ? null
              : engine.attempt(`explain (generic_plan) ${sql.text}`).then(() => null),
          )
          .catch((reason: unknown) => reason);
        if (error === null) continue;
        if (!(error instanceof PostgresError)) throw error;
        refused.set(name, error.message);
      }
      return refused;
    } finally {
      await engine.close();
    }
  }
});
