export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** Bytes of the source that `text` stands in the place of. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
export function mutate(source: string, file: string, first: number): { code: string; mutants: Mutant[] };
