import type { FlagColumns, Query } from "../model/query.ts";
import type { TypeContext } from "./mapped.ts";
import { literalKey } from "./names.ts";
import { paramProperties } from "./params.ts";
import type { QueryNames } from "./writing.ts";

/** What a function is called with, and the type of its rows. */
export interface Signature {
  readonly args: string;
  readonly row: string;
}

/** Of more flags the signatures would be too many to be read. */
const MOST_FLAGS = 2;

/**
 * The signatures of a query whose flags ask for columns: for each literal value of a flag one that knows more of its columns,
 * the most special first and the general one last. None where there is nothing to tell apart.
 * @param properties the property of each column
 */
export function signaturesOf(
  context: TypeContext,
  query: Query,
  names: QueryNames,
  properties: readonly (string | null)[],
): readonly Signature[] {
  const { flags = [] } = query;
  if (flags.length === 0 || flags.length > MOST_FLAGS) return [];
  const named = new Map(paramProperties(context, query).map(([{ number }, property]) => [number, property]));
  const known = flags.map((flag) => literalsOf(flag, named.get(flag.param) ?? "", names.row, properties));
  const all = known.reduce<readonly Narrowed[]>(
    (found, literals) =>
      [...literals, ANY].flatMap((literal) =>
        found.map((one) => ({ args: one.args + literal.args, row: one.row + literal.row })),
      ),
    [ANY],
  );
  const special = all.filter(({ args }) => args !== "").sort((a, b) => flagsIn(b) - flagsIn(a));
  if (special.length === 0) return [];
  return [...special, ANY].map(({ args, row }) => ({ args: names.args + args, row: names.row + row }));
}

/** What is added to both types. */
type Narrowed = Signature;
const ANY: Narrowed = { args: "", row: "" };
const flagsIn = ({ args }: Narrowed): number => args.split("&").length;

/** The literals of a flag with which more is known. */
function literalsOf(
  { whereTrue, whereFalse }: FlagColumns,
  flag: string,
  row: string,
  properties: readonly (string | null)[],
): Narrowed[] {
  return [true, false].flatMap((value) => {
    const members = (value ? whereTrue : whereFalse).flatMap((isThere, i) => {
      const property = properties[i] ?? null;
      if (isThere === null || property === null) return [];
      const type = isThere ? `NonNullable<${row}[${JSON.stringify(property)}]>` : "null";
      return [`${literalKey(property)}: ${type}`];
    });
    return members.length === 0
      ? []
      : [{ args: ` & { ${literalKey(flag)}: ${value} }`, row: ` & { ${members.join("; ")} }` }];
  });
}
