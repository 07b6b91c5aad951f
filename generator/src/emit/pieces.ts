import type { Choice, ChoiceItem, Decided, Piece } from "../model/sql.ts";
import { tokenize } from "../sql/lexer.ts";
import { stringLiteral } from "./names.ts";

/** The pieces of a statement as an array literal, parameters by their places among the values. */
export function piecesLiteral(pieces: readonly Piece[]): string {
  const lines = parts(pieces).map(
    (part) => `  ${"text" in part ? stringLiteral(part.text) : part.code.replaceAll("\n", "\n  ")},\n`,
  );
  return `[\n${lines.join("")}]`;
}

/** A text that is always there, a parameter, or the code of what is there in some calls only. */
type Part = { readonly text: string } | { readonly code: string };

function parts(pieces: readonly Piece[]): Part[] {
  return merged(
    pieces.flatMap((piece): Part[] => {
      if (typeof piece === "string") return textParts(piece);
      if ("items" in piece) return choiceParts(piece);
      if ("holds" in piece) return [{ code: decidedCode(piece) }];
      const lines =
        "orders" in piece
          ? piece.orders.map((text) => listCode(text))
          : Object.entries(piece.behind).map(([way, text]) => `${JSON.stringify(way)}: ${listCode(text)}`);
      const [open, close] = "orders" in piece ? ["orders: [", "]"] : ["behind: {", "}"];
      return [{ code: `{\n  ${open}\n${lines.map((line) => `    ${line},\n`).join("")}  ${close},\n}` }];
    }),
  );
}

/** Texts that stand behind one another are one. */
function merged(all: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of all) {
    const last = result.at(-1);
    if (last && "text" in last && "text" in part) result.splice(-1, 1, { text: last.text + part.text });
    else if (!("text" in part) || part.text !== "") result.push(part);
  }
  return result;
}

function textParts(text: string): Part[] {
  const result: Part[] = [];
  let at = 0;
  for (const { kind, start, end } of tokenize(text)) {
    if (kind !== "param") continue;
    result.push({ text: text.slice(at, start) }, { code: String(Number(text.slice(start + 1, end)) - 1) });
    at = end;
  }
  return [...result, { text: text.slice(at) }];
}

/** Finds where something is always kept in front, each of the others is there or not by itself. */
function choiceParts(choice: Choice): Part[] {
  const [first, ...others] = choice.items;
  if (others.length === 0 && choice.none === "") {
    const one = first === undefined ? [] : alone(first, choice.open, choice.close);
    if (one.length > 0) return one;
  }
  if (first === undefined || !isText(first) || (choice.any && choice.items.some(mayHold)))
    return choice.none === "" && testedBit(choice) !== 0
      ? whenTested(choice, "")
      : [{ code: choiceCode(choice) }];
  return [
    ...textParts(choice.open),
    ...textParts(textOf(first)),
    ...others.flatMap((item) => behind(item)),
    ...textParts(choice.close),
  ];
}

/** The one item of a list, which goes with what stands around it; nothing where it is more than that. */
function alone({ needs, pieces }: ChoiceItem, open: string, close: string): Part[] {
  const [piece] = pieces;
  if (needs !== 0) return when(needs, open, ...pieces, close);
  return piece !== undefined && isChoice(piece) && testedBit(piece) !== 0
    ? whenTested({ ...piece, close: piece.close + close }, open)
    : [];
}

/** The bit of the one parameter that decides about it as a whole; 0 where more does. */
function testedBit({ any, items }: Choice): number {
  const tests = items.filter((item) => item.tests !== 0);
  const isPlain = items.every((item) => item.tests !== 0 || isText(item));
  return any && isPlain && tests.length === 1 && items.length > 1 ? tests[0]!.tests : 0;
}

function whenTested(choice: Choice, lead: string): Part[] {
  const others = choice.items.filter(({ tests }) => tests === 0);
  const texts = others.map((item, i) => (i === 0 ? "" : item.lead) + textOf(item));
  return when(testedBit(choice), lead, choice.open, ...texts, choice.close);
}

function when(bits: number, ...of: readonly Piece[]): Part[] {
  return [{ code: `{ when: ${bits}, of: [${listed(of)}] }` }];
}

/** Gives what stands behind something that is always kept. */
function behind({ lead, needs, pieces }: ChoiceItem): Part[] {
  const [piece] = pieces;
  if (needs !== 0) return when(needs, lead, ...pieces);
  if (piece === undefined || !isChoice(piece)) return [...textParts(lead), ...parts(pieces)];
  if (testedBit(piece) !== 0) return whenTested(piece, lead);
  const inner = choiceParts(piece);
  // What is always there keeps its place.
  if (inner.length > 1 || (inner[0] && "text" in inner[0])) return [...textParts(lead), ...inner];
  return [{ code: choiceCode({ ...piece, open: lead + piece.open, none: "" }) }];
}

function isText({ needs, tests, pieces }: ChoiceItem): boolean {
  return needs === 0 && tests === 0 && pieces.every((piece) => typeof piece === "string");
}

/** Tells whether a parameter that is null can make it hold. */
function mayHold({ tests, pieces }: ChoiceItem): boolean {
  return tests !== 0 || pieces.some((piece) => isChoice(piece) && piece.items.some(mayHold));
}

function textOf({ pieces }: ChoiceItem): string {
  return pieces.filter((piece) => typeof piece === "string").join("");
}

function choiceCode({ any, open, items, close, none }: Choice): string {
  const item = ({ lead, needs, tests, pieces }: ChoiceItem): string => {
    const when = needs === 0 ? "" : ` when: ${needs},`;
    if (tests !== 0) return `{ lead: ${listCode(lead)}, isNull: ${tests}, of: [] }`;
    const of = pieces.map((piece) => (isChoice(piece) ? choiceCode(piece) : listed([piece])));
    return `{ lead: ${listCode(lead)},${when} of: [${of.join(", ")}] }`;
  };
  const lines = [
    ...(any ? ["any: true"] : []),
    `open: ${listCode(open)}`,
    `items: [\n${items.map((one) => `  ${item(one).replaceAll("\n", "\n  ")},\n`).join("")}]`,
    `close: ${listCode(close)}`,
    `none: ${none === null ? "null" : JSON.stringify(none)}`,
  ];
  return `{\n${lines.map((line) => `  ${line},\n`.replace(/\n(?=.)/g, "\n  ")).join("")}}`;
}

function listCode(text: string): string {
  return `[${listed([text])}]`;
}

function listed(pieces: readonly Piece[]): string {
  return parts(pieces).map(codeOf).join(", ");
}

function isChoice(piece: Piece): piece is Choice {
  return typeof piece !== "string" && "items" in piece;
}

function decidedCode({ holds }: Decided): string {
  return `{ holds: ${holds} }`;
}

/** Short pieces stand beside others: their line breaks are written as such. */
function codeOf(part: Part): string {
  return "text" in part ? JSON.stringify(part.text) : part.code;
}
