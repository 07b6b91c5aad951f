import type { Query, TablePrivilege } from "../../../model/query.ts";
import type { Constraint } from "../constraints.ts";
import type { Difference, DifferenceCode } from "../difference.ts";
import type { Execution } from "./execute.ts";
import type { TrialRoles } from "./roles.ts";
import type { TrialOf } from "./trial.ts";
import type { Variant } from "./variants.ts";

type Refusal = Extract<Execution, { ok: false }>;

/** What executing a query on both schemas has shown. */
export interface TrialVerdict {
  readonly differences: readonly Difference[];
  /** Whether it went well at home, at least once; where not, what may break elsewhere is not known by trying. */
  readonly isTried: boolean;
  /** Whether something that went well at home, and touched a row, went well on the other schema too. */
  readonly passes: boolean;
  /** The parameters that were NULL in a call that went well on both. */
  readonly nullsTaken: ReadonlySet<number>;
  /** Whether it gave rows, and the same on both. */
  readonly givesSame: boolean;
  /** With what, and why, it could not be tried; null where something went well at home. */
  readonly hindrance: string | null;
}

export interface Judged {
  readonly query: Query;
  readonly variants: readonly Variant[];
  readonly home: TrialOf;
  readonly other: TrialOf;
  /** Of the other schema. */
  readonly constraints: readonly Constraint[];
  readonly roles: TrialRoles;
  /** Whether the tables that it touches hold the same rows on both. */
  readonly sameRows: boolean;
  /** Whether it gives the same values on the same rows, wherever and whenever it is executed, as far as its text says. */
  readonly sameValues: boolean;
}

/** Says what executing it has shown: what is refused on the other schema alone, and what is done otherwise there. */
export function judge(judged: Judged): TrialVerdict {
  const { variants, home, other } = judged;
  const hindrance = home.hindrance ?? other.hindrance;
  if (hindrance !== undefined) return { ...NOT_TRIED, hindrance };
  const tried = variants.flatMap((variant, i) => {
    const [at, there] = [home.executions[i]!, other.executions[i]!];
    return at.ok ? [{ variant, at, there }] : [];
  });
  const well = tried.filter(({ there }) => there.ok);
  const passes = well.some(({ at, there }) => there.ok && (at.count > 0 || there.count > 0));
  const refused = tried.flatMap(({ variant, there }) => (there.ok ? [] : [{ variant, refusal: there }]));
  const first = new Map<string, (typeof refused)[number]>();
  for (const one of refused) if (!first.has(keyOf(one.refusal))) first.set(keyOf(one.refusal), one);
  const isAlways = tried.length > 0 && well.length === 0;
  const differences = [...first.values()].map(({ variant, refusal }) =>
    refusalDifference(judged, variant, refusal, isAlways),
  );
  const behaviour = judged.sameRows
    ? behaviourDifference(home, other, judged.sameValues)
    : { difference: null, givesSame: false };
  const refusal = home.executions.find((one): one is Refusal => !one.ok);
  return {
    differences: [
      ...differences,
      ...copyDifference(home.copy, other.copy),
      ...(behaviour.difference === null ? [] : [behaviour.difference]),
      ...roleDifferences(judged),
    ],
    isTried: tried.length > 0,
    passes,
    nullsTaken: new Set(well.flatMap(({ variant, at }) => (at.count > 0 ? variant.nulls : []))),
    givesSame: behaviour.givesSame,
    hindrance:
      tried.length > 0 || refusal === undefined
        ? null
        : `with sample values, which PostgreSQL refuses on its own schema: ${refusal.message}`,
  };
}

const NOT_TRIED: TrialVerdict = {
  differences: [],
  isTried: false,
  passes: false,
  nullsTaken: new Set(),
  givesSame: false,
  hindrance: null,
};

const keyOf = ({ sqlState, column, constraint, message }: Refusal): string =>
  [sqlState, column, constraint, column || constraint ? "" : message].join("|");

/** It made more intermediate rows than the trial allows (configuration_limit_exceeded). */
const ENDLESS = "53400";

/** Refusals that depend on which values stand where. */
const DATA = /^(23(503|505|514|P01)|P0)/;

