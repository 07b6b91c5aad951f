/** Gives the single rights of a file that `grants` has written, as `select (id) on table t`. */
export function rightsIn(sql: string): string[] {
  return sql.split("\n").flatMap((line) => {
    const [, kinds = "", rest = ""] = /^grant (.+?) (on .+) to .+;$/.exec(line) ?? [];
    const [, kind = kinds, list = ""] = /^(\w+) \((.+)\)$/.exec(kinds) ?? [];
    if (rest === "") return [];
    return list === ""
      ? [`${kind} ${rest}`]
      : list.split(", ").map((column) => `${kind} (${column}) ${rest}`);
  });
}
