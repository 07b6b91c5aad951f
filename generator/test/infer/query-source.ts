import type { QuerySource } from "../../src/model/source.ts";

/** A query of that text and no more, which begins its file. */
export const source = (text: string): QuerySource => ({
  name: "Q",
  command: ":many",
  span: { file: "query.sql", start: 0, end: 1 },
  line: 1,
  comments: [],
  text,
  params: [],
  embeds: [],
  toFile: (offset) => offset,
});
