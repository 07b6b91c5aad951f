import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import type { Catalog } from "../generator/src/check/schema/catalog.ts";
import { compareCatalogs } from "../generator/src/check/schema/compare.ts";
import { compareSides } from "../generator/src/check/schema/diff.ts";
import { readSide } from "../generator/src/check/schema/side.ts";
import { readCatalog } from "../generator/src/check/schema/snapshot/read.ts";
import { EMPTY_TABLES } from "../generator/src/check/schema/sql/migrate.ts";
import { loadConfig } from "../generator/src/config/load.ts";
import { DiskFiles } from "../generator/src/files/disk-files.ts";
import type { Diagnostic } from "../generator/src/model/diagnostic.ts";
import type { SchemaFile } from "../generator/src/model/source.ts";
import { extensionsNamed } from "../generator/src/postgres/extension-names.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { openProject } from "../generator/src/project/node-host.ts";
import type { Project } from "../generator/src/project/project.ts";
import { readSchema } from "../generator/src/source/read-source.ts";
import { CutLedger, configsIn, cutsOf, PROJECTS } from "./histories.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// Real histories, cut: the migration that `diff --sql` writes from the schema after some of the files to that after all, run on PostgreSQL 16,
// gives the head's catalog. Run by hand: SOLITUDE_CUTS=all, or as many cuts of each as the number says;
// SOLITUDE_CUTS_OF for the projects alone whose paths have that in them, SOLITUDE_CUTS_LEDGER and SOLITUDE_CUTS_SECONDS to go on where one left off.

const wanted = process.env.SOLITUDE_CUTS;

interface History {
  readonly name: string;
  readonly files: readonly SchemaFile[];
  readonly project: Project;
}

/** What all of a history leads to. */
interface Head {
  readonly side: Awaited<ReturnType<typeof readSide>>;
  /** On PostgreSQL 16; null where that refuses it. */
  readonly built: Catalog | null;
}

const hasError = (problems: readonly Diagnostic[]): boolean =>
  problems.some(({ severity }) => severity === "error");

async function builtOn({ url }: TestDatabase, files: readonly SchemaFile[]): Promise<Catalog | null> {
  const engine = await ServerEngine.start(url);
  try {
    return hasError(await engine.withSchema(files, applySchema)) ? null : await readCatalog(engine);
  } finally {
    await engine.close();
  }
}

/** The files of each history, the shared ones once. */
async function histories(): Promise<History[]> {
  const found = new Map<string, History>();
  for (const path of configsIn(PROJECTS)) {
    const loaded = await loadConfig(basename(path), dirname(path));
    if (!path.includes(process.env.SOLITUDE_CUTS_OF ?? "")) continue;
    for (const set of loaded.config.querySets) {
      const { schema: files } = await readSchema(new DiskFiles(loaded.root), set);
      const key = JSON.stringify(files.map((file) => file.text));
      if (files.length > 1) {
        const project = openProject(loaded, { cache: false });
        found.set(key, { name: path.slice(PROJECTS.length + 1), files, project });
      }
    }
  }
  return [...found.values()];
}

/** Hundreds of schemas are built; nothing waits for it. */
const HOURS = 6 * 3_600_000;

const REFUSED = "PostgreSQL 16 refuses the history itself";
const MISSING = /^extension "[^"]+" is not available/;

const suite = wanted === undefined || !existsSync(PROJECTS) ? describe.skip : describe;
if (suite === describe.skip)
  console.warn("no cuts of real histories: set SOLITUDE_CUTS, beside ../shared/cases/projects");

suite("cuts of real histories", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database?.drop());

  test(
    "the migration gives the head's catalog",
    async () => {
      const ledger = new CutLedger<string | null>();
      for (const { name, files, project } of await histories()) {
        const common = {
          project,
          extensions: extensionsNamed(files),
          databaseUri: undefined,
        };
        let head: Head | undefined;
        for (const cut of cutsOf(files.length, wanted!)) {
          const where = `${name}, after ${cut} of ${files.length}`;
          if (!ledger.isDue(where)) continue;
          head ??= { side: await readSide({ ...common, files }), built: await builtOn(database, files) };
          const outcome = await tryCut(files.slice(0, cut), common, head).catch(
            (error: Error) => error.message,
          );
          ledger.write(where, outcome);
        }
      }
      const all = [...ledger.outcomes];
      const equal = all.filter(([, outcome]) => outcome === null).length;
      const refused = all.filter(([, outcome]) => outcome === REFUSED).length;
      const missing = all.filter(([, outcome]) => outcome !== null && MISSING.test(outcome));
      const failures = all.filter(
        ([, outcome]) => outcome !== null && outcome !== REFUSED && !MISSING.test(outcome),
      );
      // It was planned, and run on the embedded PostgreSQL, which has them.
      if (missing.length > 0)
        console.warn(`not tried on PostgreSQL 16:\n${missing.map((one) => one.join(": ")).join("\n")}`);
      console.info(
        `${equal} of ${equal + failures.length} cuts give the head's catalog; PostgreSQL 16 refuses ${refused}, ${missing.length} need what it lacks, ${ledger.left} are left to try`,
      );
      expect(failures).toEqual([]);
    },
    HOURS,
  );

  async function tryCut(
    base: readonly SchemaFile[],
    common: Omit<Parameters<typeof readSide>[0], "files">,
    { side, built }: Head,
  ): Promise<string | null> {
    // A history that PostgreSQL 16 does not take says nothing.
    if (built === null) return REFUSED;
    const from = await readSide({ ...common, files: base });
    const { migration } = await compareSides(from, side, { migration: "online" });
    if (migration === null || migration.unsupported.length > 0) return "no migration is written";
    const migrated = await ServerEngine.start(database.url);
    try {
      if (hasError(await migrated.withSchema(base, applySchema))) return REFUSED;
      // Rows that migrations put in may refuse what the migration notes as "fails where a row has no value".
      await migrated.run(EMPTY_TABLES);
      for (const { sql } of migration.statements) await migrated.run(sql);
      const { added, removed, changed } = compareCatalogs(await readCatalog(migrated), built);
      const left = [
        ...added.map(({ key }) => `+ ${key}`),
        ...removed.map(({ key }) => `- ${key}`),
        ...changed.map(({ to }) => `~ ${to.key}`),
      ];
      return left.length === 0 ? null : left.slice(0, 5).join(", ");
    } finally {
      await migrated.close();
    }
  }
});
