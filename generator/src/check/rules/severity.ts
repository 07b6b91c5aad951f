import type { RuleSettings } from "../../config/options/rules.ts";
import { severitySaid } from "../../config/rule-severity.ts";
import { RULES } from "./registry.ts";
import type { RuleSeverity } from "./rule.ts";

/** Gives the severity of a rule: what is said of it, or its own; those that the configuration writes itself are errors. */
export const severityOf = (code: string, settings: RuleSettings): RuleSeverity =>
  severitySaid(settings, code) ?? RULES.get(code)?.severity ?? "error";
