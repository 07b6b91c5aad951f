import type { LoadedConfig } from "../../config/load.ts";
import type { Analysis } from "../../model/analysis.ts";
import { type Diagnostic, DiagnosticError, type Span } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { SchemaFile } from "../../model/source.ts";
import { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { Engine, PostgresError } from "../../postgres/engine.ts";
import { extensionsNamed } from "../../postgres/extension-names.ts";
import { withoutPassword } from "../../postgres/uri.ts";
import type { Project } from "../../project/project.ts";
import type { ProjectBase } from "../base/base.ts";
import type { SchemaChange } from "../schema/changes.ts";
import { compareSides, type Schema, type SchemaDiff, schemasOf } from "../schema/diff.ts";
import { readDatabaseSide, readSide, type Side } from "../schema/side.ts";
import { tryOn, tryQueries } from "../verify/cross.ts";
import { HINTS } from "../verify/findings.ts";
import { foundByAnalysis } from "../verify/met.ts";
import { queriesOf } from "../verify/verify.ts";
import { driftOf } from "./drift.ts";
import { neededBy } from "./needed.ts";
import { prepareAll } from "./prepare.ts";
import { isVerdict, refusalDiagnostic } from "./refusal.ts";
import { findTooNew } from "./too-old.ts";

/** How a live server stands to what is to run on it. */
export interface LiveVerdict {
  /** Its address, without the password. */
  readonly server: string;
  /** Major versions of PostgreSQL: the server's, and that of the one that analyses. */
  readonly version: number;
  readonly analysed: number;
  /** What it was held against: `the schema files`, or the base as it is deployed. */
  readonly against: string;
  /** Null where its schema could not be compared. */
  readonly differences: number | null;
  /** Of them, those that concern a query. */
  readonly concerning: number;
  readonly queries: number;
  readonly refused: number;
}

export interface LiveResult {
  /** Null where the project itself is wrong, as the diagnostics say. */
  readonly live: LiveVerdict | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What may run on the server, with the text of all that it must be new enough for. */
export interface LiveSubject {
  readonly head: Project;
  /** What is deployed there; null where the head is, or is about to be. */
  readonly base: ProjectBase | null;
}

/**
 * Holds a live server against the project: its version, its schema, and whether it takes every query. Nothing of the
 * server is changed: all that is sent to it runs in read-only transactions, and no query is executed.
 * @throws DiagnosticError `database-…` where the server cannot be read
 */
export async function checkLive(
  uri: string,
  { head, base }: LiveSubject,
  analyze: (project: Project) => Promise<Analysis>,
): Promise<LiveResult> {
  const { ServerEngine } = await import("../../postgres/server.ts");
  const project = base?.project ?? head;
  const analysis = await analyze(project);
  const broken = analysis.diagnostics.filter(({ severity }) => severity === "error");
  if (broken.length > 0) return { live: null, diagnostics: broken };
  const server = await ServerEngine.readOnly(uri);
  try {
    const run = new LiveCheck(uri, server, head, base);
    return await run.check(project, analysis);
  } finally {
    await server.close();
  }
}

class LiveCheck {
  readonly #uri: string;
  readonly #server: Engine;
  readonly #head: Project;
  readonly #base: ProjectBase | null;
  readonly #should: string;
  readonly #diagnostics: Diagnostic[] = [];
  /** Where each query stands in the head. */
  readonly #places = new Map<string, Span>();

  constructor(uri: string, server: Engine, head: Project, base: ProjectBase | null) {
    this.#uri = uri;
    this.#server = server;
    this.#head = head;
    this.#base = base;
    this.#should = base === null ? "the schema files" : `the schema files of ${base.label}`;
  }

  async check(project: Project, analysis: Analysis): Promise<LiveResult> {
    const counts = { differences: 0 as number | null, concerning: 0, queries: 0, refused: 0 };
    for (const set of this.#head.config.querySets) {
      const { queries } = await this.#head.source(set);
      for (const { name, span } of queries) this.#places.set(name, span);
    }
    let analysed = this.#server.version;
    const version = major(this.#server.version);
    const tooNew = await findTooNew(this.#head, version, await ownFunctions(this.#server));
    for (const schema of await schemasOf(project)) {
      const queries = schema.sets.flatMap(({ index }) => queriesOf(analysis, index));
      const refusals = await prepareAll(this.#server, queries);
      counts.queries += queries.length;
      counts.refused += refusals.filter((refusal) => refusal !== null).length;
      const rebuilt = await this.#rebuild(schema);
      if (rebuilt === null) counts.differences = null;
      else {
        const { version, differences, concerning } = await this.#compare(schema, queries, refusals, rebuilt);
        analysed = version;
        if (counts.differences !== null) counts.differences += differences;
        counts.concerning += concerning;
      }
      queries.forEach((query, i) => {
        const refusal = refusals[i];
        // Of a server that is too old for the text, that says more.
        const isExplained = refusal && tooNew.some(({ message }) => message.startsWith(`${query.name}: `));
        if (refusal && !isExplained)
          this.#add(refusalDiagnostic(query, refusal), this.#places.get(query.name));
      });
    }
    const verdict = { server: withoutPassword(this.#uri), version, analysed: major(analysed) };
    this.#diagnostics.unshift(...tooNew, ...versionNotes(version, this.#head));
    return { live: { ...verdict, against: this.#should, ...counts }, diagnostics: this.#diagnostics };
  }

  /** The server's schema on the PostgreSQL that analyses; null, and why is told, where it cannot be had. */
  async #rebuild({ sets, files }: Schema): Promise<Side | null> {
    const source = this.#source(sets[0]!.databaseUri, files);
    try {
      return await readDatabaseSide(this.#uri, source, files);
    } catch (error) {
      const [first] = error instanceof DiagnosticError ? error.diagnostics : [];
      if (first?.code !== "database-not-rebuilt") throw error;
      this.#diagnostics.push({ ...first, code: "live-not-compared", severity: "warning" });
      return null;
    }
  }

  #source(databaseUri: string | undefined, files: readonly { readonly text: string }[]) {
    const extensions = extensionsNamed(files);
    return { project: this.#head, extensions, databaseUri, leavesUsualOwnerOut: true };
  }

  async #compare(
    schema: Schema,
    queries: readonly Query[],
    refusals: readonly (PostgresError | null)[],
    live: Side,
  ): Promise<{ version: number; differences: number; concerning: number }> {
    const { sets, files } = schema;
    const should = await readSide({ ...this.#source(sets[0]!.databaseUri, files), files });
    const diff = await between(live, should);
    const known = await this.#alsoUnlikeHead(schema, live);
    const changes = diff.changes.filter((change) => known === null || known.has(keyOf(change)));
    const needed = neededBy(queries, diff.head);
    const drifts = changes.map((change) => driftOf(change, diff, needed, this.#should));
    const same = await this.#sameInHead(files);
    for (const { diagnostic } of drifts) this.#add(diagnostic, diagnostic.span, same);
    const version = await this.#tryOnDouble(schema, queries, refusals, live);
    return {
      version,
      differences: drifts.length,
      concerning: drifts.filter(({ concernsQueries }) => concernsQueries).length,
    };
  }

  /** The differences to the head; what the server already has of it is no drift. Null where the head alone counts. */
  async #alsoUnlikeHead({ sets }: Schema, live: Side): Promise<ReadonlySet<string> | null> {
    if (this.#base === null) return null;
    const own = (await schemasOf(this.#head)).find((one) =>
      one.sets.some(({ index }) => index === sets[0]!.index),
    );
    if (own === undefined) return null;
    const side = await readSide({ ...this.#source(own.sets[0]!.databaseUri, own.files), files: own.files });
    return new Set((await between(live, side)).changes.map(keyOf));
  }

  /** Tries what the queries deliver there and what may be stored: seen on a double of the server that may be written to. */
  async #tryOnDouble(
    { sets }: Schema,
    queries: readonly Query[],
    refusals: readonly (PostgresError | null)[],
    live: Side,
  ): Promise<number> {
    const project = this.#base?.project ?? this.#head;
    const { tried: on } = await tryOn(project, sets[0]!, [queries]);
    return live.use(async (engine) => {
      if (on === null) return engine.version;
      const reader = new CatalogReader(engine);
      // Queries are analysed side by side: one must not judge by half of a table that another is still reading.
      await reader.prefetch();
      const meets = await tryQueries(engine, reader, [queries]);
      queries.forEach((query, i) => {
        // The server's own word counts for more.
        const refusal = refusals[i];
        if (refusal && isVerdict(refusal)) return;
        for (const { code, effect, message } of foundByAnalysis(
          on.outcomes[0]![i]!,
          on,
          meets.outcomes[0]![i]!,
          meets,
        )) {
          // The server took it.
          if (code === "verify-broken" || code === "verify-untried") continue;
          this.#add(
            {
              code: code.replace("verify-", "live-"),
              severity: effect === "breaks" ? "error" : "warning",
              message: `${query.name}, on the live server: ${message}`,
              hint: HINTS["deploy-first"][code],
            },
            this.#places.get(query.name),
          );
        }
      });
      return engine.version;
    });
  }

  /** The files that are the user's own too: all of the head's, and of a base those that it has left as they were. */
  async #sameInHead(files: readonly SchemaFile[]): Promise<ReadonlySet<string>> {
    if (this.#base === null) return new Set(files.map(({ path }) => path));
    const own = new Map(
      (await schemasOf(this.#head)).flatMap((one) =>
        one.files.map(({ path, text }) => [path, text] as const),
      ),
    );
    return new Set(files.flatMap(({ path, text }) => (own.get(path) === text ? [path] : [])));
  }

  #add({ span: _, ...diagnostic }: Diagnostic, span: Span | undefined, files?: ReadonlySet<string>): void {
    const isThere = span !== undefined && files?.has(span.file) !== false;
    this.#diagnostics.push(isThere ? { ...diagnostic, span } : diagnostic);
  }
}

const major = (version: number): number => Math.floor(version / 10_000);

async function between(live: Side, side: Side): Promise<SchemaDiff> {
  return { querySets: [], ...(await compareSides(live, side, { migration: "none" })) };
}

const keyOf = ({ change, before, after, identity }: SchemaChange): string =>
  `${change} ${(after ?? before)?.key ?? identity}`;

async function ownFunctions(engine: Engine): Promise<ReadonlySet<string>> {
  const { readUserFunctions } = await import("../migrations/outcome.ts");
  return readUserFunctions(engine);
}

/** Gives what the configuration says of the server's version, and is not so. */
function versionNotes(version: number, { config }: LoadedConfig): Diagnostic[] {
  const target = config.vet.options.target_version;
  if (target === undefined || target === version) return [];
  return [
    {
      code: "live-version",
      severity: "warning",
      message: `the live server is PostgreSQL ${version}, and \`vet.target_version\` is ${target}`,
      hint: `Write \`target_version: ${version}\`, or name the server that runs ${target}.`,
    },
  ];
}
