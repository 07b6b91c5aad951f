import { escapeHtml } from "../../diagnostics/formats/markdown.ts";
import { type Execution, type HeldLock, LOOKS_EVERY, type QueryOutcome, type Rehearsal } from "./model.ts";

const WIDTH = 960;
const LEFT = 230;
const RIGHT = 20;
const LANE = 22;
const HEAD = 58;

/** Locks from the one that lets everybody work to the one that lets nobody. */
const STRENGTH: readonly (readonly [mode: string, color: string, blocks: string])[] = [
  ["AccessShareLock", "#9ccc65", "nobody"],
  ["RowShareLock", "#9ccc65", "nobody"],
  ["RowExclusiveLock", "#9ccc65", "nobody"],
  ["ShareUpdateExclusiveLock", "#ffd54f", "other migrations"],
  ["ShareLock", "#fb8c00", "writers"],
  ["ShareRowExclusiveLock", "#fb8c00", "writers"],
  ["ExclusiveLock", "#f4511e", "writers"],
  ["AccessExclusiveLock", "#c62828", "everybody"],
];

const strengthOf = (mode: string): number => STRENGTH.findIndex(([name]) => name === mode);

/** `AccessExclusiveLock` as SQL writes it. */
export const inWords = (mode: string): string =>
  mode
    .replace(/Lock$/, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();

/** Whom a lock keeps from working. */
export const keepsOff = (mode: string): string => STRENGTH[strengthOf(mode)]?.[2] ?? "somebody";

/** The locks that keep somebody from working, the strongest of each relation first in time. */
export const telling = (locks: readonly HeldLock[]): HeldLock[] =>
  locks.filter(({ mode }) => strengthOf(mode) >= 3).sort((a, b) => a.from - b.from);

interface Lane {
  readonly label: string;
  readonly bars: readonly string[];
}

/** A timeline as SVG: what the migration did, the locks that it held, and what the queries met meanwhile. */
export function picture(rehearsal: Rehearsal): string {
  const { duration, began, ended, statements, executions, queries } = rehearsal;
  const x = (time: number): number => LEFT + (time / Math.max(duration, 1)) * (WIDTH - LEFT - RIGHT);
  const bar = (from: number, to: number, color: string, title: string, thin = false): string => {
    const width = Math.max(x(to) - x(from), 1);
    const [top, height] = thin ? [5, LANE - 10] : [3, LANE - 6];
    return `<rect x="${round(x(from))}" y="${top}" width="${round(width)}" height="${height}" fill="${color}"><title>${escapeHtml(title)}</title></rect>`;
  };
  const ran: Lane[] = statements.map(({ sql, from, to, error, locksSeen }) => ({
    label: short(sql),
    bars: [
      bar(
        from,
        to,
        error === null ? "#1565c0" : "#c62828",
        `${sql}\n${spent(from, to)}${error === null ? "" : `\n${error}`}${locksSeen === "all" ? "" : `\n${NOT_ALL_SEEN}`}`,
      ),
    ],
  }));
  const held = telling(rehearsal.locks);
  const relations = [...new Set(held.map(({ relation }) => relation))];
  const locked = relations.map(
    (relation): Lane => ({
      label: relation,
      bars: held
        .filter((lock) => lock.relation === relation)
        .sort((a, b) => strengthOf(a.mode) - strengthOf(b.mode))
        .map(({ mode, granted, from, to }) =>
          bar(
            from,
            to,
            granted ? (STRENGTH[strengthOf(mode)]?.[1] ?? "#888") : "#bdbdbd",
            `${granted ? "holds" : "waits for"} ${inWords(mode)}, which keeps off ${keepsOff(mode)}: ${spent(from, to)}`,
            !granted,
          ),
        ),
    }),
  );
  const asked = queries.map(
    ({ name }): Lane => ({
      label: name,
      bars: executions
        .filter(({ query }) => query === name)
        .sort((a, b) => rank(a) - rank(b))
        .map((one) =>
          bar(
            one.from,
            one.to,
            COLORS[rank(one)]!,
            `${name}: ${spent(one.from, one.to)}${WAITS[one.waitedFor ?? "nothing"](seconds(one.blocked))}${one.error === null ? "" : `, ${one.error}`}`,
            true,
          ),
        ),
    }),
  );
  const groups: readonly (readonly [string, readonly Lane[]])[] = [
    ["the migration", ran],
    ["locks that it held on", locked],
    ["the deployed queries", asked],
  ];
  let y = HEAD;
  const body: string[] = [];
  for (const [title, lanes] of groups) {
    if (lanes.length === 0) continue;
    body.push(`<text x="8" y="${y + 15}" class="group">${title}</text>`);
    y += LANE;
    for (const { label, bars } of lanes) {
      body.push(
        `<g transform="translate(0 ${y})"><text x="${LEFT - 8}" y="15" text-anchor="end"><title>${escapeHtml(label)}</title>${escapeHtml(cut(label, 34))}</text><line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${LANE}" y2="${LANE}" class="rule"/>${bars.join("")}</g>`,
      );
      y += LANE;
    }
    y += 8;
  }
  const ticks = ticksOf(duration).map(
    (time) =>
      `<line x1="${round(x(time))}" x2="${round(x(time))}" y1="${HEAD - 6}" y2="${y}" class="tick"/><text x="${round(x(time))}" y="${HEAD - 10}" text-anchor="middle" class="time">${seconds(time)}</text>`,
  );
  let left = 8;
  const legend = LEGEND.map(([color, text]) => {
    const at = left;
    left += 31 + text.length * 6.3;
    return `<g transform="translate(${round(at)} ${y + 8})"><rect width="12" height="12" fill="${color}"/><text x="17" y="11">${text}</text></g>`;
  });
  const height = y + 32;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="A migration while the deployed queries run">
<style>text { font: 12px system-ui, sans-serif; fill: #222 } .group { font-weight: 600 } .time { fill: #666 } .rule { stroke: #eee } .tick { stroke: #ddd } .while { fill: #1565c0; opacity: 0.08 }</style>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="8" y="20" class="group">${escapeHtml(headline(rehearsal))}</text>
${ticks.join("\n")}
<rect x="${round(x(began))}" y="${HEAD}" width="${round(Math.max(x(ended) - x(began), 1))}" height="${y - HEAD}" class="while"/>
${body.join("\n")}
${legend.join("\n")}
</svg>
`;
}

/** The picture as a page of its own. */
export const page = (rehearsal: Rehearsal): string =>
  `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(headline(rehearsal))}</title>\n${picture(rehearsal)}`;

const COLORS = ["#90a4ae", "#ffcc80", "#fb8c00", "#c62828"] as const;
const LEGEND = [
  ["#90a4ae", "a query"],
  ["#ffcc80", "no connection free"],
  ["#fb8c00", "a lock, or writers"],
  ["#c62828", "failed, or everybody"],
  ["#ffd54f", "other migrations"],
  ["#bdbdbd", "waits for the lock"],
  ["#1565c0", "a statement"],
] as const;

/** Ranks executions from what went on as ever to what failed, which has to be seen first. */
export const rank = ({ waitedFor, error }: Pick<Execution, "waitedFor" | "error">): 0 | 1 | 2 | 3 =>
  error !== null ? 3 : waitedFor === "lock" ? 2 : waitedFor === "connection" ? 1 : 0;

const WAITS = {
  nothing: () => "",
  lock: (time) => `, waited for a lock for ${time}`,
  connection: (time) => `, found no connection free for ${time}`,
} as const satisfies Readonly<Record<string, (time: string) => string>>;

/** Says how many waited for what: `5 waited for a lock and 7 for a free connection`. */
export function waitedInWords({
  blockedRuns,
  withoutConnection,
}: Pick<QueryOutcome, "blockedRuns" | "withoutConnection">): string {
  const locked = blockedRuns - withoutConnection;
  if (withoutConnection === 0) return `${locked} waited for a lock`;
  if (locked === 0) return `${withoutConnection} waited for a free connection`;
  return `${locked} waited for a lock and ${withoutConnection} for a free connection`;
}

/** Says in one line what came of it. */
export function headline({ queries, began, ended, statements }: Rehearsal): string {
  const sum = (of: (one: Rehearsal["queries"][number]) => number): number =>
    queries.reduce((all, one) => all + of(one), 0);
  const longest = Math.max(0, ...queries.map(({ blockedLongest }) => blockedLongest));
  const refused = statements.some(({ error }) => error !== null) ? ", and was refused" : "";
  const blockedRuns = sum((one) => one.blockedRuns);
  const withoutConnection = sum((one) => one.withoutConnection);
  const waited =
    blockedRuns === 0
      ? "nothing waited"
      : `${waitedInWords({ blockedRuns, withoutConnection })}, the longest ${seconds(longest)}`;
  const failed = sum((one) => one.failed);
  return `the migration took ${seconds(ended - began)}${refused}; ${waited}; ${failed} failed`;
}

/** A time for people. */
export const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** Said of a statement whose locks were looked at from time to time. */
export const NOT_ALL_SEEN = `locks that it held for less than ${LOOKS_EVERY} ms may be missing`;

const spent = (from: number, to: number): string => seconds(to - from);
const round = (n: number): string => n.toFixed(1).replace(/\.0$/, "");
const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;
/** The beginning of a statement, in one line. */
export const short = (sql: string): string =>
  cut(
    sql
      .replaceAll(/^\s*--[^\n]*\n/gm, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
    60,
  );

function ticksOf(duration: number): number[] {
  const step =
    [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000].find((one) => duration / one <= 10) ??
    300_000;
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
}