function refusalDifference(
  { query, constraints }: Judged,
  variant: Variant,
  refusal: Refusal,
  isAlways: boolean,
): Difference {
  const { sqlState } = refusal;
  const message = `PostgreSQL refuses it: ${refusal.message}${argumentsTold(query, variant)}`;
  const within = refusal.within.length === 0 ? {} : { within: refusal.within };
  if (sqlState === ENDLESS) {
    const told = `on the same data it does not come to an end here${argumentsTold(query, variant)}`;
    return { code: "verify-behaviour", effect: "may", message: told };
  }
  if (!DATA.test(sqlState)) {
    const limit = /^22(001|003)$/.test(sqlState) ? ({ isLimit: true } as const) : {};
    return { code: codeOf(sqlState), effect: "breaks", message, ...about(refusal), ...limit, ...within };
  }
  // No argument has a say in it: whatever the client sends, it is refused.
  const isFixed = isAlways && (query.params.length === 0 || isOutOfReach(query, refusal, constraints));
  return {
    code: "verify-constraint",
    effect: isFixed ? "breaks" : "may",
    message: isAlways && !isFixed ? `${message}, as all that was tried` : message,
    ...about(refusal),
    ...within,
  };
}

const about = ({ constraint, column }: Refusal): Pick<Difference, "about"> =>
  constraint || column ? { about: constraint || column } : {};

function codeOf(sqlState: string): DifferenceCode {
  if (sqlState === "23502") return "verify-missing-value";
  if (sqlState === "42501") return "verify-privilege";
  return sqlState.startsWith("22") ? "verify-parameter" : "verify-broken";
}

/** Tells whether a constraint is about columns alone that the query does not write: defaults and triggers decide. */
function isOutOfReach(
  { privileges }: Query,
  { constraint, table }: Refusal,
  constraints: readonly Constraint[],
): boolean {
  const rule = constraints.find(({ name, table: own }) => name === constraint && own.endsWith(`.${table}`));
  if (rule === undefined || rule.columns.length === 0) return false;
  const written = new Set(
    privileges.flatMap((p) =>
      "table" in p && (p.kind === "insert" || p.kind === "update") ? p.columns : [],
    ),
  );
  return !rule.columns.some((column) => written.has(column));
}

const SHOWN = 40;

function argumentsTold({ params }: Query, { values, sent }: Variant): string {
  if (params.length === 0) return "";
  const told = params.flatMap((param, i) => {
    if (sent && !sent.params.includes(i + 1)) return [];
    const value = values[i] ?? null;
    return value === null ? `${param.name} null` : `${param.name} '${shortened(value)}'`;
  });
  return told.length === 0 ? " (with nothing given)" : ` (with ${told.join(", ")})`;
}

const rows = (n: number): string => `${n} ${n === 1 ? "row" : "rows"}`;

const shortened = (text = ""): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** A different number of rows, or other rows, from the same ones; what differs from one call to the next counts for nothing. */
function behaviourDifference(
  home: TrialOf,
  other: TrialOf,
  comparesValues: boolean,
): { difference: Difference | null; givesSame: boolean } {
  const may = (message: string) => ({
    difference: { code: "verify-behaviour", effect: "may", message } as const,
    givesSame: false,
  });
  let givesSame = false;
  for (const [i, at] of home.executions.entries()) {
    const there = other.executions[i];
    if (!at.ok || !there?.ok) continue;
    if (at.count !== there.count) {
      return may(
        `on the same data it has to do with ${rows(at.count)} on the schema that it was made for, and with ${rows(there.count)} here`,
      );
    }
    const again = home.again[i];
    if (at.rows === null || there.rows === null || !again?.ok) continue;
    if (JSON.stringify(at.rows) !== JSON.stringify(again.rows)) continue;
    if (JSON.stringify(at.rows) === JSON.stringify(there.rows)) givesSame ||= at.rows.length > 0;
    else if (comparesValues) {
      const own = at.rows.find((row, n) => row !== there.rows?.[n]);
      const others = there.rows.find((row, n) => row !== at.rows?.[n]);
      return may(
        `on the same data it gives ${shortened(own)} on the schema that it was made for, and ${shortened(others)} here`,
      );
    }
  }
  return { difference: null, givesSame };
}

