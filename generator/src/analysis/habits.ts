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
  { before: /\binsert\s+$/i, at: /^["\w]/, hint: "INSERT wants `into` in front of its table." },
  {
    before: /\bupdate\s+(?:only\s+)?[\w".]+(?:\s+(?:as\s+)?[\w"]+)?\s*$/i,
    at: /^=/,
    hint: "UPDATE wants `set` in front of what it assigns.",
  },
  {
    before: /\bset\b(?:(?!\bwhere\b)[^;])*[\w)']\s+$/i,
    at: /^[\w"]+\s*=/,
    hint: "A comma stands between what SET assigns.",
  },
  {
    before: /\b(?:order|group)\s+by\b[^()]*$|\b(?:limit|offset|having)\b[^()]*$/i,
    at: /^(?:where|group|having|from)\b/i,
    hint: "The clauses stand in this order: FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT.",
  },
  {
    before: /\b(?:where|on|having|and|or)\b[^;]*[\w)']\s+$/i,
    at: /^(?!not\b)["\w.]+\s*(?:[=<>]|(?:like|ilike|in|is|between)\b)/i,
    hint: "Conditions are joined by `and` or `or`.",
  },
  {
    before: /\b(?:any|all|some)\s*\([^()]*$/i,
    at: /^,/,
    hint: "ANY takes one array, as `any(@ids)` or `any(array[1, 2])`; single values stand behind `in`.",
  },
  {
    before: /\b(?:any|all|some)\s+$/i,
    at: /^[$@]/,
    hint: "ANY wants parentheses around its array: `any(@ids)`.",
  },
  {
    before: /\b(?:exists|in|any|all|some)\s+$/i,
    at: /^(?:select|with|values)\b/i,
    hint: "A subquery stands in parentheses.",
  },
  {
    says: /^operator does not exist: (.+) (?:=|<>) \1\[\]$/,
    hint: "An array is compared by `= any(@ids)`; `in` takes single values, or `sqlc.slice(ids)`.",
  },
  {
    before: /->>\s*(?:'[^']*'|\d+)\s*$/,
    says: /^operator does not exist: text /,
    hint: "`->>` gives a text: cast it, as `(value ->> 'key')::int`.",
  },
  {
    before: /\bbetween\s+[^\s,]+\s*$/i,
    at: /^,/,
    hint: "BETWEEN has `and` between its ends: `between 1 and 5`.",
  },
  { at: /^not\s*[=<>]/i, hint: "`<>` compares for what is not equal." },
  {
    before: /\bis\s+(?:not\s+)?$/i,
    at: /^['$@\d]/,
    hint: "IS asks for `null`, `true` or `false`; `=` compares with a value.",
  },
  {
    before: /\belse\s+if\s+$/i,
    hint: "CASE has a further `when … then …` for that, and one `end`.",
  },
  {
    before: /\bcase\b(?:(?!\bend\b)[^;])*$/i,
    at: /^(?:from|where|as)\b|^,/i,
    hint: "CASE is closed by `end`.",
  },
  {
    before: /\b\w+\s+distinct\s+$/i,
    at: /^["\w]/,
    hint: "An aggregate has parentheses: `count(distinct name)`.",
  },
  { before: /\bas\s+\w+$/i, at: /^\./, hint: "The name of an output has no dot, but in double quotes." },
  {
    before: /(?:\bselect|\bwhere|\band|\bset|[,.(])\s*$/i,
    at: /^(?:all|and|array|asc|case|check|column|default|desc|end|grant|group|limit|offset|order|primary|references|table|to|user|when|with)\s*(?:[,=)]|from\b)/i,
    hint: "That is a word of SQL's own: as a name it stands in double quotes.",
  },
  {
    says: /specified in USING clause does not exist in (?:left|right) table$/,
    hint: "USING names columns that both sides have; write `on a.x = b.y` for others.",
  },
  {
    says: /^missing FROM-clause entry for table "exclude"$/,
    hint: "The row that could not be inserted is called `excluded`.",
  },
  {
    says: /^missing FROM-clause entry for table "sqlc"$/,
    hint: "A macro has a name in parentheses: `sqlc.arg(id)`.",
  },
  { says: /^operator does not exist: & /, hint: PARAMETERS },
  { before: /\?\?\s*$/, at: /^\w/, hint: "A parameter stands for a value: names are written out." },
  { at: /^\{\{/, hint: "A query is no template: write what changes as a parameter, `@name`." },
  { says: /^operator is not unique: unknown \+ unknown$/, hint: "Texts are joined by `||`." },
  {
    says: /^operator does not exist: (?:timestamp|time).* [-+] (?:integer|bigint|numeric)$/,
    hint: "An amount of time is written `interval '7 days'`.",
  },
  {
    before: /\)\s*$/,
    at: /^default\s+values\b/i,
    hint: "DEFAULT VALUES stands right behind the table, without columns.",
  },
  {
    says: /types .+ and .+ cannot be matched$/,
    hint: "Each of its columns or values has one type: cast one of them, as `…::text`.",
  },
  {
    says: /^each \w+ query must have the same number of columns$/,
    hint: "Both sides select as many columns, in the same order.",
  },
  {
    says: /^date\/time field value out of range/,
    hint: "A date is written `'2024-12-31'`, a time behind it `'12:30:00'`.",
  },
  {
    says: /^invalid input syntax for type interval/,
    hint: "An amount of time is written `'7 days'`, `'1 hour'` or `'1 year 2 months'`.",
  },
  {
    says: /^subquery must return only one column$/,
    hint: "Select one column there, or join what the subquery gives in FROM.",
  },
  {
    says: /^INSERT has more expressions than target columns$/,
    hint: "Name a column for each value behind the table, or take this value out.",
  },
  {
    says: /^INSERT has more target columns than expressions$/,
    hint: "Give each column that is named behind the table a value.",
  },
  {
    says: /^window function .+ requires an OVER clause$/,
    hint: "Write `over (order by …)` behind it.",
  },
  {
    says: /^aggregate function calls cannot be nested$/,
    hint: "Compute the inner one in a subquery in FROM.",
  },
  {
    says: /^aggregate functions are not allowed in WHERE$/,
    hint: "Conditions on aggregates stand in HAVING, behind GROUP BY.",
  },
  {
    says: /must appear in the GROUP BY clause or be used in an aggregate function$/,
    hint: "Add it to GROUP BY, or take one of its values, as `max(…)`.",
  },
  {
    says: /^SELECT DISTINCT ON expressions must match initial ORDER BY expressions$/,
    hint: "ORDER BY begins with what DISTINCT ON names.",
  },
  {
    says: /^FOR \w+.* is not allowed with /,
    hint: "Lock the rows in a subquery, and compute over what it gives.",
  },
];

/** Functions of other databases. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  charindex: "strpos(text, part)",
  curdate: "current_date",
  date_format: "to_char(time, format)",
  datediff: "`a - b` (of two dates a number of days)",
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
