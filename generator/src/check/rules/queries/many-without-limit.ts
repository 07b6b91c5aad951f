import { ruleOptions } from "../../../config/options/rules.ts";
import { lists } from "../listed-tables.ts";
import { queryRule } from "../rule.ts";

export const manyWithoutLimit = queryRule({
  code: "many-without-limit",
  severity: "warning",
  judgesLeast: true,
  summary: "a :many query reads a growing table without a LIMIT (tables named in `vet.growing_tables`)",
  why: "What returns twenty rows in the first month returns a million in the third year, all of them in memory at once. Which tables grow only you know: name them in `vet.growing_tables` (`*` for all).",
  mend: "Add a `limit`, and page by key: `where id > @after order by id limit @page_size`.",
  *check({ query, tree, options }) {
    if (query.command !== ":many" && query.command !== ":batchmany") return;
    if (query.statement !== "select" || !tree || tree.limitCount) return;
    const named = [...options.growing_tables, ...ruleOptions(options.rules, "many-without-limit").tables];
    const growing = query.relations.filter((relation) => {
      const [schema = "", name = ""] = relation.split(".");
      return lists(named, { schema, name });
    });
    if (growing.length === 0 || query.rows.atMostOne) return;
    yield { message: `${query.name} reads ${growing.join(", ")} without a limit` };
  },
});
