import { FACADE_MEMBERS } from "../config/options/facade-members.ts";
import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { Imports, siblingPath } from "./imports.ts";
import type { TypeContext } from "./mapped.ts";
import { camelCase, isIdentifier, Namer } from "./names.ts";
import { exportsOfScope, type QueryGroup, scopeMembers, writeTenant } from "./tenant.ts";

export function exportsOfFacade(name: string, { tenant }: TypeScriptOptions): string[] {
  const scope = tenant === undefined ? [] : exportsOfScope(name, tenant);
  return [name, `${name}Transaction`, `create${name}`, ...scope];
}

/** `api_keys_sql`, the module of api_keys.sql, is reached as `apiKeys`. */
function plainName(module: string): string {
  const name = camelCase(module.replace(/_sql\d*$/, ""));
  return isIdentifier(name) ? name : `_${name}`;
}

function groupName(module: string, namer: Namer, members: readonly string[]): string {
  const name = plainName(module);
  const safe = `${name}${/_sql(\d*)$/.exec(module)?.[1] ?? ""}`;
  return namer.take(members.includes(safe) ? `${safe}Queries` : safe);
}

/** Says that a file's queries are not reached by the file's own name. */
function groupNameTaken(
  facade: string,
  { name, module, queries }: Named,
  members: readonly string[],
): Diagnostic | null {
  const wanted = plainName(module);
  const span = queries[0]?.[0].span;
  if (name === wanted || span === undefined) return null;
  const taken = members.includes(wanted) ? `a member of ${facade} itself` : "that of another file's queries";
  return {
    code: "file-name-taken",
    severity: "info",
    message: `the queries of ${span.file} are reached as \`${name}\`, as \`${wanted}\` is ${taken}`,
    hint: "Give the file another name.",
    span,
  };
}

/** The queries of a file, and the name by which they are reached. */
interface Named extends Pick<QueryGroup, "queries"> {
  readonly name: string;
  readonly module: string;
}

/** The module of the object that has all queries. @param modules by the names of their files */
export function writeFacade(
  name: string,
  modules: ReadonlyMap<string, QueryGroup["queries"]>,
  context: TypeContext,
  diagnostics: Diagnostic[],
): string {
  const { tenant } = context.options;
  const members = tenant === undefined ? FACADE_MEMBERS : [...FACADE_MEMBERS, ...scopeMembers(tenant)];
  const namer = new Namer();
  const groups = [...modules].map(([module, queries], i) => ({
    name: groupName(module, namer, members),
    queries,
    module,
    local: `module_${i + 1}`,
  }));
  diagnostics.push(...groups.flatMap((group) => groupNameTaken(name, group, members) ?? []));
  const imports = groups.map(
    ({ module, local }) =>
      `import * as ${local} from ${JSON.stringify(siblingPath(module, context.options))};\n`,
  );
  // Its type is written out: declarations may be asked for file by file (`isolatedDeclarations`).
  const written = (line: (group: string, local: string) => string): string =>
    `{\n${groups.map(({ name: group, local }) => line(group, local)).join("")}}`;
  const ofModules = written((group, local) => `  readonly ${group}: typeof ${local};\n`);
  const declared = `const modules: ${ofModules} = ${written((group, local) => `  ${group}: ${local},\n`)};\n\n`;
  const [type, transaction, create] = [name, `${name}Transaction`, `create${name}`];
  if (tenant === undefined)
    return (
      'import type { Database, DatabaseConfig, DatabaseTransaction } from "@solitude/runtime";\n' +
      `import { createDatabase } from "@solitude/runtime";\n${imports.join("")}\n${declared}` +
      `${DOC}export type ${type} = Database<typeof modules>;\n` +
      `/** The same in a transaction. */\nexport type ${transaction} = DatabaseTransaction<typeof modules>;\n\n` +
      `${CREATE_DOC}export function ${create}(config: DatabaseConfig): ${type} {\n  return createDatabase(config, modules);\n}\n`
    );
  const types = new Imports(context.options, false);
  const { declaration, id } = writeTenant(context, tenant, groups, types, diagnostics);
  const [scope, scopeTransaction] = exportsOfScope(name, tenant);
  for (const used of SCOPE_TYPES) types.name({ name: used, from: "@solitude/runtime", value: false });
  types.name({ name: "createScopedDatabase", from: "@solitude/runtime", value: true });
  const body =
    `${declared}${declaration}\n` +
    `${DOC}export type ${type}<D extends DocumentSource | undefined = undefined> = ` +
    `ScopedDatabase<typeof modules, typeof tenant, ${id}, D>;\n` +
    `/** The same in a transaction. */\nexport type ${transaction} = DatabaseTransaction<typeof modules>;\n` +
    `/** The same of one tenant, whose key is no argument. */\nexport type ${scope}<D extends DocumentSource | undefined = undefined> = ` +
    `DatabaseScope<typeof modules, typeof tenant, D>;\n` +
    `/** That in a transaction. */\nexport type ${scopeTransaction} = ScopeTransaction<typeof modules, typeof tenant>;\n\n` +
    `${CREATE_DOC}export function ${create}<D extends DocumentSource | undefined = undefined>(\n` +
    `  config: ScopedDatabaseConfig<D>,\n): ${type}<D> {\n  return createScopedDatabase(config, modules, tenant);\n}\n`;
  const head = types.write(body);
  return `${head.trimEnd()}\n${imports.join("")}\n${body}`;
}

const DOC = "/** All queries, by the file that they stand in, with transactions, health and shutdown. */\n";
const CREATE_DOC =
  "/** Connects when it is first used; to be shut down at the end. `config` is what `loadConfig` gives, or the same by hand. */\n";
const SCOPE_TYPES = [
  "DatabaseScope",
  "DatabaseTransaction",
  "DocumentSource",
  "ScopedDatabase",
  "ScopedDatabaseConfig",
  "ScopeTransaction",
];
