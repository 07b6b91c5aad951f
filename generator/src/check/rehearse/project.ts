import type { QuerySetConfig } from "../../config/config.ts";
import type { Analysis } from "../../model/analysis.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import { rolesOf } from "../../model/query-roles.ts";
import type { SchemaFile } from "../../model/source.ts";
import { startLocalServer } from "../../postgres/local-server.ts";
import type { Project } from "../../project/project.ts";
import { readSchema, type Source } from "../../source/read-source.ts";
import { type Base, type ProjectBase, requireQueries } from "../base/base.ts";
import { type EntryPair, entriesBetween } from "../base/unpaired.ts";
import { changesAgainst } from "../changes.ts";
import { grantedSets } from "../grants/implied.ts";
import { rightsOf } from "../grants/rights.ts";
import { grantsFor } from "../grants/statements.ts";
import { isMigration } from "../migrations/transaction-mode.ts";
import { diffSchemas } from "../schema/diff.ts";
import { renderMigration, renderOnline } from "../schema/sql/render.ts";
import { queriesOf } from "../verify/verify.ts";
import { copiedRows, withCopies } from "./copied-rows.ts";
import { newMigrations, type Script, toScript } from "./migration.ts";
import type { Rehearsal } from "./model.ts";
import { seconds, waitedInWords } from "./picture.ts";
import { type RehearseOptions, rehearse } from "./rehearse.ts";
import { changesRights, type SenderRole } from "./senders.ts";

export interface RehearsalOptions extends Omit<RehearseOptions, "uri" | "isOwn" | "roles"> {
  /** A server that may have a database more; null for one that is started here. */
  readonly uri: string | null;
  /** A script to run in place of what is new in the schema: its path, as those of the schema's files. */
  readonly script: string | null;
  readonly thresholds: Thresholds;
}

export interface Thresholds {
  /** Milliseconds that a query may wait for the migration. */
  readonly blocked: number;
  /** How many queries may fail. */
  readonly failed: number;
}

/** Rehearses what is new in the schemas of a project, each that has changed, with the queries of the base. */
export async function rehearseProject(
  head: Project,
  against: Base,
  analyze: (project: Project) => Promise<Analysis>,
  options: RehearsalOptions,
): Promise<{ readonly rehearsals: readonly Rehearsal[]; readonly diagnostics: readonly Diagnostic[] }> {
  const base = requireQueries(against);
  const analysis = await analyze(base.project);
  const wanted: { entry: EntryPair; scripts: readonly Script[] }[] = [];
  const leftOut: Diagnostic[] = [];
  const entries = await entriesBetween(base.project, head);
  const kept = entries.filter(({ state }) => state === "kept");
  // A script is rather that of a schema which was there.
  for (const entry of options.script === null || kept.length === 0 ? entries : kept) {
    const scripts = await withRows(
      head,
      entry,
      options.script,
      await scriptsOf(head, entry.is, base, entry.was, options.script),
    );
    if (scripts.length > 0) wanted.push({ entry, scripts });
    if (options.script === null) leftOut.push(...(await copiesLeftOut(head, base.project, entry, scripts)));
    // One script is for one schema.
    if (options.script !== null && scripts.length > 0) break;
  }
  const ofCommit = base.project.diagnostics.filter(({ code }) => code.startsWith("base-"));
  // Entries share files.
  const told = [...ofCommit, ...new Map(leftOut.map((one) => [JSON.stringify(one.span), one])).values()];
  if (wanted.length === 0) return { rehearsals: [], diagnostics: told };
  const local = options.uri === null ? await startLocalServer(head.home) : null;
  try {
    const rehearsals: Rehearsal[] = [];
    for (const { entry, scripts } of wanted) {
      const { schema } = await base.project.schema(entry.was);
      const uri = options.uri ?? local!.uri;
      const queries = await deployedOn(entry, base.project, analysis);
      const roles: SenderRole[] = [];
      for (const name of new Set([
        ...(options.role === null ? [] : [options.role]),
        ...queries.flatMap(rolesOf),
      ]))
        roles.push(await senderOf(name, base.project, analysis));
      const own = { ...options, uri, isOwn: local !== null, roles };
      const done = await rehearse(schema, queries, scripts, own);
      rehearsals.push(done);
      told.push(...unnoticedRights(done, options.role, scripts));
    }
    const judged = rehearsals.flatMap((one) => judge(one, options.thresholds));
    return { rehearsals, diagnostics: [...told, ...judged] };
  } finally {
    await local?.stop();
  }
}

/** Says what the role is given where the schema gives it nothing: what `grants` writes for the deployed queries. */
async function senderOf(name: string, base: Project, analysis: Analysis): Promise<SenderRole> {
  const granted = await grantedSets(name, analysis.querySets, base);
  return { name, rights: grantsFor(name, rightsOf(name, granted)) };
}

/** Tells where a migration changes rights, of which whoever owns the tables notices nothing. */
function unnoticedRights(
  { role }: Rehearsal,
  stated: string | null,
  scripts: readonly Script[],
): Diagnostic[] {
  if (role !== null) return [];
  const first = scripts
    .flatMap(({ statements }) => statements)
    .find(({ parsed }) => parsed !== null && changesRights(parsed));
  if (first === undefined) return [];
  return [
    {
      code: "rehearse-as-owner",
      severity: "warning",
      message:
        stated === null
          ? "the migration changes rights or policies, of which the queries notice nothing: they are sent as the owner of the tables"
          : `the migration changes rights or policies, of which the queries notice nothing: the server has no role ${stated}`,
      hint: "Name the role that the application connects as with --role, or `ci.role` of the configuration.",
      ...(first.span === null ? {} : { span: first.span }),
    },
  ];
}

