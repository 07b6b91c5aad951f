import type { Token } from "../sql/lexer.ts";
import type { Argument } from "./imported-query.ts";
import { isPlainInsert, tokensOf } from "./statement.ts";

/** What a parameter of pgtyped's is replaced with: by `@param x -> …` in a file, by how it is written in a template. */
export type Transform =
  | { readonly kind: "list" }
  | { readonly kind: "object" | "rows"; readonly members: readonly Member[] };

export interface Member {
  readonly name: string;
  readonly isRequired: boolean;
}

/** A parameter where it stands. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly isRequired: boolean;
  readonly transform: Transform | null;
}

export interface Translated {
  readonly sql: string;
  readonly arguments: readonly Argument[];
  readonly isCopy: boolean;
}

/** Reads `name, age!` */
export function membersOf(list: string): Member[] {
  return list
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "")
    .map((member) => ({ name: member.replace("!", "").trim(), isRequired: member.endsWith("!") }));
}

/** Finds `:name` and `:name!` in a statement of a file. */
export function colonPlaces(sql: string, transforms: ReadonlyMap<string, Transform>): Place[] {
  const places: Place[] = [];
  const tokens = tokensOf(sql);
  for (const [i, token] of tokens.entries()) {
    const name = tokens[i + 1];
    if (sql.slice(token.start, token.end) !== ":" || token.kind !== "punctuation") continue;
    if (name === undefined || name.kind !== "word" || name.start !== token.end) continue;
    const isRequired = sql[name.end] === "!" && sql[name.end + 1] !== "=";
    const text = sql.slice(name.start, name.end);
    places.push({
      start: token.start,
      end: name.end + (isRequired ? 1 : 0),
      name: text,
      isRequired,
      transform: transforms.get(text) ?? null,
    });
  }
  return places;
}

const IN_TEMPLATE = /\$(\$?)([A-Za-z_]\w*)(!?)/y;
const LIST = /\s*\(([^()]*)\)/y;

/** Finds `$name`, `$name!`, `$$list`, `$object(a, b)` and `$$rows(a, b)` in a template's statement. */
export function dollarPlaces(sql: string): Place[] {
  const places: Place[] = [];
  const isText = (token: Token): boolean =>
    token.kind === "string" || token.kind === "quoted" || /comment/.test(token.kind);
  // `$$ids` begins what PostgreSQL would read as a string: the places are found first.
  const hidden = tokensOf(sql.replaceAll("$", " ")).filter(isText);
  for (let at = sql.indexOf("$"); at !== -1; at = sql.indexOf("$", at + 1)) {
    if (hidden.some(({ start, end }) => start < at && at < end)) continue;
    IN_TEMPLATE.lastIndex = at;
    const found = IN_TEMPLATE.exec(sql);
    if (found === null) continue;
    const [whole, second, name = "", mark] = found;
    LIST.lastIndex = at + whole.length;
    const list = LIST.exec(sql);
    const hasMembers =
      list !== null && /^\s*[A-Za-z_]\w*!?\s*(?:,\s*[A-Za-z_]\w*!?\s*)*$/.test(list[1] ?? "");
    const members = hasMembers ? membersOf(list[1] ?? "") : [];
    const end = at + whole.length + (hasMembers ? list[0].length : 0);
    const transform: Transform | null = hasMembers
      ? { kind: second === "" ? "object" : "rows", members }
      : second === ""
        ? null
        : { kind: "list" };
    places.push({ start: at, end, name, isRequired: mark === "!", transform });
    at = end - 1;
  }
  return places;
}

/**
 * Puts our parameters in the places of pgtyped's: what may be null with it may be null with us.
 * @returns what is in the way, where it cannot be said in our terms
 */
export function translate(sql: string, places: readonly Place[]): Translated | string {
  const rows = places.filter(({ transform }) => transform?.kind === "rows");
  const [only] = rows;
  if (only !== undefined) {
    const isCopy =
      places.length === 1 &&
      isPlainInsert(sql.slice(0, only.start), sql.slice(only.end).replace(/;\s*$/, ""));
    if (!isCopy)
      return `rows of ${only.name} are inserted by a statement that does more: with us they are lists for \`unnest\`, whose types must be written`;
  }
  const required = new Set(places.filter((place) => place.isRequired).map(({ name }) => name));
  const names = namesOfMembers(places);
  const parts: string[] = [];
  const found = new Map<string, Argument>();
  let at = 0;
  for (const place of places) {
    const { start, end, name, transform } = place;
    const before = sql.slice(at, start);
    parts.push(before);
    at = end;
    if (transform === null) {
      // A sign that stands before it would become part of another operator.
      const isBehindSign = /[~!@#^&|`?+\-*/%<>=]$/.test(before);
      parts.push(written(name, required.has(name), isBehindSign));
      found.set(name, { kind: "value", property: name });
    } else if (transform.kind === "list") {
      parts.push(`(sqlc.slice('${name}'))`);
      found.set(name, { kind: "value", property: name });
    } else {
      const members = new Map(transform.members.map((member) => [member.name, names(name, member.name)]));
      const list = transform.members.map((member) =>
        written(members.get(member.name)!, member.isRequired, false),
      );
      parts.push(`(${list.join(", ")})`);
      found.set(
        name,
        transform.kind === "rows"
          ? { kind: "rows", property: name, members: transform.members.map((member) => member.name) }
          : { kind: "object", property: name, members },
      );
    }
  }
  parts.push(sql.slice(at));
  return {
    sql: parts.join("").replace(/;\s*$/, ""),
    arguments: [...found.values()],
    isCopy: only !== undefined,
  };
}

const written = (name: string, isRequired: boolean, isBehindSign: boolean): string =>
  isRequired ? (isBehindSign ? `sqlc.arg('${name}')` : `@${name}`) : `sqlc.narg('${name}')`;

/** Members become arguments beside all others: those of a name that is taken get their object's name before it. */
function namesOfMembers(places: readonly Place[]): (object: string, member: string) => string {
  const owners = new Map<string, Set<string>>();
  const own = (name: string, owner: string): void =>
    void owners.set(name, (owners.get(name) ?? new Set()).add(owner));
  for (const { name, transform } of places) {
    if (transform === null || transform.kind === "list") own(name, "");
    else for (const member of transform.members) own(member.name, name);
  }
  return (object, member) => (owners.get(member)!.size > 1 ? `${object}_${member}` : member);
}
