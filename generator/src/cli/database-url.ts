import { expandVariables } from "../config/environment.ts";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { isDatabaseUri } from "../postgres/uri.ts";
import type { LoadedConfig } from "./pipeline.ts";

/**
 * The address that the command line names, or else the configuration's `ci.database_url`, environment variables filled
 * in; null, with why, where one of these is not set and nobody has asked for the check.
 * @throws DiagnosticError `config-database-url` where it is none
 */
export function databaseUrl(
  named: string | null,
  { config }: LoadedConfig,
  isAsked: boolean,
  environment = process.env,
): { readonly uri: string | null; readonly diagnostics: readonly Diagnostic[] } {
  const { settings, databaseUrlSpan } = config.ci;
  const written = named ?? settings.database_url ?? "";
  const span = named === null && databaseUrlSpan !== null ? { span: databaseUrlSpan } : {};
  const { text, unset } = expandVariables(written, environment);
  if (unset.length > 0) {
    const message = `${unset.join(", ")} is not set`;
    if (isAsked) throw refused(`the address of the live server: ${message}`, span);
    const told = `${message}: the live server is not checked`;
    return {
      uri: null,
      diagnostics: [{ code: "config-environment", severity: "info", message: told, ...span }],
    };
  }
  if (text === "")
    throw refused("--database-url has no address, and the configuration no `ci.database_url`", {});
  if (!isDatabaseUri(text))
    throw refused("the address of the live server does not begin with postgres://", span);
  return { uri: text, diagnostics: [] };
}

function refused(message: string, span: Pick<Diagnostic, "span">): DiagnosticError {
  return new DiagnosticError([
    {
      code: "config-database-url",
      severity: "error",
      message,
      hint: "Write postgres://user:password@host:5432/database; `${NAME}` is an environment variable.",
      ...span,
    },
  ]);
}
