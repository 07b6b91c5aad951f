export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
}
export function mutate(source: string, file: string, first: number): { code: string; mutants: Mutant[] };
