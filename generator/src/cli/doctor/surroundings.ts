import { spawnSync } from "node:child_process";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { extensionsNamed } from "../../postgres/extension-names.ts";
import { extensionModule, loadExtensions } from "../../postgres/extensions.ts";
import type { LeftDatabase } from "../../postgres/left-databases.ts";
import { withoutPassword } from "../../postgres/uri.ts";
import { nodeHost } from "../../project/node-host.ts";
import type { Project } from "../../project/project.ts";
import { count } from "../count.ts";
import { databaseUrl } from "../database-url.ts";
import type { Examination } from "./examination.ts";

/** Looks at the files that the configuration names, without analysing what stands in them. */
export async function examineFiles(project: Project): Promise<Examination> {
  const sources = await Promise.all(project.config.querySets.map((set) => project.source(set)));
  const files = new Set(sources.flatMap(({ schema }) => schema.map(({ path }) => path)));
  const queries = sources.reduce((sum, source) => sum + source.queries.length, 0);
  return {
    name: "files",
    detail: `${count(files.size, "schema file")}, ${count(queries, "query", "queries")}`,
    findings: sources.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** Looks whether the embedded PostgreSQL has the extensions that the schemas create, and for what versions they were made. */
export async function examineExtensions(project: Project): Promise<Examination> {
  const embedded = project.config.querySets.filter(({ databaseUri }) => databaseUri === undefined);
  const schemas = await Promise.all(embedded.map((set) => project.schema(set)));
  const names = extensionsNamed(schemas.flatMap(({ schema }) => schema)).filter((name) => name !== "plpgsql");
  const findings: Diagnostic[] = [];
  for (const name of names) {
    const own = extensionModule(name);
    try {
      const loaded = await loadExtensions([name], project.home);
      if (Object.keys(loaded).length === 0) findings.push(missing(name, own));
    } catch (error) {
      findings.push({
        code: "doctor-extension",
        severity: "error",
        message: `the package of the extension "${name}" cannot be loaded: ${(error as Error).message}`,
        hint: `Install it anew: npm install --save-dev ${own ?? "@electric-sql/pglite"}.`,
      });
    }
  }
  return { name: "extensions", detail: names.join(", ") || "none is created", findings };
}

function missing(name: string, module: string | null): Diagnostic {
  return {
    code: "doctor-extension",
    severity: "error",
    message: `the schema creates the extension "${name}", which the embedded PostgreSQL has not`,
    hint:
      module === null
        ? "Set `database.uri` in the configuration to analyse against a server (PostgreSQL 16 or later) that has it."
        : `Its package is to be installed in the project: npm install --save-dev ${module}.`,
  };
}

/** Starts the embedded PostgreSQL, as every analysis does. */
export async function examineEngine(root: string): Promise<Examination> {
  const name = "embedded PostgreSQL";
  const started = performance.now();
  try {
    const engine = await nodeHost.start({ snapshot: null, extensions: [], root }, null);
    const { version } = engine;
    await engine.close();
    const took = Math.round(performance.now() - started);
    return {
      name,
      detail: `${Math.floor(version / 10_000)}.${version % 10_000}, started in ${took} ms`,
      findings: [],
    };
  } catch (error) {
    const finding: Diagnostic = {
      code: "doctor-engine",
      severity: "error",
      message: `the embedded PostgreSQL does not start: ${(error as Error).message}`,
      hint: "Run `npm ci`; where memory is limited, it needs some 200 MB; or set `database.uri` to a server.",
    };
    return { name, detail: "does not start", findings: [finding] };
  }
}

/** Asks the servers that the configuration names for their version. */
export async function examineServers(project: Project): Promise<Examination | null> {
  const { config } = project;
  const findings: Diagnostic[] = [];
  const uris = new Map<string, string>();
  for (const { databaseUri } of config.querySets)
    if (databaseUri !== undefined) uris.set(databaseUri, "`database.uri`");
  if (config.ci.settings.database_url !== undefined) {
    try {
      const { uri, diagnostics } = databaseUrl(null, project, false);
      if (uri !== null) uris.set(uri, "`ci.database_url`");
      findings.push(...diagnostics);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      findings.push(...error.diagnostics);
    }
  }
  if (uris.size === 0 && findings.length === 0) return null;
  const target = config.vet.options.target_version;
  const seen: string[] = [];
  for (const [uri, option] of uris) {
    try {
      const { ServerEngine } = await import("../../postgres/server.ts");
      const server = await ServerEngine.readOnly(uri);
      const major = Math.floor(server.version / 10_000);
      const { leftDatabases } = await import("../../postgres/left-databases.ts");
      const left = await leftDatabases((sql) => server.run(sql)).finally(() => server.close());
      findings.push(...left.map((database) => leftOn(uri, database)));
      seen.push(`${withoutPassword(uri)}: PostgreSQL ${major}`);
      if (option === "`ci.database_url`" && target !== undefined && target !== major)
        findings.push(otherTarget(major, target));
      if (option === "`database.uri`" && major < 16) findings.push(tooOld(uri, major));
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      seen.push(`${withoutPassword(uri)}: unreachable`);
      findings.push(...error.diagnostics);
    }
  }
  return { name: "servers", detail: seen.join("; ") || "not asked", findings };
}

function otherTarget(major: number, target: number): Diagnostic {
  return {
    code: "doctor-target",
    severity: "warning",
    message: `\`ci.database_url\` is PostgreSQL ${major}, and \`vet.target_version\` is ${target}`,
    hint: `Write \`target_version: ${major}\`, or name the server that runs ${target}.`,
  };
}

function leftOn(uri: string, { name, roles }: LeftDatabase): Diagnostic {
  const byHand = `drop database ${name}`;
  return {
    code: "doctor-left",
    severity: "warning",
    message: `${withoutPassword(uri)} has the database ${name} of a run that was killed`,
    hint:
      roles === null
        ? `Nothing on it says that it may go: look into it, and then: ${byHand}`
        : `The next run on that server drops it; by hand: ${byHand}`,
  };
}

function tooOld(uri: string, major: number): Diagnostic {
  return {
    code: "doctor-server",
    severity: "error",
    message: `${withoutPassword(uri)} is PostgreSQL ${major}; queries are analysed on 16 or later`,
    hint: "Name a newer server in `database.uri`, or leave it out: the embedded PostgreSQL analyses then.",
  };
}

/** Looks whether there is a git to compare revisions with. */
export function examineGit(root: string): Examination {
  let refusal = "";
  const ask = (...args: string[]): string | null => {
    const { status, stdout, stderr } = spawnSync("git", ["-C", root, ...args], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    refusal = /^fatal: (.*)/m.exec(stderr ?? "")?.[1] ?? "";
    return status === 0 ? stdout.trim() : null;
  };
  const version = ask("--version");
  const isShallow = ask("rev-parse", "--is-shallow-repository");
  const isRefused = isShallow === null && refusal !== "" && !/^not a git repository/.test(refusal);
  const findings: Diagnostic[] = [];
  if (version === null)
    findings.push({
      code: "doctor-git",
      severity: "warning",
      message:
        "git is not installed: `diff`, `verify`, `impact` and `ci` cannot compare with another revision",
      hint: "Install git, or compare with a folder or a database: --against ./other-copy.",
    });
  else if (isRefused)
    findings.push({
      code: "doctor-git",
      severity: "warning",
      message: `git reads nothing here: ${refusal}`,
      hint: /dubious ownership/.test(refusal)
        ? "Run: git config --global --add safe.directory <the repository's folder>"
        : "See what `git status` says there.",
    });
  else if (isShallow === "true")
    findings.push({
      code: "doctor-git",
      severity: "warning",
      message: "the clone is shallow: where this branch began cannot be found in it",
      hint: "Run `git fetch --unshallow`; in GitHub Actions give actions/checkout `fetch-depth: 0`.",
    });
  const place = isRefused ? "refused" : isShallow === null ? "no repository here" : "a repository";
  return {
    name: "git",
    detail: version === null ? "not installed" : `${version.replace("git version ", "")}, ${place}`,
    findings,
  };
}
