import { tokenize } from "../../sql/lexer.ts";

/**
 * Tells whether a rule refuses no row that one which there was takes: merely validated, asked later, with more values that may be, or with other
 * things to do when the row that it refers to goes.
 * @param is its definition, as PostgreSQL writes it
 */
export function isNoStricter(is: string, was: string): boolean {
  const [before, after] = [refusalOf(was), refusalOf(is)];
  if (before.rule === after.rule) return after.isDelayed || !before.isDelayed;
  const [some, more] = [choiceIn(before.rule), choiceIn(after.rule)];
  return (
    some !== null && some.around === more?.around && some.values.every((one) => more.values.includes(one))
  );
}

/**
 * Tells the same of several rules that there were, together: a CHECK of conditions that must all hold asks what as many CHECKs of one each ask.
 * @param were all rules of the same table or domain, as PostgreSQL writes them
 */
export function isNoStricterThanAll(is: string, were: readonly string[]): boolean {
  if (were.some((was) => isNoStricter(is, was))) return true;
  const own = conditionsOf(is);
  const known = were.flatMap(conditionsOf);
  return own.length > 0 && own.every((one) => known.some((was) => isNoStricter(one, was)));
}

/** The conditions of a CHECK that must all hold, each as a CHECK of its own; nothing of another rule. */
function conditionsOf(definition: string): string[] {
  const inside = /^CHECK \((.*)\)(?: NOT VALID)?$/s.exec(definition)?.[1];
  return inside === undefined ? [] : joined(inside).map((one) => `CHECK (${one})`);
}

/** Takes an expression apart where AND joins it, as PostgreSQL writes it: all that is joined stands in one pair of brackets, each part in its own. */
function joined(expression: string): string[] {
  const inside = /^\((.*)\)$/s.exec(expression)?.[1];
  if (inside === undefined) return [expression];
  const parts: string[] = [];
  let [from, depth] = [0, 0];
  for (const { kind, start, end } of tokenize(inside)) {
    const word = inside.slice(start, end);
    if (kind === "punctuation") depth += "([".includes(word) ? 1 : ")]".includes(word) ? -1 : 0;
    // The brackets at either end are not of one pair.
    if (depth < 0) return [expression];
    if (kind !== "word" || depth > 0 || word !== "AND") continue;
    parts.push(inside.slice(from, start).trim());
    from = end;
  }
  return parts.length === 0 ? [expression] : [...parts, inside.slice(from).trim()].flatMap(joined);
}

const DELAY = / DEFERRABLE(?: INITIALLY DEFERRED)?$/;

/** Gives what of a definition has a say in which rows are refused, and whether that is asked at the end of the transaction. */
function refusalOf(definition: string): { readonly rule: string; readonly isDelayed: boolean } {
  const valid = definition.replace(/ NOT VALID$/, "");
  const rule = valid.replace(DELAY, "");
  return {
    rule: rule.startsWith("FOREIGN KEY ")
      ? rule.replace(
          / ON (?:UPDATE|DELETE) (?:NO ACTION|RESTRICT|CASCADE|SET NULL|SET DEFAULT)(?: \([^)]*\))?/g,
          "",
        )
      : rule,
    isDelayed: valid !== rule,
  };
}

/** Finds the one list of values in a CHECK, `= ANY (ARRAY['a'::text, …])`, and what stands around it; null where there is none, or more. */
function choiceIn(rule: string): { readonly around: string; readonly values: readonly string[] } | null {
  const lists = [...rule.matchAll(/ = ANY \(\(?ARRAY\[/g)];
  const [list] = lists;
  if (list === undefined || lists.length > 1) return null;
  const start = list.index + list[0].length;
  const inside = rule.slice(start);
  const values: string[] = [];
  let [from, depth] = [0, 0];
  for (const { kind, start: first, end } of tokenize(inside)) {
    if (kind !== "punctuation") continue;
    const mark = inside.slice(first, end);
    if (mark === "(" || mark === "[") depth++;
    else if (mark === ")" || (mark === "]" && depth > 0)) depth--;
    else if (depth === 0 && (mark === "," || mark === "]")) {
      values.push(inside.slice(from, first).trim());
      from = end;
      if (mark === "]") break;
    }
  }
  const [before, after] = [rule.slice(0, list.index), inside.slice(from)];
  return MAY_REVERSE.test(`${before} ${after}`) ? null : { around: `${before}…${after}`, values };
}

/** What may make a rule stricter with each value that a list in it has more. */
const MAY_REVERSE = /\b(?:not|is|case|false)\b|<>|!|[<>]|\) = | = \(/i;
