import { camelCase, isIdentifier, Namer } from "./names.ts";
import type { TypeScriptOptions } from "./options.ts";

export const exportsOfFacade = (name: string): string[] => [name, `${name}Transaction`, `create${name}`];

/** What the object has beside the queries, in a transaction or outside. */
const MEMBERS = [
  "client",
  "health",
  "replica",
  "transaction",
  "begin",
  "commit",
  "rollback",
  "shutdown",
  "then",
];

/** `api_keys_sql`, the module of api_keys.sql, is reached as `apiKeys`. */
function groupName(module: string, namer: Namer): string {
  const name = camelCase(module.replace(/_sql(\d*)$/, "$1"));
  const safe = isIdentifier(name) ? name : `_${name}`;
  return namer.take(MEMBERS.includes(safe) ? `${safe}Queries` : safe);
}

/** The module of the object that has all queries. */
export function writeFacade(
  name: string,
  modules: readonly string[],
  { import_extension }: TypeScriptOptions,
): string {
  const namer = new Namer();
  const groups = modules.map((module, i) => ({
    group: groupName(module, namer),
    module,
    local: `module_${i + 1}`,
  }));
  const imports = groups.map(
    ({ module, local }) => `import * as ${local} from ${JSON.stringify(`./${module}${import_extension}`)};\n`,
  );
  const members = groups.map(({ group, local }) => `  ${group}: ${local},\n`);
  const [type, transaction, create] = exportsOfFacade(name);
  return (
    'import type { Database, DatabaseConfig, DatabaseTransaction } from "@solitude/runtime";\n' +
    `import { createDatabase } from "@solitude/runtime";\n${imports.join("")}\n` +
    `const modules = {\n${members.join("")}};\n\n` +
    "/** All queries, by the file that they stand in, with transactions, health and shutdown. */\n" +
    `export type ${type} = Database<typeof modules>;\n` +
    `/** The same in a transaction. */\nexport type ${transaction} = DatabaseTransaction<typeof modules>;\n\n` +
    "/** Connects when it is first used; to be shut down at the end. `config` is what `loadConfig` gives, or the same by hand. */\n" +
    `export function ${create}(config: DatabaseConfig): ${type} {\n  return createDatabase(config, modules);\n}\n`
  );
}
