/** `INSERT 0 5`, `SELECT 5`, `BEGIN` */
export function readTag(tag: string): { command: string; rowCount: number | null } {
  const last = tag.lastIndexOf(" ");
  if (last === -1) return { command: tag, rowCount: null };
  const count = Number(tag.slice(last + 1));
  return { command: tag.slice(0, tag.indexOf(" ")), rowCount: Number.isNaN(count) ? null : count };
}
