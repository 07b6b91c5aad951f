import { z } from "zod";
import { nearest } from "../diagnostics/suggestion.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { ConfigDocument, Path } from "./config-document.ts";

type Issue = z.core.$ZodIssue;
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Turns what zod found into diagnostics that point at the offending key or value. */
export function problemsOf(
  issues: readonly Issue[],
  schema: z.ZodType,
  document: ConfigDocument,
): Diagnostic[] {
  const known = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const found = issues.flatMap((issue) => problemOf(issue, [], known, document));
  const other = found.find(({ message }) => /^unknown key "(?:sql|packages)"$/.test(message));
  const missing = found.find(({ message }) => /^missing (?:sql|packages)$/.test(message));
  if (other === undefined || missing === undefined) return found;
  // The list that the other version has.
  const own = missing.message.slice("missing ".length);
  return found.flatMap((one) =>
    one === missing
      ? []
      : one === other
        ? { ...one, hint: `This version of the file calls it \`${own}:\`.` }
        : one,
  );
}

function problemOf(issue: Issue, base: Path, known: JsonSchema, document: ConfigDocument): Diagnostic[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const keys = knownKeys(known, path);
    return issue.keys.map((key) => {
      const meant = nearest(key, keys);
      return {
        code: "config-unknown-key",
        severity: "error",
        message: `unknown key "${key}"${path.length > 0 ? ` in ${show(path)}` : ""}`,
        hint: meant ? `Did you mean "${meant}"?` : `Known keys: ${[...keys].sort().join(", ")}.`,
        span: document.keySpan([...path, key]),
      };
    });
  }
  if (issue.code === "invalid_union") {
    // The alternative that fits the value's type says more than the union as a whole.
    const fitting = issue.errors.find((branch) =>
      branch.every((i) => !(i.code === "invalid_type" && i.path.length === 0)),
    );
    if (fitting) return fitting.flatMap((inner) => problemOf(inner, path, known, document));
  }
  const missing =
    issue.code === "invalid_type" && issue.input === undefined && /undefined/.test(issue.message);
  return [
    {
      code: "config-invalid",
      severity: "error",
      message: missing ? `missing ${show(path)}` : `${show(path)}: ${issue.message}`,
      ...suggestion(issue, document.value(), path),
      span: document.valueSpan(path),
    },
  ];
}

const SHAPES: Readonly<Record<string, string>> = {
  array: "It is a list: write `- ` in front of each entry.",
  object: "It has keys of its own: write each on a line below, or all in braces.",
  string: "It is a text: put it in quotes.",
};

/** Of the words that a value can be, the one that was probably meant. */
function suggestion(issue: Issue, value: unknown, path: Path): Pick<Diagnostic, "hint"> {
  if (issue.code === "invalid_type" && !/undefined/.test(issue.message)) {
    const hint = SHAPES[issue.expected];
    return hint === undefined ? {} : { hint };
  }
  if (issue.code !== "invalid_value") return {};
  let written = value;
  for (const step of path) written = (written as Record<PropertyKey, unknown> | null | undefined)?.[step];
  const words = issue.values.filter((word) => typeof word === "string");
  const meant = typeof written === "string" ? nearest(written, words) : null;
  return meant === null ? {} : { hint: `Did you mean "${meant}"?` };
}

function knownKeys(schema: JsonSchema, path: Path): string[] {
  let current: JsonSchema[] = [schema];
  const alternatives = (s: JsonSchema): JsonSchema[] => (s.anyOf ? s.anyOf.flatMap(alternatives) : [s]);
  for (const step of path) {
    current = current.flatMap(alternatives).flatMap((s) => {
      const next = typeof step === "number" ? s.items : s.properties?.[String(step)];
      return next ? [next] : [];
    });
  }
  return current.flatMap(alternatives).flatMap((s) => Object.keys(s.properties ?? {}));
}

function show(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : `${text && "."}${String(step)}`;
  return text || "the configuration";
}
