import type { Choice, ChoiceItem, Decided, Deciding, Piece } from "../../model/sql.ts";
import { tokenize } from "../../sql/lexer.ts";
import type { Cut, Cutting, Leaf, List, Stretch } from "./cutting.ts";

/** A variant's text, and where each of its places stands in the whole. */
export interface WrittenVariant {
  /** Parameters as in the whole. */
  readonly before: string;
  /** Parameters numbered in the order in which they stand. */
  readonly text: string;
  /** The number that each has in the whole. */
  readonly params: readonly number[];
  /** Maps an offset in `text` to the whole's. */
  toWhole(offset: number): number;
}

/** Parameters that are to be written with their type, by their numbers. */
export type Casts = ReadonlyMap<number, string>;

/** A run of text that stands in the whole at `at`, or null for what stands nowhere. */
interface Segment {
  readonly text: string;
  readonly at: number | null;
}

/** The statement for the parameters that are given; null where it cannot be sent, as nothing is left of SET. */
export function writeVariant(
  cutting: Cutting,
  given: ReadonlySet<number>,
  casts: Casts = new Map(),
  inserts: readonly Insert[] = [],
): WrittenVariant | null {
  const { text } = cutting.words;
  const shown: Shown = (stretch) =>
    withTests(cutting, stretch).map((one) =>
      typeof one === "number" ? { text: String(given.has(one)), at: null } : segment(text, one),
    );
  const segments: Segment[] = [];
  let at = 0;
  for (const cut of inPlace(cutting.cuts, inserts)) {
    if ("text" in cut) {
      segments.push(...shown({ start: at, end: cut.start }), { text: cut.text, at: null });
      at = cut.end;
      continue;
    }
    segments.push(...shown({ start: at, end: cut.open.start }));
    const kept = keptOf(shown, cut, given);
    if (Array.isArray(kept)) segments.push(...kept);
    else if (cut.none === null) return null;
    else segments.push({ text: cut.none, at: null });
    at = cut.close.end;
  }
  segments.push(...shown({ start: at, end: text.length }));
  return numbered(segments, casts);
}

/** Tells whether something is kept that nothing can leave out. */
export function keepsSomething(part: List): boolean {
  const isFixed = (one: Leaf | List): boolean => {
    if (one.kind === "leaf") return one.needs.size === 0 && one.tests === null;
    const parts = one.items.map((item) => item.part);
    // An OR of which an arm is a test holds for every row where that is not given.
    if (one.any && parts.some((arm) => arm.kind === "leaf" && arm.tests !== null)) return false;
    return parts.some(isFixed);
  };
  return isFixed(part);
}

/** A text in place of a stretch, or between two. */
export interface Insert extends Stretch {
  readonly text: string;
}

/** A piece in place of a stretch, or between two. */
export interface InsertedPiece extends Stretch {
  readonly piece: Piece;
}

/** Cuts and what is put in, as they follow one another; what is put in comes first. */
function inPlace<I extends Stretch>(cuts: readonly Cut[], inserts: readonly I[]): (Cut | I)[] {
  const startOf = (one: Cut | I): number => ("clause" in one ? one.open.start : one.start);
  return [...inserts, ...cuts].sort((a, b) => startOf(a) - startOf(b));
}

/** Gives what stands in a stretch. */
type Shown = (stretch: Stretch) => Segment[];

function segment(text: string, { start, end }: Stretch): Segment {
  return { text: text.slice(start, end), at: start };
}

/** A stretch as the runs between the tests that are decided before, and these by their ids. */
function withTests({ places }: Cutting, { start, end }: Stretch): (Stretch | number)[] {
  const parts: (Stretch | number)[] = [];
  let at = start;
  for (const place of places) {
    if (place.start < start || place.end > end) continue;
    parts.push({ start: at, end: place.start });
    if (place.id !== null) parts.push(place.id);
    at = place.end;
  }
  return [...parts, { start: at, end }];
}

