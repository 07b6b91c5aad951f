import type { ObjectPrivilege } from "../../model/query.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { isComment, type Token, tokenize } from "../../sql/lexer.ts";
import { nameOf } from "../../sql/quoting.ts";

/** The right on a sequence that is its first argument. */
const ON_SEQUENCE: ReadonlyMap<string, ObjectPrivilege["kind"]> = new Map([
  ["nextval", "usage on sequence"],
  ["currval", "usage on sequence"],
  ["setval", "update on sequence"],
]);
/** What asks for a right on a large object, of which each has its own. */
const ON_LARGE_OBJECT: ReadonlySet<string> = new Set(["lo_get", "lo_put", "lo_open", "lo_unlink"]);
/** Of what an argument is made whose value is known before the statement is sent, beside texts. */
const CONSTANT = /^(?:pg_catalog|pg_get_serial_sequence|regclass|text|varchar|cast|as|\(|\)|,|\.|::|\|\|)$/;

interface Call {
  readonly name: string;
  /** As it is written. */
  readonly argument: string;
  readonly isConstant: boolean;
}

/** Says of a statement which rights depend on its values, so that nobody knows them before. */
export function rightsByValue(text: string): string[] {
  const calls = callsIn(text);
  return [
    ...(calls.some(({ name, isConstant }) => ON_SEQUENCE.has(name) && !isConstant)
      ? ["a value says which sequence it uses"]
      : []),
    ...(calls.some(({ name }) => ON_LARGE_OBJECT.has(name))
      ? ["each large object has rights of its own, and an owner"]
      : []),
  ];
}

/** Gives the rights on sequences that a statement names, and to look them up: by constants, what `pg_get_serial_sequence` says, and texts. */
export async function sequencesNamed(text: string, engine: Engine): Promise<ObjectPrivilege[]> {
  const found: ObjectPrivilege[] = [];
  for (const { name, argument, isConstant } of callsIn(text)) {
    const kind = ON_SEQUENCE.get(name);
    const object = kind === undefined || !isConstant ? null : await sequenceOf(argument, engine);
    if (kind === undefined || object === null) continue;
    found.push({ kind, object: object.sequence }, { kind: "usage on schema", object: object.schema });
  }
  return found;
}

async function sequenceOf(
  argument: string,
  engine: Engine,
): Promise<{ readonly sequence: string; readonly schema: string } | null> {
  try {
    const [row] = await engine.run(
      `select quote_ident(n.nspname) as schema, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as sequence from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.oid = to_regclass((${argument})::text) and c.relkind = 'S'`,
    );
    return row === undefined ? null : { sequence: String(row.sequence), schema: String(row.schema) };
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

/** Tells whether a statement may use a sequence that analysis has not seen. */
export const mayNameSequences = (text: string): boolean =>
  callsIn(text).some(({ name }) => ON_SEQUENCE.has(name));

/** Finds the calls of functions that ask for a right on what their first argument names. */
function callsIn(text: string): Call[] {
  const tokens = tokenize(text).filter((token) => !isComment(token));
  const written = ({ start, end }: Token): string => text.slice(start, end);
  return tokens.flatMap((token, i): Call[] => {
    const name = token.kind === "word" || token.kind === "quoted" ? nameOf(written(token)) : "";
    const open = tokens[i + 1];
    if (!(ON_SEQUENCE.has(name) || ON_LARGE_OBJECT.has(name)) || open === undefined || written(open) !== "(")
      return [];
    let depth = 0;
    let end = i + 2;
    for (; end < tokens.length; end++) {
      const one = written(tokens[end]!);
      if (depth === 0 && (one === "," || one === ")")) break;
      depth += one === "(" ? 1 : one === ")" ? -1 : 0;
    }
    const parts = tokens.slice(i + 2, end);
    if (parts.length === 0) return [];
    const isConstant = parts.every((part) => part.kind === "string" || CONSTANT.test(nameOf(written(part))));
    const argument = text.slice(parts[0]!.start, parts.at(-1)!.end);
    return [{ name, argument, isConstant }];
  });
}
