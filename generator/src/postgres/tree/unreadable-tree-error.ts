/** A tree that is not as that version of PostgreSQL prints it. */
export class UnreadableTreeError extends Error {
  override readonly name = "UnreadableTreeError";
  /** The major version, e.g. 18. */
  readonly version: number;
  /** In which node and at which of its fields, where it is known. */
  readonly node: string | null;
  readonly field: string | null;

  constructor(version: number, node: string | null, field: string | null, problem: string) {
    const place = [node, field].filter((name) => name !== null).join(".");
    super(`the tree of PostgreSQL ${version}${place && `, ${place}`}: ${problem}`);
    this.version = version;
    this.node = node;
    this.field = field;
  }
}