/** Gives what is kept of a part; true where it holds whatever the row, false where it is left out. */
function keptOf(shown: Shown, part: Leaf | List, given: ReadonlySet<number>): Segment[] | boolean {
  if (part.kind === "leaf") {
    if (part.tests !== null) return !given.has(part.tests);
    return [...part.needs].every((number) => given.has(number)) ? shown(part) : false;
  }
  const kept: Segment[] = [];
  let holds = false;
  for (const item of part.items) {
    const one = keptOf(shown, item.part, given);
    if (one === true) {
      if (part.any) return true;
      holds = true;
    } else if (one !== false) kept.push(...(kept.length > 0 ? shown(item.lead) : []), ...one);
  }
  if (kept.length === 0) return holds;
  return [...shown(part.open), ...kept, ...shown(part.close)];
}

function numbered(segments: readonly Segment[], casts: Casts): WrittenVariant {
  const before = segments.map(({ text }) => text).join("");
  const params: number[] = [];
  const moved: { readonly at: number; readonly by: number }[] = [];
  let text = "";
  let end = 0;
  for (const token of tokenize(before)) {
    if (token.kind !== "param") continue;
    const number = Number(before.slice(token.start + 1, token.end));
    if (!params.includes(number)) params.push(number);
    text += before.slice(end, token.start) + parameter(params.indexOf(number) + 1, casts.get(number));
    end = token.end;
    moved.push({ at: text.length, by: text.length - end });
  }
  text += before.slice(end);
  const starts: { readonly at: number; readonly whole: number | null }[] = [];
  let length = 0;
  for (const { text: one, at } of segments) {
    if (one !== "") starts.push({ at: length, whole: at });
    length += one.length;
  }
  return {
    before,
    text,
    params,
    toWhole(offset) {
      const by = moved.findLast(({ at }) => at <= offset)?.by ?? 0;
      const place = Math.max(0, offset - by);
      const start = starts.findLast(({ at, whole }) => at <= place && whole !== null);
      return start === undefined ? 0 : start.whole! + place - start.at;
    },
  };
}

/** A text with its parameters numbered in the order in which they stand. */
export function renumbered(text: string): string {
  return numbered([{ text, at: null }], new Map()).text;
}

function parameter(number: number, cast: string | undefined): string {
  return cast === undefined ? `$${number}` : `($${number}::${cast})`;
}

/** The pieces that generated code joins in the same way. */
export function piecesOf(
  cutting: Cutting,
  deciding: readonly (Deciding & { readonly id: number })[],
  casts: Casts,
  inserts: readonly InsertedPiece[] = [],
): Piece[] {
  const { text } = cutting.words;
  const shown = (stretch: Stretch): string => withCasts(text.slice(stretch.start, stretch.end), casts);
  const bit = (id: number): number => 1 << deciding.findIndex((one) => one.id === id);
  const tested = (stretch: Stretch): (string | Decided)[] =>
    withTests(cutting, stretch)
      .map((one) => (typeof one === "number" ? { holds: bit(one) } : shown(one)))
      .filter((one) => one !== "");
  const item = (lead: Stretch, part: Leaf | List): ChoiceItem => ({
    lead: shown(lead),
    needs: part.kind === "leaf" ? [...part.needs].reduce((bits, number) => bits | bit(number), 0) : 0,
    tests: part.kind === "leaf" && part.tests !== null ? bit(part.tests) : 0,
    pieces: part.kind === "leaf" ? tested(part) : [choice(part)],
  });
  const choice = (list: List): Choice => ({
    open: shown(list.open),
    items: list.items.map(({ lead, part }) => item(lead, part)),
    close: shown(list.close),
    any: list.any,
    none: list.none,
  });
  const pieces: Piece[] = [];
  let at = 0;
  for (const cut of inPlace(cutting.cuts, inserts)) {
    if ("piece" in cut) {
      pieces.push(...tested({ start: at, end: cut.start }), cut.piece);
      at = cut.end;
      continue;
    }
    pieces.push(...tested({ start: at, end: cut.open.start }), choice(cut));
    at = cut.close.end;
  }
  return [...pieces, ...tested({ start: at, end: text.length })];
}

export function withCasts(text: string, casts: Casts): string {
  if (casts.size === 0) return text;
  let out = "";
  let at = 0;
  for (const token of tokenize(text)) {
    const number = token.kind === "param" ? Number(text.slice(token.start + 1, token.end)) : 0;
    const cast = casts.get(number);
    if (cast === undefined) continue;
    out += text.slice(at, token.start) + parameter(number, cast);
    at = token.end;
  }
  return out + text.slice(at);
}
