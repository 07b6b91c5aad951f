/** `LINELEN` of PostgreSQL's `format_node_dump`, in bytes. */
const LINE = 78;

/**
 * Undoes how `debug_print_parse` breaks a node tree into lines: at a space, which the line end replaces; in the middle of
 * a word only where it is longer than a line.
 * @returns null where it cannot be told what stood there: after an escaped character, or in such a word
 */
export function unwrapDump(dump: string): string | null {
  if (dump.includes("\\\n")) return null;
  const lines = dump.split("\n");
  if (lines.some((line) => line.lastIndexOf(" ") < 1 && new TextEncoder().encode(line).length >= LINE))
    return null;
  return lines.join(" ").trimEnd();
}
