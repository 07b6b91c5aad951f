import { alike, matching } from "./pattern.ts";

/** A column that needs a value, as far as that decides which would do. */
export interface Wanting {
  readonly name: string;
  /** PostgreSQL's name of its type, or of the type beneath its domain. */
  readonly type: string;
  /** As `pg_type.typcategory`: `A` array, `B` boolean, `E` enum, `N` number, `S` string … */
  readonly category: string;
  readonly labels: readonly string[];
  /** Of texts of limited length. */
  readonly length: number | null;
  /** Texts that stand in its CHECKs, of which one may be what is asked for. */
  readonly literals: readonly string[];
  /** Regular expressions of its CHECKs. */
  readonly patterns: readonly string[];
  /** What its CHECKs say with LIKE. */
  readonly likes: readonly string[];
}

/** Gives values that may be right for a column, in PostgreSQL's text form, the likeliest first; others for every other `n`. */
export function candidates(column: Wanting, n: number): string[] {
  const { category, type, length, literals } = column;
  if (category === "E") return [...column.labels];
  if (category === "A") return ["{}", `{${n}}`];
  if (category === "B") return ["f", "t"];
  if (category === "N") return [`${n}`, `${(n % 9) + 1}`, `0.${n}`, "0", "1", "100", `-${n}`];
  if (category === "S" || type === "bytea")
    return [...literals, ...ofChecks(column, n), ...texts(column, n)].filter(
      (text) => length === null || text.length <= length,
    );
  const known = BY_TYPE[type];
  if (known !== undefined) return known(n, column.name);
  if (category === "R") return [...rangesOf(column, n), "empty"];
  return ["", "()", `${n}`];
}

/** Tells whether the first candidate is a value of the type for certain. */
export const isPlain = ({ category, type }: Wanting): boolean =>
  ["N", "B", "E", "S"].includes(category) || type in BY_TYPE;

const pad = (n: number, digits: number, radix = 10): string => n.toString(radix).padStart(digits, "0");
/** Gives where times begin: what ends something must come after that which began it, and most begin now. */
const beginning = (name: string): number =>
  Date.UTC(/expire|until|end|due|deadline/i.test(name) ? 2100 : 2026, 0, 1);
const moment = (n: number, name: string): string => new Date(beginning(name) + n * 1000).toISOString();
const day = (n: number, name: string): string =>
  new Date(beginning(name) + n * 86_400_000).toISOString().slice(0, 10);

/** For types that are no texts. */
const BY_TYPE: Readonly<Record<string, (n: number, name: string) => string[]>> = {
  uuid: (n) => [`00000000-0000-4000-8000-${pad(n, 12, 16)}`],
  timestamptz: (n, name) => [moment(n, name)],
  timestamp: (n, name) => [moment(n, name).slice(0, -1)],
  date: (n, name) => [day(n, name)],
  time: (n, name) => [moment(n, name).slice(11, 19)],
  timetz: (n, name) => [`${moment(n, name).slice(11, 19)}+00`],
  interval: (n) => [`${n} minutes`, "1 day", "0"],
  json: (n) => ["{}", "[]", `{"n": ${n}}`, `"${n}"`, `${n}`],
  jsonb: (n) => ["{}", "[]", `{"n": ${n}}`, `"${n}"`, `${n}`],
  inet: (n) => [`10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`],
  cidr: (n) => [`10.${(n >> 8) & 255}.${n & 255}.0/24`],
  macaddr: (n) => [
    `02:00:00:${pad((n >> 16) & 255, 2, 16)}:${pad((n >> 8) & 255, 2, 16)}:${pad(n & 255, 2, 16)}`,
  ],
  point: (n) => [`(0,${n})`],
  line: (n) => [`{1,-1,${n}}`],
  lseg: (n) => [`[(0,0),(1,${n})]`],
  box: (n) => [`((0,0),(1,${n}))`],
  path: (n) => [`((0,0),(1,${n}))`],
  polygon: (n) => [`((0,0),(1,${n}),(1,0))`],
  circle: (n) => [`<(0,0),${n}>`],
  bit: (n) => [`${n % 2}`],
  varbit: (n) => [n.toString(2)],
  xml: (n) => [`<n>${n}</n>`],
  tsvector: (n) => [`n${n}`],
  tsquery: (n) => [`n${n}`],
  pg_lsn: (n) => [`0/${n.toString(16)}`],
};

/** Texts made by the patterns that a column's CHECKs hold it against. */
function ofChecks({ patterns, likes }: Wanting, n: number): string[] {
  return [...patterns.map((pattern) => matching(pattern, n)), ...likes.map((like) => alike(like, n))].filter(
    (text) => text !== null,
  );
}

/** What a range of each type is of, or a multirange: ranges that share nothing, as exclusion constraints ask for. */
const BOUNDS: Readonly<Record<string, (n: number) => string>> = {
  int4: String,
  int8: String,
  num: String,
  date: (n) => day(n, ""),
  ts: (n) => moment(n, "").slice(0, -1),
  tstz: (n) => moment(n, ""),
};

function rangesOf({ type }: Wanting, n: number): string[] {
  const [, of = "", several] = /^(.*?)(multi)?range$/.exec(type) ?? [];
  const bound = BOUNDS[of];
  if (bound === undefined) return several === undefined ? [] : ["{}"];
  const range = `[${bound(n)},${bound(n + 1)})`;
  return [several === undefined ? range : `{${range}}`];
}

/** Texts of the forms that CHECKs and domains ask for most. */
function texts({ name, type }: Wanting, n: number): string[] {
  if (type === "bytea")
    return [`\\x${pad(n, 8, 16)}`, `\\x${pad(n, 64, 16)}`, `\\x${pad(n, 40, 16)}`, `\\x${pad(n, 32, 16)}`];
  const word = name.replaceAll("_", "-").toLowerCase();
  const letters = lettersOf(n);
  const forms = [
    `${name.replaceAll("_", " ")} ${n}`,
    `${word}-${n}`,
    `${name}_${n}`,
    `${word}${n}`,
    `someone${n}@example.com`,
    `https://example.com/${n}`,
    `1.0.${n}`,
    `+1555${pad(n, 7)}`,
    pad(n, 64, 16),
    pad(n, 40, 16),
    pad(n, 32, 16),
    `00000000-0000-4000-8000-${pad(n, 12, 16)}`,
    `/${word}/${n}`,
    "application/json",
    "EUR",
    "DE",
    "en",
    "Europe/Berlin",
    `${n}`,
    letters,
    letters.toUpperCase(),
    `${letters}${n % 10}`,
    "",
  ];
  return /mail/i.test(name)
    ? [forms[4]!, ...forms]
    : /url|uri|link/i.test(name)
      ? [forms[5]!, ...forms]
      : forms;
}

/** A number in letters: a, b … z, aa, ab … */
function lettersOf(n: number): string {
  let letters = "";
  for (let rest = n; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(97 + ((rest - 1) % 26)) + letters;
  return letters;
}
