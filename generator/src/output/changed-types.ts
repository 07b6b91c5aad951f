/** An exported declaration of a generated file whose shape is another one now. */
export interface ChangedType {
  readonly name: string;
  /** Its members or signature that are gone, and that are new, as written. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Tells which exported types and functions of a generated file changed. Comments, statements and decoding do not count. */
export function changedTypes(before: string, after: string): ChangedType[] {
  const was = declarationsOf(before);
  const is = declarationsOf(after);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const old = was.get(name) ?? [];
    const now = is.get(name) ?? [];
    const removed = old.filter((line) => !now.includes(line));
    const added = now.filter((line) => !old.includes(line));
    return removed.length + added.length === 0 ? [] : [{ name, removed, added }];
  });
}

const BEGIN = /^export (?:declare )?(?:async )?(interface|type|function|class) (\w+)/;

/** By name, the lines that say what each is. Our own code is laid out so that a declaration ends at the margin. */
function declarationsOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const [head, kind, name] = BEGIN.exec(lines[at]!) ?? [];
    if (head === undefined) continue;
    const own: string[] = [];
    if (kind === "interface") {
      while (++at < lines.length && !lines[at]!.startsWith("}")) {
        const line = lines[at]!.trim();
        if (line !== "" && !/^(?:\/\*\*|\*)/.test(line)) own.push(line);
      }
    } else {
      const end = kind === "type" ? /;$/ : /\{$/;
      own.push(lines[at]!.slice("export ".length));
      while (!end.test(lines[at]!) && at + 1 < lines.length) own.push(lines[++at]!.trim());
      own.splice(0, own.length, own.join(" ").replace(/ \{$/, ""));
    }
    found.set(name!, own);
  }
  return found;
}
