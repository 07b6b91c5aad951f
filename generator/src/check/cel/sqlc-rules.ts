import { type CelEnv, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import type { CelRule, Config, QuerySetConfig } from "../../config/config.ts";
import { nearest } from "../../diagnostics/suggestion.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import type { Found } from "../findings/found.ts";
import type { AnalysedQuery } from "../queries/vet-queries.ts";
import { explain } from "./explain.ts";
import { message, registry } from "./messages.ts";

/** Built into sqlc: each query is prepared. Here every query has been, or it would not have come so far. */
const PREPARE_RULE = "sqlc/db-prepare";

type Program = (bindings: Record<string, never>) => unknown;

interface CompiledRule {
  readonly rule: CelRule;
  readonly program: Program;
  readonly needsExplain: boolean;
}

export interface CompiledRules {
  readonly rules: ReadonlyMap<string, CompiledRule>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles the top-level `rules:`, and looks up those that the entries name. */
export function compileRules({ vet, querySets }: Config): CompiledRules {
  const rules = new Map<string, CompiledRule>();
  const diagnostics: Diagnostic[] = [];
  const env = celEnv({ registry, funcs: [...strings] });
  for (const rule of vet.rules) {
    const compiled = compile(rule, env, rules);
    if ("program" in compiled) rules.set(rule.name, compiled);
    else diagnostics.push(compiled);
  }
  for (const set of querySets) {
    for (const [i, name] of set.rules.entries()) {
      if (name === PREPARE_RULE || vet.rules.some((rule) => rule.name === name)) continue;
      const meant = nearest(name, [PREPARE_RULE, ...vet.rules.map((rule) => rule.name)]);
      diagnostics.push({
        code: "config-rule",
        severity: "error",
        message: `a rule with the name '${name}' does not exist`,
        hint: meant
          ? `Did you mean "${meant}"?`
          : "Define it in the list `rules` at the top of the configuration.",
        span: set.rulesSpans[i]!,
      });
    }
  }
  return { rules, diagnostics };
}

function compile(
  rule: CelRule,
  env: CelEnv,
  known: ReadonlyMap<string, CompiledRule>,
): CompiledRule | Diagnostic {
  const refuse = (text: string): Diagnostic => ({
    code: "config-rule",
    severity: "error",
    message: `rule '${rule.name}': ${text}`,
    span: rule.span,
  });
  if (rule.name === "") return refuse("rules require a name");
  if (known.has(rule.name) || rule.name === PREPARE_RULE)
    return refuse("a rule with this name already exists");
  if (rule.rule === "") return refuse("it has no `rule`");
  try {
    const program = plan(env, parse(rule.rule)) as Program;
    return { rule, program, needsExplain: /\bpostgresql\.explain\b/.test(rule.rule) };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Evaluates the rules that the entry names on its queries. A rule that is true is a finding under the rule's name. */
export async function vetByRules(
  engine: Engine,
  { rules }: CompiledRules,
  set: QuerySetConfig,
  version: string,
  queries: readonly AnalysedQuery[],
): Promise<Found[]> {
  const wanted = set.rules.flatMap((name) => rules.get(name) ?? []);
  if (wanted.length === 0) return [];
  const config = message("Config", { version, engine: set.engine, schema: set.schema, queries: set.queries });
  const found: Found[] = [];
  for (const analysed of queries) {
    const bindings: Record<string, unknown> = { config, query: queryMessage(analysed) };
    const report = (rule: CelRule, text: string): void => {
      const { source } = analysed;
      const within = { ...source.span, end: source.toFile(source.text.length) };
      const statement = `${source.name}: ${source.text}`;
      found.push({ code: rule.name, message: text, span: source.span, statement, within });
    };
    for (const { rule, program, needsExplain } of wanted) {
      if (needsExplain && !("postgresql" in bindings)) {
        const plan = await explain(engine, analysed.query).catch((error) => {
          if (error instanceof PostgresError) return error;
          throw error;
        });
        if (plan instanceof PostgresError) {
          report(rule, `error explaining query: ${plan.message}`);
          continue;
        }
        bindings.postgresql = message("PostgreSQL", { explain: plan });
      }
      const value = program(bindings as Record<string, never>);
      if (isCelError(value)) report(rule, `the rule cannot be evaluated: ${value.message}`);
      else if (typeof value !== "boolean")
        report(rule, `the rule gives ${String(value)}, which is neither true nor false`);
      else if (value) report(rule, rule.message || `the rule '${rule.name}' holds`);
    }
  }
  return found;
}

function queryMessage({ query }: AnalysedQuery) {
  return message("Query", {
    sql: query.sql.text,
    name: query.name,
    cmd: query.command.slice(1),
    params: query.params.map(({ number }) => ({ number })),
  });
}
