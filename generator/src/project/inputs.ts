/** The places on disk that a project was read from, absolute: where something changes there, it may be another one. */
export interface Inputs {
  /** Of these the entries count, and what stands in them. */
  readonly folders: readonly string[];
  /** Of these also what lies below. */
  readonly trees: readonly string[];
  /** Another one wherever a text or the configuration is. */
  readonly revision: string;
}
