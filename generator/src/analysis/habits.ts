/** What another database or library has, and what PostgreSQL or sqlc has for it. */
interface Habit {
  /** What stands in front of the place that is refused, at its end. */
  readonly before?: RegExp;
  /** What stands at the place. */
  readonly at?: RegExp;
  /** What PostgreSQL says of it. */
  readonly says?: RegExp;
  readonly hint: string;
}

const PARAMETERS = "Parameters are written `@name`, or `$1`, `$2` and so on.";

const HABITS: readonly Habit[] = [
  { at: /^={2,3}(?![=<>!])/, hint: "`=` compares in SQL." },
  { at: /^!==/, hint: "`<>` compares in SQL." },
  { at: /^(?:%(?:\(\w+\))?s\b|\{\w*\}|\$[A-Za-z_]|\?\d)/, hint: PARAMETERS },
  { says: /LIMIT #,# syntax/, hint: "What others write `limit 10, 5` is `limit 5 offset 10`." },
  {
    before: /\bselect\s+(?:distinct\s+)?top\s+$/i,
    at: /^\(?\d/,
    hint: "PostgreSQL has `limit …` at the statement's end in place of TOP.",
  },
  {
    before: /[-+]\s*\d+\s+$/,
    at: /^(?:year|month|week|day|hour|minute|second)s?\b/i,
    hint: "An amount of time is written `interval '7 days'`.",
  },
  { before: /\bdelete\s+$/i, at: /^\*/, hint: "DELETE names no columns: `delete from …`." },
  {
    before: /\bjoin\s+[\w."]+(?:\s+(?:as\s+)?[\w"]+)?\s*$/i,
    at: /^(?:where|group|order|limit)\b/i,
    hint: "JOIN wants `on …` or `using (…)` behind it.",
  },
  {
    before: /\bin\s+$/i,
    at: /^[$@]/,
    hint: "IN wants parentheses around what follows: `in (sqlc.slice(ids))`.",
  },
  {
    says: /^operator does not exist: (?:\w+ \+ (?:text|character varying)|(?:text|character varying) \+ \w+)$/,
    hint: "Texts are joined by `||`.",
  },
  {
    before: /\bset\s+(?:[\w".]+\s*=\s*[^;]*,\s*)?[\w".]+\s*=\s*$/i,
    says: /^invalid input syntax for type boolean/,
    hint: "A comma stands between what SET assigns; `and` joins conditions.",
  },
];

/** Functions of other databases. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  charindex: "strpos(text, part)",
  curdate: "current_date",
  date_format: "to_char(time, format)",
  datediff: "`a - b`, which of two dates is a number of days",
  dateadd: "`time + interval '1 day'`",
  day: "extract(day from time)",
  getdate: "now()",
  group_concat: "string_agg(text, ',')",
  ifnull: "coalesce(a, b)",
  iif: "case when … then … else … end",
  instr: "strpos(text, part)",
  isnull: "coalesce(a, b)",
  json_extract: "`->`, `->>` or jsonb_path_query",
  last_insert_id: "`returning id` at the end of the INSERT",
  len: "length(text)",
  listagg: "string_agg(text, ',')",
  month: "extract(month from time)",
  nvl: "coalesce(a, b)",
  rand: "random()",
  strftime: "to_char(time, format)",
  sysdate: "now()",
  unix_timestamp: "extract(epoch from time)",
  uuid: "gen_random_uuid()",
  year: "extract(year from time)",
};

/** Gives what PostgreSQL has in place of what people bring along from elsewhere. */
export function habitHint(message: string, text: string, offset: number | null): string | undefined {
  const called = /^function (?:[\w.]+\.)?(\w+)\(.*\) does not exist$/s.exec(message)?.[1];
  const own = called === undefined || !Object.hasOwn(FUNCTIONS, called) ? undefined : FUNCTIONS[called];
  if (own !== undefined) return `PostgreSQL has ${own.startsWith("`") ? own : `\`${own}\``} for that.`;
  const before = offset === null ? "" : text.slice(Math.max(0, offset - 200), offset);
  const rest = offset === null ? "" : text.slice(offset, offset + 80);
  const alias = /^column "(\w+)" does not exist$/.exec(message)?.[1];
  if (alias !== undefined && isOutput(alias, text) && /\b(?:where|on|having)\b[^;]*$/i.test(before))
    return `"${alias}" names an output, which only ORDER BY and GROUP BY know: repeat the expression, of an aggregate in HAVING.`;
  return HABITS.find(
    ({ before: b, at, says }) =>
      (b?.test(before) ?? true) && (at?.test(rest) ?? true) && (says?.test(message) ?? true),
  )?.hint;
}

function isOutput(name: string, text: string): boolean {
  return new RegExp(String.raw`(?:\bas\s+|\)\s*)${name}\b[\s\S]*?\bfrom\b`, "i").test(text);
}
