import * as filePaths from "../../files/paths.ts";
import { quoteIdentifier, quoteLiteral, unquote } from "../../sql/quoting.ts";

/** Finds the values of `\set` in a text, wherever it stands. */
export function assignmentsIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, rest] of text.matchAll(/^[ \t]*\\set[ \t]+([^\r\n]*)/gm)) {
    const [name, ...values] = argumentsOf(rest!, found);
    if (name !== undefined) found.set(name, values.join(""));
  }
  return found;
}

const ARGUMENT =
  /[ \t]*((?:'(?:[^'\\\r\n]|\\.|'')*'|"[^"\r\n]*"|:'\w+'|:"\w+"|:\{\?\w+\}|:\w+|[^\s\\'":]|:)+)/y;

/** The arguments of a meta-command, up to the next one on its line, with what variables stand for. */
export function argumentsOf(rest: string, values: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  ARGUMENT.lastIndex = 0;
  for (let one = ARGUMENT.exec(rest); one; one = ARGUMENT.exec(rest)) {
    const parts =
      one[1]!.match(/'(?:[^'\\]|\\.|'')*'|"[^"]*"|:'\w+'|:"\w+"|:\{\?\w+\}|:\w+|[^'":]+|:|['"]/g) ?? [];
    found.push(
      parts
        .map((part) =>
          part.length > 1 && part.startsWith("'") ? unquote(part) : withVariables(part, values),
        )
        .join(""),
    );
  }
  return found;
}

/** The name of a file behind `\\i`. */
export function includedName(rest: string, values: ReadonlyMap<string, string>): string {
  const [name = ""] = argumentsOf(rest, values);
  return name.replace(/;$/, "");
}

function withVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/:(?:'(\w+)'|"(\w+)"|(\w+)|\{\?(\w+)\})/g, (whole, literal, quoted, plain, asked) => {
    if (asked !== undefined) return values.has(asked) ? "TRUE" : "FALSE";
    const value = values.get(literal ?? quoted ?? plain);
    return value === undefined
      ? whole
      : literal !== undefined
        ? quoteLiteral(value)
        : quoted !== undefined
          ? quoteIdentifier(value)
          : value;
  });
}

/**
 * psql reads from where it was started, which nobody knows: beside the file, or where the configuration is. graphile-migrate has a folder
 * for what its directive includes, beside those of its migrations.
 */
export function includedPaths(from: string, command: string, name: string, isDirective: boolean): string[] {
  if (isDirective) {
    const own = filePaths.dirname(from);
    return [own, filePaths.dirname(own)].map((folder) => filePaths.join(folder, "fixtures", name));
  }
  const mark = name.endsWith("/") ? "/" : "";
  const beside = filePaths.join(filePaths.dirname(from), name).replace(/\/*$/, mark);
  return command.startsWith("ir") || command.endsWith("relative")
    ? [beside]
    : [beside, filePaths.normalize(name).replace(/\/*$/, mark)];
}
