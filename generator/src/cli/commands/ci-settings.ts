import { resolve } from "node:path";
import type { CheckName } from "../../config/options/check-names.ts";
import type { Order } from "../../config/options/roll-out-orders.ts";
import { MACHINE_FORMATS } from "../../diagnostics/formats/formats.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { BaselineOptions } from "../baseline.ts";
import { databaseUrl } from "../database-url.ts";
import type { FailOn } from "../exit-codes.ts";
import type { GlobalOptions } from "../load.ts";
import type { LoadedConfig } from "../pipeline.ts";
import type { ReportTarget } from "../reports.ts";

/** What the command line says; null and empty stand for the configuration's word. */
export interface CiOptions extends GlobalOptions, BaselineOptions {
  readonly only: readonly CheckName[];
  readonly against: string | undefined;
  readonly order: Order | null;
  readonly role: string | null;
  /** Applications' TypeScript projects, relative to the working folder. */
  readonly projects: readonly string[];
  readonly databaseUrl: string | true | null;
  readonly failOn: FailOn | null;
  readonly cache: boolean;
}

/** What is to be done, from the command line and the configuration. */
export interface CiSettings {
  runs(check: CheckName): boolean;
  readonly against: string | undefined;
  /** What `against` is relative to, where it is a folder. */
  readonly cwd: string;
  readonly order: Order | null;
  readonly role: string | null;
  readonly projects: readonly Project[];
  /** The live server, or null, with why where it was to be one. */
  readonly database: { readonly uri: string | null; readonly diagnostics: readonly Diagnostic[] } | null;
  readonly failOn: FailOn;
  readonly reports: readonly ReportTarget[];
}

export interface Project {
  /** Absolute. */
  readonly tsconfig: string;
  /** As people wrote it. */
  readonly label: string;
}

/** @throws DiagnosticError where the live server's address is none */
export function ciSettings(loaded: LoadedConfig, options: CiOptions): CiSettings {
  const { root, config } = loaded;
  const { settings } = config.ci;
  const named = options.only.length > 0 ? options.only : settings.checks;
  const runs = (check: CheckName): boolean => named === undefined || named.includes(check);
  const written = typeof options.databaseUrl === "string" ? options.databaseUrl : null;
  const isAsked = options.databaseUrl !== null || options.only.includes("database");
  const isWanted = isAsked || settings.database_url !== undefined || settings.checks?.includes("database");
  return {
    runs,
    against: options.against ?? settings.against,
    cwd: options.against === undefined && settings.against !== undefined ? root : options.cwd,
    order: options.order ?? settings.order ?? null,
    role: options.role ?? settings.role ?? null,
    projects: projectsOf(loaded, options),
    database: runs("database") && isWanted ? databaseUrl(written, loaded, isAsked) : null,
    failOn: options.failOn ?? settings.fail_on ?? "error",
    reports: [...options.reports, ...configuredReports(loaded, options)],
  };
}

function projectsOf({ root, config }: LoadedConfig, { projects, cwd }: CiOptions): Project[] {
  const from = projects.length > 0 ? cwd : root;
  const written = projects.length > 0 ? projects : [config.ci.settings.projects ?? []].flat();
  return written.map((label) => ({ label, tsconfig: resolve(from, label) }));
}

/** Those of a format that the command line does not ask for itself. */
function configuredReports({ root, config }: LoadedConfig, { reports }: CiOptions): ReportTarget[] {
  const written = config.ci.settings.reports ?? {};
  return MACHINE_FORMATS.flatMap((format) => {
    const file = written[format];
    return file === undefined || reports.some((one) => one.format === format)
      ? []
      : [{ format, file: resolve(root, file) }];
  });
}