function copyDifference(home: Execution | null, other: Execution | null): Difference[] {
  if (home === null || other === null || !home.ok || other.ok) return [];
  return [
    { code: "verify-broken", effect: "breaks", message: `PostgreSQL refuses to copy: ${other.message}` },
  ];
}

/** Gives what roles may do at home and not on the other schema. */
function roleDifferences({ home, other, roles, sameRows }: Judged): Difference[] {
  const outcomes = roles.names.flatMap((role) => {
    const [at, there] = [home.byRole.get(role), other.byRole.get(role)];
    if (at === undefined || there === undefined) return [];
    const told = new Set(other.executions.flatMap((one) => (one.ok ? [] : [one.message])));
    const may = at
      .map((one, i) => ({ at: one, there: there[i]! }))
      .filter((one) => one.at.ok && (one.there.ok || !told.has(one.there.message)));
    if (may.length === 0) return [];
    const refusal = may.map(({ there }) => there).find((there): there is Refusal => !there.ok);
    const count = sameRows
      ? may.find((one) => one.there.ok && one.at.ok && one.there.count !== one.at.count)
      : undefined;
    return [{ role, refusal: refusal ?? null, count }];
  });
  const stillMay = outcomes.some(({ refusal }) => refusal === null);
  return outcomes.flatMap(({ role, refusal, count }): Difference[] => {
    const who = roles.isMadeUp ? "a role that does not own the table" : role;
    if (refusal !== null) {
      // Another role may be the one that runs it; nobody has said which.
      // A setting that is not there may be what the application sets.
      const isSure = NOT_FOR_ROLE.has(refusal.sqlState) && !roles.isMadeUp && (roles.isStated || !stillMay);
      return [
        {
          code: "verify-privilege",
          effect: isSure ? "breaks" : "may",
          message: `as ${who}: ${refusal.message}`,
          about: role,
        },
      ];
    }
    if (count?.at.ok && count.there.ok) {
      const message = `as ${who}, on the same data it has to do with ${rows(count.at.count)} on the schema that it was made for, and with ${rows(count.there.count)} here`;
      return [{ code: "verify-behaviour", effect: "may", message, about: role }];
    }
    return [];
  });
}

/** A refusal of a query on its own schema. */
export interface AtHome {
  readonly message: string;
  /** Whether it is the same with all values and rows. */
  readonly isSure: boolean;
  readonly within: readonly string[];
}

/**
 * Finds where no call goes well at home, and not for the values' sake: the query does not work there.
 * @param constraints of that schema
 */
export function refusedAtHome(
  query: Query,
  executions: readonly Execution[],
  constraints: readonly Constraint[],
): AtHome | null {
  const refusals = executions.filter((one): one is Refusal => !one.ok);
  const [first] = refusals;
  // What touches no row is refused nothing.
  if (first === undefined || executions.some((one) => one.ok && one.count > 0)) return null;
  const isSure =
    refusals.length === executions.length &&
    refusals.every(
      (refusal) =>
        NOT_FOR_VALUES.test(refusal.sqlState) ||
        (refusal.sqlState === "23502" && !isWritten(query, refusal)) ||
        (refusal.sqlState === "23514" && isOutOfReach(query, refusal, constraints)),
    );
  // A NULL that it writes may come from the rows that were tried.
  const isNull = refusals.every(({ sqlState }) => sqlState === "23502");
  return isSure || isNull ? { message: first.message, isSure, within: first.within } : null;
}

/** Tells whether the query may give the column that is refused a value; what a trigger or a view writes is not known here. */
function isWritten({ privileges }: Query, { table, column }: Refusal): boolean {
  const writes = privileges.filter(
    (p): p is TablePrivilege =>
      "table" in p && (p.kind === "insert" || p.kind === "update") && p.table === table,
  );
  return writes.length === 0 || writes.some(({ columns }) => columns.includes(column));
}

/** A right that is missing, or what is not for tables whose row security holds for the role. */
const NOT_FOR_ROLE: ReadonlySet<string> = new Set(["42501", "0A000"]);

/** Undefined or ambiguous things, what is not supported, and objects that are not in a state for it. */
const NOT_FOR_VALUES = /^(42(?!501)|0A|55000)/;
