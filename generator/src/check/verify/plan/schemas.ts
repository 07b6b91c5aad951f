import { DiagnosticError } from "../../../model/diagnostic.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { PostgresError } from "../../../postgres/engine.ts";
import { extensionsNamed } from "../../../postgres/extension-names.ts";
import { compareOnce, compareSides } from "../../schema/diff.ts";
import { withDeclaredRoles } from "../../schema/roles.ts";
import { readSide, type Side } from "../../schema/side.ts";
import { readCatalog } from "../../schema/snapshot/read.ts";
import { renderMigration, renderOnline, renderTransaction } from "../../schema/sql/render.ts";
import type { Statement } from "../../schema/sql/statement.ts";
import { filesOf, type SideOf } from "../trial/both.ts";
import { asConverted, type Conversion, conversionsOf } from "./conversions.ts";
import type { Between, Expansion } from "./expansion.ts";
import type { Expanded, PlanInput } from "./model.ts";
import type { State } from "./proofs.ts";

/** The schemas on the way, and the SQL that leads from one to the next. */
export class Schemas {
  readonly #input: PlanInput;
  #conversions: readonly Conversion[] = [];

  constructor(input: PlanInput) {
    this.#input = input;
  }

  /** Compares the deployed schema with the new one; says why where no statements lead there. */
  async between(): Promise<Between | string> {
    const { workspace } = this.#input.to.project;
    const [from, to] = [await this.#side(this.#input.from), await this.#side(this.#input.to)];
    const { changes, base, migration } = await compareOnce(workspace, from, to, {
      migration: "statements",
    });
    if (migration === null || migration.unsupported.length > 0)
      return `no statements are written for ${migration?.unsupported.map(({ identity }) => identity).join(", ")}`;
    this.#conversions = await conversionsOf(from, to, changes);
    const conversions = this.#conversions;
    return { from, to, changes, renamed: base, statements: migration.statements, conversions };
  }

  async #side(side: SideOf): Promise<Side> {
    const files = await filesOf(side);
    const { project, set } = side;
    const extensions = extensionsNamed([...files, ...(await filesOf(this.#input.to))]);
    return readSide({ project, files, extensions, databaseUri: set.databaseUri });
  }

  /** Gives the deployed schema with what an expansion adds. */
  async expanded({ expand, backfill, settle }: Expansion): Promise<Expanded> {
    const { from } = this.#input;
    const files = await filesOf(from);
    const state = (name: State["name"], statements: readonly string[]): State => ({
      name,
      side: { ...from, queries: [], files: [...files, fileOf(statements)] },
    });
    const expanded = state("expanded", [...expand, ...(settle.length > 0 ? backfill : []), ...settle]);
    return settle.length > 0 ? { expanded, expanding: state("expanding", expand) } : { expanded };
  }

  /** The SQL that leads from a schema to the new one. */
  async toNew(state: State, ends: readonly (readonly string[])[] = []): Promise<string> {
    const from = await this.#side(state.side);
    const to = await this.#side(this.#input.to);
    if (ends.length > 0) {
      const blocks = await this.#endsOf(from, to, ends);
      const ended = await sideBehind(from, blocks);
      if (ended !== null) {
        const rest = (await this.#migration(ended, to)).trim();
        return `${blocks.join("\n")}${rest === "" ? "" : `\n${rest}\n`}`;
      }
    }
    // Where one thing stands for another, nobody may write between.
    return this.#migration(from, to, ends.length > 0);
  }

  /** Writes what ends the ways to use both names as transactions; with it change the routines that know one of the names, which would fail in between. */
  async #endsOf(from: Side, to: Side, ends: readonly (readonly string[])[]): Promise<string[]> {
    const block = (end: readonly string[]): string => `begin;\n${script(end)}commit;\n`;
    const { migration } = await compareSides(from, to, { migration: "statements" });
    const routines = (migration?.statements ?? []).flatMap(({ sql, object }) =>
      /^create or replace (?:function|procedure) /i.test(sql) && from.catalog.objects.has(object)
        ? [sql]
        : [],
    );
    return routines.length === 0 ? ends.map(block) : [block([...ends.flat(), ...routines])];
  }

  async #migration(from: Side, to: Side, isWhole = false): Promise<string> {
    const { migration } = await compareSides(from, to, { migration: "online" });
    if (migration === null || migration.unsupported.length > 0)
      throw new DiagnosticError([
        {
          code: "internal-migration",
          severity: "error",
          message: "what is left to do cannot be written as a migration",
        },
      ]);
    const converted = (statements: readonly Statement[]): Statement[] =>
      statements.map((one) => ({ ...one, sql: asConverted(one.sql, this.#conversions) }));
    const written = { ...migration, statements: converted(migration.statements) };
    if (isWhole) return renderTransaction(written);
    if (migration.online === null) return renderMigration(written, []);
    const steps = migration.online.map((step) => ({ ...step, statements: converted(step.statements) }));
    return renderOnline(steps, [], "");
  }
}

/** Gives what a schema is when texts have been run on it; null where PostgreSQL refuses one. */
async function sideBehind(from: Side, texts: readonly string[]): Promise<Side | null> {
  const use: Side["use"] = (work) =>
    from.use(async (engine) => {
      for (const text of texts) await engine.run(text);
      return work(engine);
    });
  try {
    const files = [...from.files, { path: "the end of the roll-out", text: texts.join("") }];
    const catalog = withDeclaredRoles(await use(readCatalog), files);
    return { key: null, files, ...catalog, diagnostics: [], use };
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

/** Statements as one text. */
export const script = (statements: readonly string[]): string =>
  statements.map((sql) => (sql.startsWith("--") ? `${sql}\n` : `${sql};\n`)).join("");

/** Behind all files of the deployed schema. */
const fileOf = (statements: readonly string[]): SchemaFile => ({
  path: "the first step of the roll-out",
  text: script(statements),
});
