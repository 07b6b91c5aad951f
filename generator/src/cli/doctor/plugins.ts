import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { PluginRun } from "../../config/config.ts";
import { reasonOf } from "../../diagnostics/file-problem.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Project } from "../../project/project.ts";
import type { Examination } from "./examination.ts";

/** Looks whether the plugins that the configuration names are there; null where it names none. None is run, and none fetched. */
export function examinePlugins({ config, root }: Project): Examination | null {
  const plugins = new Map(config.querySets.flatMap((set) => set.plugins.map((one) => [one.name, one])));
  if (plugins.size === 0) return null;
  const findings = [...plugins.values()].flatMap((one): Diagnostic[] => {
    const reason = reasonAgainst(one, root);
    if (reason === null) return [];
    return [
      {
        code: "doctor-plugin",
        severity: "error",
        message: `the plugin "${one.name}" cannot be run: ${reason}`,
        hint: "Install it, or name the place where it is: a path is one from the configuration's folder.",
        span: one.span,
      },
    ];
  });
  return { name: "plugins", detail: [...plugins.keys()].join(", "), findings };
}

function reasonAgainst({ how }: PluginRun, root: string): string | null {
  if (how.kind === "wasm")
    return how.url.startsWith("file://")
      ? problemOf(resolve(root, how.url.slice("file://".length)), constants.R_OK)
      : null;
  if (/[/\\]/.test(how.cmd)) return problemOf(resolve(root, how.cmd), constants.X_OK);
  // There, a name has endings that the system adds.
  if (process.platform === "win32") return null;
  const places = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder || ".", how.cmd));
  return places.some((path) => problemOf(path, constants.X_OK) === null)
    ? null
    : `no folder of PATH has ${how.cmd}`;
}

/** Says why a file cannot be used so, or null. */
function problemOf(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return statSync(path).isFile() ? null : `${path}: it is no file`;
  } catch (error) {
    return `${path}: ${reasonOf(error)}`;
  }
}
