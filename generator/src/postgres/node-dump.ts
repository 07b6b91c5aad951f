/** `LINELEN` of PostgreSQL's `format_node_dump`, in bytes. */
const LINE = 78;

/**
 * Undoes how `debug_print_parse` breaks a node tree into lines: at a space, which the line end replaces; in the middle of
 * a word only where it is longer than a line.
 * @returns null where it cannot be told what stood there: in such a word
 */
export function unwrapDump(dump: string): string | null {
  const lines = dump.split("\n");
  if (lines.some((line) => line.lastIndexOf(" ") < 1 && new TextEncoder().encode(line).length >= LINE))
    return null;
  const text = lines.join(" ").trimEnd();
  // An escaped space may have been the end of a line; an escaped line end is another name.
  return dump.includes("\\\n") && wrapped(text) !== dump.trimEnd() ? null : text;
}

/** Breaks a text into lines as PostgreSQL does. */
function wrapped(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const lines: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at > LINE) {
    const space = bytes.lastIndexOf(SPACE, at + LINE);
    const end = space > at ? space : at + LINE;
    lines.push(bytes.subarray(at, end));
    at = space > at ? end + 1 : end;
  }
  return [...lines, bytes.subarray(at)].map((line) => new TextDecoder().decode(line)).join("\n");
}

const SPACE = 0x20;