/** Gives scripts the rows that their files copy in; those that do nothing are none. */
async function withRows(
  head: Project,
  { is }: EntryPair,
  script: string | null,
  scripts: readonly Script[],
): Promise<Script[]> {
  const schema = script === null ? (await head.schema(is)).schema : [{ path: script, text: "" }];
  const all = await Promise.all(scripts.map((one) => withCopies(one, { files: head.files, schema })));
  return all.filter(({ statements }) => statements.length > 0);
}

async function copiesLeftOut(
  head: Project,
  base: Project,
  { is, was }: EntryPair,
  scripts: readonly Script[],
): Promise<Diagnostic[]> {
  const [now, before] = await Promise.all([head.schema(is), base.schema(was)]);
  return copiedRows(
    { files: head.files, schema: now.schema },
    { files: base.files, schema: before.schema },
    new Set(scripts.map(({ file }) => file)),
  );
}

/** Gives the queries that run while an entry is migrated: its own; of one that is new, those of who reads nothing but what there was of its schema. */
async function deployedOn(
  { was, state }: EntryPair,
  base: Project,
  analysis: Analysis,
): Promise<readonly Query[]> {
  if (state !== "new") return queriesOf(analysis, was.index);
  const there = new Set((await base.schema(was)).schema.map(({ path }) => path));
  const queries: Query[] = [];
  for (const set of base.config.querySets) {
    const { schema } = await base.schema(set);
    const isWithin = schema.length > 0 && schema.every(({ path }) => there.has(path));
    if (isWithin && set.databaseUri === was.databaseUri) queries.push(...queriesOf(analysis, set.index));
  }
  return queries;
}

/** The migrations that are new; of a schema that is edited in place, what `diff` writes. */
async function scriptsOf(
  head: Project,
  set: QuerySetConfig,
  base: ProjectBase,
  other: QuerySetConfig,
  script: RehearsalOptions["script"],
): Promise<Script[]> {
  const setting = head.config.vet.options.transaction;
  if (script !== null) {
    // As a file of the schema: its down half is no part of it, and what tools and psql put in is.
    const read = await readSchema(head.files, { ...set, schema: [script], schemaSpans: [] });
    return Promise.all(whole(read).map((file) => toScript(file, setting)));
  }
  const files = whole(await head.schema(set));
  const { schema: before } = await base.project.schema(other);
  const changes = changesAgainst(new Map(before.map(({ path, text }) => [path, text])), []);
  const changed = files.filter(({ path, text }) => changes.schema(path, text));
  if (changed.length === 0) return [];
  const isHistory = changed.every(
    ({ path, text }) => isMigration(path, text) && !before.some((file) => file.path === path),
  );
  if (isHistory) return newMigrations(changed, changes, setting);
  // One that is gone is no entry of the head's, and one that is new none of the base's.
  const only = (project: Project, entry: QuerySetConfig): Project =>
    project.with({ config: { ...project.config, querySets: [entry] }, diagnostics: [] });
  const from = { ...base, project: only(base.project, other) };
  const { diffs } = await diffSchemas(only(head, set), from, { migration: "online" });
  const migration = diffs[0]?.migration;
  if (!migration || migration.unsupported.length > 0)
    throw new DiagnosticError([
      {
        code: "rehearse-no-migration",
        severity: "error",
        message:
          "there is no migration to rehearse: the schema is edited in place, and no statements are written for what differs",
        hint: "Name a script with --sql.",
      },
    ]);
  if (migration.statements.length === 0) return [];
  if (migration.online === null) return [await written(renderMigration(migration, []), "file")];
  return [await written(renderOnline(migration.online, [], ""), "none")];
}

/** Gives schema files, all of them or none: where one is missing, there is another migration. */
function whole({ schema, diagnostics }: Omit<Source, "queries">): readonly SchemaFile[] {
  const wrong = diagnostics.filter(({ severity }) => severity === "error");
  if (wrong.length > 0) throw new DiagnosticError(wrong);
  return schema;
}

/** Makes a script of what `diff` writes, which stands in no file. */
async function written(text: string, setting: "file" | "none"): Promise<Script> {
  const script = await toScript({ path: "diff --sql", text }, setting);
  return { ...script, statements: script.statements.map((one) => ({ ...one, span: null })) };
}

/** Holds a rehearsal against what may be. */
export function judge({ statements, queries }: Rehearsal, { blocked, failed }: Thresholds): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { sql, file, at, end, error } of statements)
    if (error !== null)
      found.push({
        code: "rehearse-refused",
        severity: "error",
        message: at === null ? `PostgreSQL refuses \`${sql}\`: ${error}` : error,
        ...(at === null || end === null ? {} : { span: { file, start: at, end } }),
      });
  const all = queries.reduce((sum, one) => sum + one.failed, 0);
  if (all > failed)
    for (const one of queries)
      if (one.failed > 0)
        found.push({
          code: "rehearse-failed",
          severity: "error",
          message: `${one.name} failed ${one.failed} of ${one.runs} times: ${one.error}`,
          hint: "`solitude-gen verify --plan` looks for steps on which nothing breaks.",
        });
  for (const one of queries)
    if (one.blockedLongest > blocked)
      found.push({
        code: "rehearse-blocked",
        severity: "error",
        message: `${one.name} waited ${seconds(one.blockedLongest)} for the migration; of ${one.runs} times ${waitedInWords(one)}; at most ${seconds(blocked)} is allowed`,
        hint: "`solitude-gen vet` says what holds the lock, and `diff --sql` writes forms that do not.",
      });
  return found;
}
