import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Rights } from "../../check/grants/rights.ts";
import type { Analysis } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { databaseUrl } from "../database-url.ts";
import { EXIT, exitCodeOf, type FailOn, failsFrom } from "../exit-codes.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export interface GrantsOptions extends GlobalOptions {
  readonly role: string;
  readonly cache: boolean;
  /** A file that should have what would be written, relative to the working folder; null to write it. */
  readonly check: string | null;
  /** A live server that should have given the rights; true for the configuration's. */
  readonly databaseUrl: string | true | null;
  readonly failOn: FailOn;
}

/** Writes the SQL that gives a role its rights, or checks whether a file has it, or a server has given them. */
export async function grants(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GrantsOptions,
): Promise<number> {
  const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
    const analysis = await collecting<Analysis>(
      () => pipeline.analyze(loaded, { cache: options.cache, onProgress }),
      (diagnostics) => ({ querySets: [], diagnostics }),
    );
    // Without a query that failed, the role would lose what that one needs.
    if (exitCodeOf(analysis.diagnostics) !== EXIT.fine) return { ...analysis, sql: null };
    const { rights, sql, refused } = await pipeline.grants(options.role, loaded, analysis.querySets);
    const wrong = await check(rights, sql, pipeline, loaded, options);
    return { diagnostics: [...analysis.diagnostics, ...unmet(rights), ...refused, ...wrong], sql };
  });
  if (!ran.ok) return ran.code;
  const { diagnostics, sql } = ran.value;
  await report(diagnostics, ran.loaded.root, terminal, options);
  if (options.check === null && options.databaseUrl === null && sql !== null) await terminal.out(sql);
  return failsFrom(diagnostics, options.failOn);
}

async function check(
  rights: Rights,
  sql: string,
  pipeline: Pipeline,
  loaded: Parameters<typeof databaseUrl>[1],
  { check, databaseUrl: named, cwd, role }: GrantsOptions,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  if (check !== null) found.push(...(await compareFile(resolve(cwd, check), check, sql)));
  if (named !== null) {
    const { uri, diagnostics } = databaseUrl(named === true ? null : named, loaded, true);
    found.push(...diagnostics);
    if (uri !== null) found.push(...(await pipeline.checkRights(role, rights, uri)));
  }
  return found;
}

/** How many lines are told of a file that differs. */
const TOLD = 12;

async function compareFile(path: string, shown: string, sql: string): Promise<Diagnostic[]> {
  const stale = (message: string): Diagnostic[] => [
    {
      code: "grants-stale",
      severity: "error",
      message,
      hint: "Write it anew: `solitude-gen grants --role … > file`.",
    },
  ];
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error)
    return stale(`${shown}: ${text.code === "ENOENT" ? "there is no such file" : text.message}`);
  // Git may have made other line ends of it.
  const lines = (all: string): string[] => all.split(/\r?\n/).filter((line) => line !== "");
  const [has, should] = [lines(text), lines(sql)];
  if (has.join("\n") === should.join("\n")) return [];
  const differing = [
    ...should.filter((line) => !has.includes(line)).map((line) => `is missing: ${line}`),
    ...has.filter((line) => !should.includes(line)).map((line) => `is not needed: ${line}`),
  ];
  const more = differing.length > TOLD ? [`… and ${differing.length - TOLD} more`] : [];
  const told =
    differing.length === 0 ? ["its lines are in another order"] : [...differing.slice(0, TOLD), ...more];
  return stale([`${shown} is not what the queries need`, ...told].join("\n"));
}

const OF_OWNERS = {
  code: "grants-owner",
  hint: "Let it run as the owner, or through a function of the owner's with SECURITY DEFINER.",
};
const BY_VALUE = {
  code: "grants-by-value",
  hint: "Such a right is not in what is written, which takes rights on sequences away: grant it by hand behind that, or let the query run through a function with SECURITY DEFINER.",
};
const OF_MEMBERS = {
  code: "grants-membership",
  hint: "Such a role reaches beyond this database, so it is not in what is written: grant it by hand, or let the query run through a function with SECURITY DEFINER.",
};

const UNMET = { owner: OF_OWNERS, membership: OF_MEMBERS, value: BY_VALUE };

/** Gives what no GRANT on an object gives the role, and what cannot be known. */
function unmet({ unmet }: Rights): Diagnostic[] {
  return unmet.map(({ query, why, by }) => ({
    ...UNMET[by],
    severity: "warning",
    message: `${query.name}: ${why}`,
    span: query.span,
  }));
}
