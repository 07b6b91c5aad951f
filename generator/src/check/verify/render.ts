import { styleText } from "node:util";
import type { Order } from "../../config/options/roll-out-orders.ts";
import { escapeHtml } from "../../diagnostics/formats/markdown.ts";
import { planMarkdown } from "./plan/render.ts";
import { sentence, type Verdict } from "./verify.ts";

const WHAT: Readonly<Record<Order, (verdict: Verdict) => string>> = {
  "migrate-first": ({ deployed }) => `migrate first: ${queries(deployed, "deployed")} on the new schema`,
  "deploy-first": ({ next }) => `deploy first: ${queries(next, "new")} on the deployed schema`,
};

const queries = (count: number, kind: string): string =>
  `${count} ${kind} ${count === 1 ? "query" : "queries"}`;

/** For people: the verdict, and for each order whether and where it breaks. */
export function renderVerdict(verdict: Verdict, color: boolean): string {
  const paint = (style: "green" | "red" | "bold", text: string): string =>
    color ? styleText(style, text) : text;
  const { refused } = verdict;
  const own =
    refused === 0
      ? ""
      : `  ${paint("red", "✘")} the new version on the new schema: ${refused} ${refused === 1 ? "query does" : "queries do"} not work\n`;
  const head = `${paint("bold", sentence(verdict))}\n${own}`;
  if (!verdict.schemaChanged) return head;
  const orders = (["migrate-first", "deploy-first"] as const).map((order) => {
    const breaks = verdict.findings.filter((f) => f.order === order && f.effect === "breaks");
    const names = new Set(breaks.map(({ query }) => query));
    const broken = names.size;
    // Queries, as those that break: of what breaks nobody has to look whether it does.
    const may = new Set(
      verdict.findings.flatMap((f) =>
        f.order === order && f.effect === "may" && !names.has(f.query) ? [f.query] : [],
      ),
    ).size;
    const mark = breaks.length === 0 ? paint("green", "✔") : paint("red", "✘");
    const outcome = breaks.length === 0 ? "nothing breaks" : `${broken} ${broken === 1 ? "breaks" : "break"}`;
    const care = may === 0 ? "" : `, ${may} to look at`;
    return `  ${mark} ${WHAT[order](verdict)}: ${outcome}${care}\n`;
  });
  return `${head}${orders.join("")}`;
}

/** For a comment: the verdict, and the steps where they are planned. */
export function verdictMarkdown(verdict: Verdict): string {
  const sign = verdict.safe.length === 0 ? "❌" : "✅";
  const plans = verdict.plans.map((plan) => planMarkdown(plan, escapeHtml));
  return `### ${sign} Roll-out: ${escapeHtml(sentence(verdict))}\n\n${plans.join("")}`;
}
