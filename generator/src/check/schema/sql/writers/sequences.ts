import { quoteLiteral } from "../../../../sql/quoting.ts";
import type { ObjectOf } from "../../catalog.ts";
import { parentIdentity, reference } from "../names.ts";
import { ownerChange, type Writer } from "./writer.ts";

const MAXIMA: Readonly<Record<string, string>> = {
  smallint: "32767",
  integer: "2147483647",
  bigint: "9223372036854775807",
};

/** The options that a sequence of this type would not have by itself. */
export function unusualOptions(options: string, type: string): string {
  if (!/increment by [1-9]/.test(options)) return options;
  const usual = [
    "increment by 1",
    "minvalue 1",
    `maxvalue ${MAXIMA[type]}`,
    "cache 1",
    "no cycle",
    `start with ${/minvalue (\S+)/.exec(options)?.[1]}`,
  ];
  const parts =
    options.match(/(?:start with|increment by|minvalue|maxvalue|cache) \S+|no cycle|cycle/g) ?? [];
  return parts.filter((part) => !usual.includes(part)).join(" ");
}

export const sequence: Writer<"sequence"> = {
  create(object) {
    const { type, options, unlogged, owner } = object.properties;
    const as = type === "bigint" ? "" : ` as ${type}`;
    const unusual = unusualOptions(options, type);
    return [
      `create ${unlogged ? "unlogged " : ""}sequence ${object.identity}${as}${unusual && ` ${unusual}`}`,
      ...ownerChange(reference(object), null, owner),
    ];
  },
  drop: (object) => [`drop sequence ${object.identity}`],
  alter(from, to) {
    const changes: string[] = [];
    const { type, options, unlogged } = to.properties;
    if (from.properties.type !== type || from.properties.options !== options) {
      const { before, restart } = moved(quoteLiteral(to.identity), from.properties.options, options);
      changes.push(...before, `alter sequence ${to.identity} as ${type} ${options}${restart}`);
    }
    if (from.properties.unlogged !== unlogged) {
      changes.push(`alter sequence ${to.identity} set ${unlogged ? "unlogged" : "logged"}`);
    }
    return [...changes, ...ownerChange(reference(to), from.properties.owner, to.properties.owner)];
  },
};

const own = (object: ObjectOf<"sequence owner">): string[] => [
  `alter sequence ${parentIdentity(object)} owned by ${object.properties.column}`,
];

/** Has a sequence stand within its new bounds, which PostgreSQL asks for: what is said before they change, and with them. */
export function moved(sequence: string, from: string, to: string): { before: string[]; restart: string } {
  const [old, next] = [boundsOf(from), boundsOf(to)];
  const low = inOrder(old.low, next.low)[1]!;
  const high = inOrder(old.high, next.high)[0]!;
  if (low === old.low && high === old.high) return { before: [], restart: "" };
  if (low > high) return { before: [], restart: " restart" };
  const place = inOrder(low, next.start, high)[1]!;
  return {
    before: [
      `select pg_catalog.setval(${sequence}, ${place}, false) where coalesce(pg_catalog.pg_sequence_last_value(${sequence}), ${old.start}) not between ${low} and ${high}`,
    ],
    restart: "",
  };
}

const inOrder = (...places: readonly bigint[]): bigint[] => places.toSorted((a, b) => (a < b ? -1 : 1));

function boundsOf(options: string): { low: bigint; high: bigint; start: bigint } {
  const value = (word: string): bigint => BigInt(new RegExp(`${word} (\\S+)`).exec(options)![1]!);
  return { low: value("minvalue"), high: value("maxvalue"), start: value("start with") };
}

/** Has a sequence that is new go on behind the rows that are there; nothing where it counts down. */
export function goOn(column: ObjectOf<"column">, sequence: string, options: string): string[] {
  const start = /start with (\d+) increment by \d/.exec(options)?.[1];
  if (start === undefined || MAXIMA[column.properties.type] === undefined) return [];
  return [
    `select pg_catalog.setval(${sequence}, max(${column.name})) from ${parentIdentity(column)} having max(${column.name}) >= ${start}`,
  ];
}

export const sequenceOwner: Writer<"sequence owner"> = {
  create(object, { base, head }) {
    const column = base.objects.get(`column:${object.properties.column}`);
    const of = head.objects.get(object.parent!);
    const isNew = of?.kind === "sequence" && !base.objects.has(of.key) && column?.kind === "column";
    if (!isNew) return own(object);
    return [...own(object), ...goOn(column, quoteLiteral(of.identity), of.properties.options)];
  },
  drop: (object) => [`alter sequence ${parentIdentity(object)} owned by none`],
  alter: (_, to) => own(to),
};
