import type { ConfiguredSeverity, RuleSettings } from "./options/rules.ts";

/** The severity that the configuration gives a rule, if any. */
export function severitySaid(settings: RuleSettings, code: string): ConfiguredSeverity | undefined {
  const said = (settings as Readonly<Record<string, unknown>>)[code];
  if (typeof said === "string") return said as ConfiguredSeverity;
  return (said as { readonly severity?: ConfiguredSeverity } | undefined)?.severity;
}
