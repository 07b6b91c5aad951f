import { styleText } from "node:util";
import type { LiveVerdict } from "./live.ts";

/** For people: the server, and how its schema and its word on the queries turned out. */
export function renderLive(live: LiveVerdict, color: boolean): string {
  const paint = (style: "green" | "red" | "bold", text: string): string =>
    color ? styleText(style, text) : text;
  const mark = (isFine: boolean): string => (isFine ? paint("green", "✔") : paint("red", "✘"));
  const analysed = live.version === live.analysed ? "" : ` (analysed by PostgreSQL ${live.analysed})`;
  return [
    `${paint("bold", `live server ${live.server}`)}: PostgreSQL ${live.version}${analysed}\n`,
    `  ${mark(live.differences !== null && live.concerning === 0)} schema, against ${live.against}: ${schemaOutcome(live)}\n`,
    `  ${mark(live.refused === 0)} queries: ${queriesOutcome(live)}\n`,
  ].join("");
}

/** The server in one sentence. */
export function liveSentence(live: LiveVerdict): string {
  return `PostgreSQL ${live.version}: ${schemaOutcome(live)}; ${queriesOutcome(live)}`;
}

function schemaOutcome({ differences, concerning }: LiveVerdict): string {
  if (differences === null) return "could not be compared";
  if (differences === 0) return "no difference";
  const concern =
    concerning === 0 ? "none concerns" : concerning === 1 ? "1 concerns" : `${concerning} concern`;
  return `${differences} ${differences === 1 ? "difference" : "differences"}, ${concern} a query`;
}

function queriesOutcome({ queries, refused }: LiveVerdict): string {
  if (queries === 0) return "there are none";
  return refused === 0 ? `all ${queries} accepted` : `${refused} of ${queries} refused`;
}
