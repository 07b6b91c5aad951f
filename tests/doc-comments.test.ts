import { misbegun } from "../lint/doc-comments.mjs";

test("a function's doc comment that begins with a question word is found, a field's or a type's is not", () => {
  const text = `/** Whether it is one. */
export function isOne(): boolean {
/** Tells whether it is one. */
export const isTwo = (n: number): boolean => n === 2;
/** What it is. */
export interface It {
  /** Whether it is there. */
  readonly there: boolean;
}
class A {
  /**
   * Where it lies.
   */
  async #lies(): Promise<string> {
}
`;
  expect(misbegun("a.ts", text)).toEqual([
    'a.ts:1: a doc comment begins with "Whether"; begin with what the function does',
    'a.ts:11: a doc comment begins with "Where"; begin with what the function does',
  ]);
});
