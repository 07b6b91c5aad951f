export interface GeneratedFile {
  readonly path: string;
  readonly contents: string;
}

/** A place in the application. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Use extends Place {
  readonly name: string;
}

export interface CompileError extends Place {
  readonly message: string;
}

/** As `paths` in a `tsconfig.json`. */
export type Paths = Readonly<Record<string, readonly string[]>>;
