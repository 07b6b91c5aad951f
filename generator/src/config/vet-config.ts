import type { VetConfig } from "./config.ts";
import type { ConfigDocument, Path } from "./config-document.ts";
import { vetOptions } from "./options/vet.ts";

interface Written {
  readonly vet?: unknown;
  readonly options?: { readonly "solitude-gen"?: { readonly vet?: unknown } };
  readonly rules?: readonly { readonly name: string; readonly rule?: string; readonly message?: string }[];
}

/** Reads what a configuration that has been validated says of `vet`: at the top, or where sqlc keeps the options of others. */
export function readVetConfig(document: ConfigDocument, value: unknown): VetConfig {
  const { vet, options, rules = [] } = value as Written;
  const path: Path = vet === undefined ? ["options", "solitude-gen", "vet"] : ["vet"];
  const parsed = vetOptions.parse(vet ?? options?.["solitude-gen"]?.vet ?? {});
  return {
    options: parsed,
    severitySpans: Object.fromEntries(
      Object.keys(parsed.rules).map((code) => [code, document.keySpan([...path, "rules", code])]),
    ),
    rules: rules.map(({ name, rule = "", message = "" }, i) => ({
      name,
      rule,
      message,
      span: document.valueSpan(["rules", i, rule === "" ? "name" : "rule"]),
    })),
  };
}
