import { textMatching } from "../../../src/check/verify/trial/pattern.ts";
import { PLACES } from "../../../src/check/verify/trial/samples.ts";
import { suggestedBy } from "../../../src/check/verify/trial/suggested.ts";

test.each([
  "^[A-Z]{2}-\\d{3,5}$",
  "^(?:https?://)?[a-z0-9.-]+\\.[a-z]{2,}(/\\S*)?$",
  "^#[0-9a-fA-F]{6}$",
  "^(draft|sent|paid)$",
  "^[^@\\s]+@[^@\\s]+$",
  "^\\+?[1-9]\\d{1,14}$",
  "^[a-z][a-z0-9_]*$",
  "^v(0|[1-9]\\d*)\\.(\\d+)\\.\\d+(?:-[\\w.]+)?$",
  "^\\S+ \\S+$",
  "^a{0}b?c*$",
])("a text matches %s, in each place", (pattern) => {
  for (const place of PLACES) expect(textMatching(pattern, place)).toMatch(new RegExp(pattern));
});

test("named classes and anchors are PostgreSQL's", () => {
  expect(textMatching("^[[:upper:]][[:digit:]]+\\Z", 2)).toBe("B2");
  expect(textMatching("a)b", 1)).toBeNull();
});

test("a CHECK suggests its constants and what lies beside them", () => {
  expect(suggestedBy("CHECK ((char_length(code) = 12))", 1)).toContain("aaaaaaaaaaaa");
  expect(suggestedBy("CHECK (((n >= 500) AND (n <= 600)))", 2)).toEqual(
    expect.arrayContaining(["502", "598"]),
  );
  expect(suggestedBy("CHECK ((url ~~ 'https://%'::text))", 1)).toContain("https://a");
  expect(suggestedBy("CHECK ((doc ? 'kind'::text))", 1)).toContain('{"kind":"a"}');
  expect(suggestedBy("UNIQUE (code)", 1)).toEqual([]);
});
