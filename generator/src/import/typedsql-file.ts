import { isComment, nextToken } from "../sql/lexer.ts";
import { type Argument, type ImportedFile, unconverted } from "./imported-query.ts";
import { givesRows, tokensOf, withoutEnd } from "./statement.ts";

const PARAM = /^--\s*@param\s+(?:\{\s*(\w+)(\?)?\s*\}\s+)?\$(\d+)(?::(\w+)(\?)?)?\s*(.*)$/;

/** Gives the folder of TypedSQL's files that a configuration of Prisma's names; undefined where it names none. */
export function typedSqlFolder(config: string): string | undefined {
  const found =
    /\btypedSql\s*:\s*\{[^}]*?\bpath\s*:\s*(?:["'`]([^"'`]+)["'`]|(?:path\.)?join\(\s*([^)]*)\))/.exec(
      config,
    );
  const parts = found?.[2]?.split(",").map((part) => part.trim().replace(/^["'`]|["'`]$/g, ""));
  return found?.[1] ?? parts?.filter((part) => part !== "").join("/");
}

/** Reads a file of Prisma's TypedSQL: one statement, named as the file is. */
export function readTypedSqlFile(file: string, text: string): ImportedFile {
  const name = file
    .split("/")
    .at(-1)!
    .replace(/\.sql$/, "");
  const names = new Map<number, { readonly name: string; readonly isNullable: boolean }>();
  const comments: string[] = [];
  let start = text.length;
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.end)) {
    if (!isComment(token)) {
      start = token.start;
      break;
    }
    const shown = text.slice(token.start, token.end);
    const found = PARAM.exec(shown);
    if (found === null) comments.push(shown.replace(/^--\s?|^\/\*+\s?|\s*\*+\/$/g, ""));
    else {
      const [, , typeMark, number, alias, mark, said] = found;
      const called = alias ?? `arg${number}`;
      names.set(Number(number), { name: called, isNullable: typeMark === "?" || mark === "?" });
      if (said !== undefined && said !== "") comments.push(`${called}: ${said}`);
    }
  }
  const sql = withoutEnd(text.slice(start));
  const hasRows = sql === null ? null : givesRows(sql);
  if (sql === null || hasRows === null)
    return {
      queries: [],
      problems: [
        unconverted(
          `${name} is no one statement that gives or changes rows`,
          { file, start, end: text.length },
          "It stays as it is.",
        ),
      ],
    };
  const found = new Map<number, Argument>();
  const parts: string[] = [];
  let at = 0;
  for (const token of tokensOf(sql)) {
    if (token.kind !== "param") continue;
    const number = Number(sql.slice(token.start + 1, token.end));
    const param = names.get(number) ?? { name: `arg${number}`, isNullable: false };
    found.set(number, { kind: "value", property: param.name });
    parts.push(
      sql.slice(at, token.start),
      param.isNullable ? `sqlc.narg('${param.name}')` : `sqlc.arg('${param.name}')`,
    );
    at = token.end;
  }
  parts.push(sql.slice(at));
  const upper = name.charAt(0).toUpperCase() + name.slice(1);
  return {
    queries: [
      {
        name: upper,
        command: hasRows ? ":many" : ":execrows",
        sql: parts.join(""),
        comments,
        arguments: [...found].sort(([a], [b]) => a - b).map(([, argument]) => argument),
      },
    ],
    problems: [],
  };
}
