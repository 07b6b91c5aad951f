import { RefusedError } from "./errors.ts";
import { COMPARISONS, EXPRESSIONS, LOGICAL, STAGES } from "./operators.ts";
import { copyValue, isPlain, type Step, type ValueRules } from "./values.ts";

/** Of BSON's own classes, those that are values and nothing else. `Code` is JavaScript, `DBRef` looks like an operator. */
const BSON_VALUES = new Set([
  "Binary",
  "Decimal128",
  "Double",
  "Int32",
  "Long",
  "MaxKey",
  "MinKey",
  "ObjectId",
  "Timestamp",
]);

const RULES: ValueRules = {
  // The driver drops undefined, and { owner: undefined } would match everything.
  undefinedKeys: "refused",
  regularExpressions: true,
  isAllowed: (name) => BSON_VALUES.has(name),
  refuse(message, path) {
    throw new RefusedError(message, path);
  },
};

/**
 * A copy of a filter in which every operator is one that is known, where it may stand. The copy is what is sent.
 * @throws {RefusedError}
 */
export function safeFilter(filter: unknown): Record<string, unknown> {
  if (!isPlain(filter)) throw new RefusedError("a filter is a plain object");
  // Copied first: what is looked at must be what is sent.
  const copy = copyOf(filter) as Record<string, unknown>;
  checkFilter(copy, []);
  return copy;
}

/** Likewise for a pipeline, whose stages must all stay with the documents that they are given. @throws {RefusedError} */
export function safePipeline(pipeline: unknown): Record<string, unknown>[] {
  if (!Array.isArray(pipeline)) throw new RefusedError("a pipeline is an array of stages");
  const copy = copyOf(pipeline) as unknown[];
  checkPipeline(copy, []);
  return copy as Record<string, unknown>[];
}

/** A value that stands by itself in what is sent. @throws {RefusedError} */
export function safeValue(value: unknown, path: readonly Step[] = []): unknown {
  return copyValue(value, RULES, path).value;
}

function copyOf(value: unknown): unknown {
  return copyValue(value, RULES).value;
}

function checkFilter(filter: unknown, path: readonly Step[]): void {
  if (!isPlain(filter)) throw new RefusedError("a filter is a plain object", path);
  for (const [key, value] of Object.entries(filter)) {
    const at = [...path, key];
    if (!key.startsWith("$")) checkCondition(value, at);
    else if (LOGICAL.has(key)) checkEach(value, at, checkFilter);
    else if (key === "$expr") checkExpression(value, at);
    else if (key !== "$comment" && key !== "$jsonSchema") throw unknown(key, at);
  }
}

/** Checks what is said of one field: a value that it is equal to, or operators. */
function checkCondition(condition: unknown, path: readonly Step[]): void {
  if (!isPlain(condition)) return;
  const entries = Object.entries(condition);
  if (!entries.some(([key]) => key.startsWith("$"))) return;
  for (const [key, value] of entries) {
    const at = [...path, key];
    if (key === "$not") checkCondition(value, at);
    else if (key === "$elemMatch") checkElement(value, at);
    else if (key === "$all") checkEach(value, at, checkCondition);
    else if (!COMPARISONS.has(key)) throw unknown(key, at);
  }
}

/** Of an array's element: as of a field, where it is no object, and else as of a document. */
function checkElement(condition: unknown, path: readonly Step[]): void {
  const [first] = isPlain(condition) ? Object.keys(condition) : [];
  if (first?.startsWith("$") && !LOGICAL.has(first)) checkCondition(condition, path);
  else checkFilter(condition, path);
}

function checkExpression(expression: unknown, path: readonly Step[]): void {
  if (Array.isArray(expression)) {
    expression.forEach((each, index) => {
      checkExpression(each, [...path, index]);
    });
  } else if (isPlain(expression)) {
    for (const [key, value] of Object.entries(expression)) {
      const at = [...path, key];
      if (key.startsWith("$") && !EXPRESSIONS.has(key)) throw unknown(key, at);
      if (key !== "$literal") checkExpression(value, at);
    }
  }
}

function checkPipeline(pipeline: unknown, path: readonly Step[]): void {
  checkEach(pipeline, path, (stage, at) => {
    if (!isPlain(stage)) throw new RefusedError("a stage is a plain object", at);
    for (const [name, value] of Object.entries(stage)) {
      const below = [...at, name];
      if (!STAGES.has(name)) throw new RefusedError(`the stage ${name} is not allowed within a scope`, below);
      if (name === "$match") checkFilter(value, below);
      else if (name === "$facet") checkFacets(value, below);
      else checkExpression(value, below);
    }
  });
}

function checkFacets(facets: unknown, path: readonly Step[]): void {
  if (!isPlain(facets)) throw new RefusedError("$facet takes a plain object", path);
  for (const [name, pipeline] of Object.entries(facets)) checkPipeline(pipeline, [...path, name]);
}

function checkEach(
  list: unknown,
  path: readonly Step[],
  check: (each: unknown, path: readonly Step[]) => void,
): void {
  if (!Array.isArray(list)) throw new RefusedError("it takes an array", path);
  list.forEach((each, index) => {
    check(each, [...path, index]);
  });
}

function unknown(operator: string, path: readonly Step[]): RefusedError {
  return new RefusedError(`the operator ${operator} is not known, or not allowed there`, path);
}
