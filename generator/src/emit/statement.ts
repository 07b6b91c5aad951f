import { createHash } from "node:crypto";
import type { InsertTarget, Query } from "../model/query.ts";
import { isAdaptive, type Piece } from "../model/sql.ts";
import { copyStatement } from "./copy.ts";
import { listed, type Statement } from "./drivers/driver.ts";
import { stringLiteral } from "./names.ts";
import type { ParamsCode } from "./params.ts";
import { piecesLiteral } from "./pieces.ts";
import type { QueryNames, Writing } from "./writing.ts";

/** Gives what is sent: the statement under its annotation, which names it in the server's logs and statistics. */
export const statementText = (query: Query): string =>
  `-- name: ${query.name} ${query.command}\n${query.sql.text}`;

/** Names of prepared statements: PostgreSQL cuts identifiers at 63 bytes. */
function statementName(query: string, text: string, most = 50): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${Buffer.from(query).subarray(0, most).toString("latin1").replace(/[^\w]/g, "_")}_${hash}`;
}

/** Gives the statement of a query. */
export function statementOf(
  writing: Writing,
  query: Query,
  names: QueryNames,
  params: ParamsCode,
  hasArgs: boolean,
): Statement {
  const common = {
    fn: names.config,
    input: hasArgs ? `args: ${names.args}` : "",
    values: (form: "native" | "text") =>
      `[${(form === "text" ? params.texts() : params.values()).join(", ")}]`,
  };
  if (isAdaptive(query.sql))
    return {
      ...common,
      preface:
        params.given() === ""
          ? way(query, names, params)
          : `  const given =\n${params.given()};\n${way(query, names, params)}`,
      sent: (values) =>
        `    ...${names.variant}(${listed(
          params.given() === "" ? "0" : "given",
          values,
          query.sql.page !== null ? "page.order, page.cursor" : query.sql.orders.length > 0 ? "order" : "",
        )}),\n`,
      described: "",
    };
  return {
    ...common,
    preface: "",
    sent: (values) => sent(writing, query.name, statementText(query), names.text, values),
    described: described(names),
  };
}

/** Writes what says in which order, and which page. */
function way({ sql, name }: Query, names: QueryNames, params: ParamsCode): string {
  const { ways } = params;
  if (sql.page !== null) return `  const page = ${pageCall(names, params)};\n`;
  if (sql.orders.length === 0) return "";
  const orders = `[${sql.orders.map((one) => JSON.stringify(one)).join(", ")}]`;
  return `  const order = codec.orderOf(${JSON.stringify(name)}, ${orders}, ${ways.sort}, ${ways.reverse} === true);\n`;
}

/** The call that says which page the arguments ask for. */
export function pageCall(
  { pages }: QueryNames,
  { ways: { sort, reverse, after, before }, made }: ParamsCode,
): string {
  const of = made().map(([property, code]) => `${JSON.stringify(property)}: ${code}`);
  const members = [
    ...(sort === "undefined" ? [] : [`sort: ${sort}`]),
    ...[`reverse: ${reverse}`, `after: ${after}`, `before: ${before}`],
    ...(of.length > 0 ? [`made: { ${of.join(", ")} }`] : []),
  ];
  return `${pages}({ ${members.join(", ")} })`;
}

/** The type of a paged query's cursors, and what reads them. */
export function writePages(
  { name, sql }: Query,
  { cursor, pages }: QueryNames,
  { propertyOf, times }: ParamsCode,
): string {
  const { page, orders } = sql;
  if (page === null) return "";
  const keys = orders.map((order, i) => {
    const own = page.keys[i]!;
    const nullable = nullableKeys(sql.pieces, i, own);
    const made = page.params[i]!.map((number) => JSON.stringify(propertyOf(number)));
    const all = made.length > 0 ? [own, nullable, made] : nullable.length > 0 ? [own, nullable] : [own];
    const lists = all.map((list) => `[${list.join(", ")}]`);
    return `[${[JSON.stringify(order), ...lists].join(", ")}]`;
  });
  const moments = times.map(([property, isZoned]) => `[${JSON.stringify(property)}, ${isZoned}]`).join(", ");
  return (
    `export type ${cursor} = codec.Cursor<${JSON.stringify(name)}>;\n\n` +
    `const ${pages} = /* @__PURE__ */ codec.pages<${cursor}>({\n  query: ${JSON.stringify(name)},\n` +
    `  version: ${JSON.stringify(page.version)},\n  orders: [${keys.join(", ")}],\n` +
    `${moments === "" ? "" : `  times: [${moments}],\n`}` +
    `${page.dated.length === 0 ? "" : `  dated: [${page.dated.join(", ")}],\n`}});\n`
  );
}

/** The keys of an order that a cursor can have NULL for, as the statement has a condition for it. */
function nullableKeys(pieces: readonly Piece[], order: number, keys: readonly number[]): readonly number[] {
  const patterns = pieces.flatMap((piece) =>
    typeof piece === "object" && "behind" in piece ? Object.keys(piece.behind) : [],
  );
  return keys.filter((_, i) =>
    patterns.some((one) => one.startsWith(`${2 * order}/`) && one.at(-keys.length + i) === "1"),
  );
}

/** Writes what gives the statement of a query that adapts, by which parameters are given. */
export function writeVariants(writing: Writing, query: Query, names: QueryNames): string {
  const [first = "", ...rest] = query.sql.pieces;
  const head = `-- name: ${query.name} ${query.command}\n`;
  const pieces = typeof first === "string" ? [head + first, ...rest] : [head, first, ...rest];
  const isNamed = writing.models.context.options.emit_prepared_queries;
  // A variant's number, which is behind it, needs seven more bytes.
  const name = isNamed ? `, ${JSON.stringify(statementName(query.name, statementText(query), 40))}` : "";
  return `const ${names.variant} = /* @__PURE__ */ codec.adaptive(${names.info}, ${piecesLiteral(pieces)}${name});\n`;
}

/** Gives the statement that inserts arrays of texts, one for each column, where there is no COPY. */
export function insertOf(
  writing: Writing,
  query: Query,
  names: QueryNames,
  target: InsertTarget,
  columns: readonly string[],
): Statement {
  const text = copyStatement(writing.models.context.catalog, query, target, columns);
  return {
    fn: names.config,
    input: "columns: (string | null)[][]",
    preface: "",
    values: () => `columns.map(${writing.constants.name("codec.array(codec.text)")}.encode)`,
    sent: (values) => sent(writing, query.name, text, stringLiteral(text), values),
    described: described(names),
  };
}

/** @param textCode the expression that gives `text` */
function sent({ models }: Writing, query: string, text: string, textCode: string, values: string): string {
  const named = models.context.options.emit_prepared_queries;
  const name = named ? `    name: ${JSON.stringify(statementName(query, text))},\n` : "";
  return `${name}    text: ${textCode},\n    values: ${values},\n`;
}

const described = ({ info }: QueryNames): string => `    query: ${info},\n`;
