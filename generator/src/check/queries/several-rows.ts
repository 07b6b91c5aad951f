import { severitySaid } from "../../config/rule-severity.ts";
import type { QuerySet } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { Project } from "../../project/project.ts";
import { EVERYTHING } from "../changes.ts";
import { ignorableFiles } from "../findings/ignorable-files.ts";
import { Ignores } from "../findings/ignores.ts";
import { mayReturnMany, oneMayReturnMany, severalMayMatch } from "../rules/queries/one-may-return-many.ts";

/**
 * Tells of each `:one` query of which several rows may match, unless the rule of `vet` that does so is off or ignored there:
 * the function that is generated for it gives the first of them. No run fails for it.
 */
export async function severalRows(project: Project, sets: readonly QuerySet[]): Promise<Diagnostic[]> {
  const { code } = oneMayReturnMany;
  // Of all rules no other is loaded.
  if (severitySaid(project.config.vet.options.rules, code) === "off") return [];
  const found: Diagnostic[] = [];
  for (const set of sets) {
    const several = set.queries.filter(mayReturnMany);
    const entry = project.config.querySets.find(({ index }) => index === set.index);
    if (several.length === 0 || !entry) continue;
    const files = new Set(several.map(({ span }) => span.file));
    const all = await project.source(entry);
    // Comments in other files reach none of them.
    const source = {
      ...all,
      queries: all.queries.filter(({ span }) => files.has(span.file)),
      schema: all.schema.filter(({ path }) => files.has(path)),
    };
    const ignores = new Ignores(
      await ignorableFiles(project.files, [{ set: entry, source }], EVERYTHING),
      new Set([code]),
    );
    for (const query of several) {
      const own = source.queries.find(({ name }) => name === query.name);
      const { file, start } = query.span;
      const within = { file, start, end: own?.toFile(own.text.length) ?? start };
      const notice = noticed(query);
      if (!ignores.covers({ ...notice, span: query.span, statement: query.sql.text, within }))
        found.push(notice);
    }
  }
  return found;
}

function noticed(query: Query): Diagnostic {
  const { code, mend } = oneMayReturnMany;
  return {
    code,
    severity: "info",
    message: severalMayMatch(query),
    hint: mend,
    span: query.span,
    docs: `docs/rules/${code}.md`,
  };
}
