import type { Order } from "../../config/options/roll-out-orders.ts";
import type { Query } from "../../model/query.ts";
import type { Causes } from "./causes.ts";
import type { Outcome, Tried } from "./cross.ts";
import type { Difference, DifferenceCode } from "./difference.ts";
import { differences } from "./differences.ts";
import type { VerifyFinding } from "./findings.ts";
import { pageDifferences } from "./pages.ts";
import { typeDifference } from "./seen.ts";
import { shownDifferences } from "./shown.ts";
import type { Crossed, CrossedSides } from "./trial/both.ts";

/**
 * Gives what each query that was tried meets in each order.
 * @param next all queries of the new version
 * @param causes null where nobody asks for the reasons
 */
export function findingsOf(
  crossed: CrossedSides,
  next: readonly Query[],
  causes: Causes | null,
): VerifyFinding[] {
  const places = new Map(next.map((query) => [query.name, query.span]));
  const before = new Map(crossed.deployed.map((one) => [one.query.name, one]));
  const entry = (
    order: Order,
    version: VerifyFinding["version"],
    query: Query,
    difference: Difference,
  ): VerifyFinding => ({
    ...difference,
    order,
    version,
    query: query.name,
    span: places.get(query.name) ?? null,
    deployedAt: version === "deployed" ? `${query.span.file}:${query.line}` : null,
    cause: causes?.of(difference, query) ?? null,
  });
  // PostgreSQL stops at the first thing that is not there.
  const withMissing = (difference: Difference, { other }: Crossed, query: Query, on: "base" | "head") => [
    difference,
    ...("problem" in other && causes !== null ? causes.missingBeside(difference, query, on) : []),
  ];
  const first = crossed.deployed.flatMap(({ query, crossed: one }) =>
    found(one, crossed.old, crossed.now)
      .flatMap((difference) => withMissing(difference, one, query, "head"))
      .map((difference) => entry("migrate-first", "deployed", query, difference)),
  );
  const broken = new Set(first.filter(({ effect }) => effect === "breaks").map(({ query }) => query));
  return [
    ...first,
    ...crossed.next.flatMap(({ query, crossed: one }) => {
      const was = before.get(query.name);
      const own = brokenAtHome(one, was?.crossed);
      // What the deployed version meets there too is told of it.
      const atHome = broken.has(query.name)
        ? []
        : own.map((difference) => entry("migrate-first", "new", query, difference));
      const behind = [
        ...own,
        ...(own.length > 0 ? [] : lostOnTheWay(query, was?.query, crossed.now, crossed.old, first)),
      ].map((difference) => entry("deploy-first", "new", query, difference));
      if (behind.some(({ effect }) => effect === "breaks")) return [...atHome, ...behind];
      const isDeployed = was !== undefined && isSameCall(query, crossed.now, was.query, crossed.old);
      const ahead = found(one, crossed.now, crossed.old)
        // That it runs as it does on the deployed schema is how things are.
        .filter(
          ({ effect, code, isLimit }) =>
            !isDeployed || (effect === "breaks" && isLimit !== true) || code === "verify-enum",
        )
        .flatMap((difference) => withMissing(difference, one, query, "base"))
        .map((difference) => entry("deploy-first", "new", query, difference));
      return [...(broken.has(query.name) ? behind : atHome), ...ahead];
    }),
  ];
}

/** Tells whether the client sends the same text with arguments of the same types, however their columns are called in the schemas. */
function isSameCall(next: Query, now: Tried, deployed: Query, old: Tried): boolean {
  return (
    next.sql.text === deployed.sql.text &&
    JSON.stringify(next.sql.pieces) === JSON.stringify(deployed.sql.pieces) &&
    next.params.every((param, i) => {
      const other = deployed.params[i];
      return other !== undefined && typeDifference(param.type, now.catalog, other.type, old.catalog) === null;
    })
  );
}

/** A query that does not even work on its own schema, and whose predecessor did. */
function brokenAtHome(next: Crossed, deployed: Crossed | undefined): Difference[] {
  const [own, was] = [saidAtHome(next), deployed === undefined ? null : saidAtHome(deployed)];
  if (own === null || was !== null) return [];
  return [
    {
      code: own.code,
      effect: own.isSure ? "breaks" : "may",
      message: own.isSure
        ? `not even on the new schema does it work: ${own.message}`
        : `not even on the new schema did anything go well that was tried: ${own.message}`,
      ...(own.within && { within: own.within }),
      ...(own.object !== undefined && { object: own.object }),
      isAtHome: true,
    },
  ];
}

/** Gives what a new version that sends the same as the deployed one is refused on the new schema, as that one is. */
function lostOnTheWay(
  next: Query,
  was: Query | undefined,
  now: Tried,
  old: Tried,
  found: readonly VerifyFinding[],
): Difference[] {
  if (was === undefined || !isSameCall(next, now, was, old)) return [];
  return found
    .filter(
      ({ query, code, effect }) =>
        query === next.name &&
        (code === "verify-privilege" || code === "verify-broken") &&
        effect === "breaks",
    )
    .map(({ code, effect, message, about, within }) => ({
      code,
      effect,
      message: `not even on the new schema does it work: ${message}`,
      ...(about !== undefined && { about }),
      ...(within && { within }),
      isAtHome: true,
    }));
}

/** Gives what is said against a query on its own schema. */
function saidAtHome({ own, refusedAtHome, forbidden, isForbiddenForSure = false }: Crossed): {
  code: DifferenceCode;
  message: string;
  isSure: boolean;
  within?: readonly string[];
  object?: string;
} | null {
  if ("problem" in own) {
    const { problem: message, object } = own;
    return { code: "verify-broken", message, isSure: true, ...(object !== undefined && { object }) };
  }
  if (refusedAtHome !== null) return { code: "verify-broken", ...refusedAtHome };
  if (forbidden === null) return null;
  return { code: "verify-privilege", message: forbidden, isSure: isForbiddenForSure };
}

/** Tells how a query fares on the schema that it meets, against the one that its client was generated on. */
export function found(crossed: Crossed, on: Tried, meets: Tried): Difference[] {
  const { own, other, trial } = crossed;
  const known = foundByAnalysis(own, on, other, meets);
  if ("problem" in own || "problem" in other) return known;
  // Of an enum whose labels the client reads, that is told.
  const told = new Set(known.flatMap(({ labels }) => labels?.enums ?? []));
  const concerns = crossed.concerns.filter(({ object }) => object === undefined || !told.has(object));
  return [...shownDifferences(known, trial), ...concerns, ...untried(crossed)];
}

/** The same, without executing anything. */
export function foundByAnalysis(own: Outcome, on: Tried, other: Outcome, meets: Tried): Difference[] {
  if ("problem" in own) {
    // Not this change's doing; but nothing can be said of it either.
    const message = `not even on the schema that it was written for does it work: ${own.problem}`;
    return [{ code: "verify-untried", effect: "may", message }];
  }
  if ("problem" in other) {
    const { problem, object } = other;
    return [
      { code: "verify-broken", effect: "breaks", message: problem, ...(object !== undefined && { object }) },
    ];
  }
  return [
    ...differences(own.query, on, other.query, meets),
    ...(own.pages && other.pages ? pageDifferences(own.pages, on, other.pages, meets) : []),
  ];
}

function untried({ trial, isTouched }: Crossed): Difference[] {
  if (trial === null || trial.isTried || !isTouched || trial.hindrance === null) return [];
  const message = `it could not be tried ${trial.hindrance}`;
  return [{ code: "verify-untried", effect: "may", message }];
}
