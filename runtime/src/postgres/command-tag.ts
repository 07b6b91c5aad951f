interface Tag {
  readonly command: string;
  readonly rowCount: number | null;
}

/** The last one that was read: of many statements in a row that are the same, their answers are too. */
let last = "";
let read: Tag = { command: "", rowCount: null };

/** `INSERT 0 5`, `SELECT 5`, `BEGIN` */
export function readTag(tag: string): Tag {
  if (tag !== last) {
    read = parse(tag);
    last = tag;
  }
  return read;
}

/** Tells whether it is of a command that has made a transaction last, or leaves that to be done by others. */
export function isCommit(tag: string): boolean {
  return tag === "COMMIT" || tag === "PREPARE TRANSACTION";
}

/** Tells whether it is of a command that has begun a transaction, as ours do. */
export function isBegin(tag: string): boolean {
  return tag === "BEGIN";
}

function parse(tag: string): Tag {
  const space = tag.lastIndexOf(" ");
  if (space === -1) return { command: tag, rowCount: null };
  const count = Number(tag.slice(space + 1));
  return { command: tag.slice(0, tag.indexOf(" ")), rowCount: Number.isNaN(count) ? null : count };
}
