import type { DocumentIssue } from "./errors.ts";

interface Rule {
  readonly operatorName?: string;
  readonly reason?: string;
  readonly propertyName?: string;
  readonly itemIndex?: number;
  readonly missingProperties?: readonly string[];
  readonly [part: string]: unknown;
}

/** The lists in which the server reports what a part of a document did not satisfy. */
const NESTED = [
  "schemaRulesNotSatisfied",
  "propertiesNotSatisfied",
  "schemasNotSatisfied",
  "details",
] as const;

/**
 * Gives what the server's validator found, by path within the document's data. Of alternatives it takes the one that was meant:
 * the validator has one for each kind and version, and the others fail on those fields alone.
 */
export function issuesOf(details: unknown): DocumentIssue[] {
  const issues = isRule(details) ? walk(details, []) : [];
  const ours = issues
    .filter(({ path }) => path[0] === "data")
    .map(({ path, message }) => ({ path: path.slice(1), message }));
  return ours.length > 0 ? ours : [{ path: [], message: "does not satisfy the server's schema" }];
}

function walk(rule: Rule, path: readonly (string | number)[]): DocumentIssue[] {
  const at = [...path, ...stepOf(rule)];
  if (rule.operatorName === "anyOf" || rule.operatorName === "oneOf") return meant(rule, at);
  if (Array.isArray(rule.missingProperties))
    return rule.missingProperties.map((name) => ({ path: [...at, name], message: "is missing" }));
  const below = NESTED.flatMap((list) => rules(rule[list])).flatMap((each) => walk(each, at));
  if (below.length > 0) return below;
  if (rule.operatorName === undefined || rule.reason === undefined) return [];
  return [{ path: at, message: `${rule.reason} (${rule.operatorName})` }];
}

function meant(rule: Rule, at: readonly (string | number)[]): DocumentIssue[] {
  const alternatives = rules(rule.schemasNotSatisfied).map((each) => walk(each, at));
  const isOther = (issues: DocumentIssue[]) =>
    issues.some(({ path }) => path.length === 1 && (path[0] === "kind" || path[0] === "version"));
  return (
    alternatives.find((issues) => !isOther(issues)) ?? [{ path: at, message: "is none of the alternatives" }]
  );
}

function stepOf({ propertyName, itemIndex }: Rule): (string | number)[] {
  if (typeof propertyName === "string") return [propertyName];
  return typeof itemIndex === "number" ? [itemIndex] : [];
}

function rules(value: unknown): Rule[] {
  return Array.isArray(value) ? value.filter(isRule) : [];
}

function isRule(value: unknown): value is Rule {
  return typeof value === "object" && value !== null;
}
