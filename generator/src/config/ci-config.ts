import type { CiConfig } from "./config.ts";
import type { ConfigDocument, Path } from "./config-document.ts";
import { type CiSettings, ciOptions } from "./options/ci.ts";

interface Written {
  readonly ci?: unknown;
  readonly options?: { readonly "solitude-gen"?: { readonly ci?: unknown } };
}

/** Reads what a configuration that has been validated says of `ci`: at the top, or where sqlc keeps the options of others. */
export function readCiConfig(document: ConfigDocument, value: unknown): CiConfig {
  const { ci, options } = value as Written;
  const path: Path = ci === undefined ? ["options", "solitude-gen", "ci"] : ["ci"];
  const settings: CiSettings = ciOptions.parse(ci ?? options?.["solitude-gen"]?.ci ?? {});
  return {
    settings,
    databaseUrlSpan:
      settings.database_url === undefined ? null : document.valueSpan([...path, "database_url"]),
  };
}
