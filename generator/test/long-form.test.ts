import { takeSlice } from "./long-form.ts";
import { writtenSince } from "./touched.ts";

describe("a slice of a matrix", () => {
  const rows = [..."aaaaabbc"].map((kind, i) => ({ kind, i }));
  const kindOf = (row: (typeof rows)[number]): string => row.kind;
  const slices = (parts: number) => [0, 1, 2, 3].map((slice) => takeSlice(rows, parts, slice, { kindOf }));

  test("all slices together have every row, in its order", () => {
    const all = new Set(slices(4).flat());
    expect(rows.filter((row) => all.has(row))).toEqual(rows);
    for (const slice of slices(4)) expect(slice.map(({ i }) => i)).toEqual(slice.map(({ i }) => i).sort());
  });

  test("each has one of every kind, and a part of those of which there are many", () => {
    for (const slice of slices(4)) {
      expect(new Set(slice.map(kindOf))).toEqual(new Set("abc"));
      expect(slice.length).toBeLessThan(6);
    }
  });

  test("what was written lately is in each", () => {
    for (const slice of [0, 1, 2])
      expect(takeSlice(rows, 4, slice, { isTouched: ({ i }) => i === 3 })).toContain(rows[3]);
  });
});

describe("what of a table has been written since", () => {
  const isWritten = writtenSince('{ title: "a \\"quoted\\" one", sql: `select 1\n  from t` },');

  test("not what stood there, however it was laid out", () => {
    expect(isWritten({ title: 'a "quoted" one', sql: "select 1\nfrom t" })).toBe(false);
    expect(isWritten({ sql: "from t; select 1" })).toBe(false);
  });

  test("a row one of whose texts is another", () => {
    expect(isWritten(["a", { title: 'a "quoted" one', sql: "select 2 from t" }])).toBe(true);
  });
});
