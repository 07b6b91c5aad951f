import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Examination } from "./examination.ts";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What the build puts beside the bundle, and what is slower or amiss without it. */
const BUILT: Readonly<Record<string, string>> = {
  "cluster.tar": "the embedded PostgreSQL has nothing to start from",
  "builtins.json": "each run reads PostgreSQL's own functions and types anew",
  "embedded-worker.cjs": "the database runs in the thread that waits for it",
};

/**
 * Looks at Node, the package's own files, and the packages that it needs.
 * @param folder where the bundle lies
 * @param root the project's folder, which may have installed another version
 */
export function examineInstallation(
  version: string,
  root: string,
  folder = dirname(fileURLToPath(import.meta.url)),
): Examination {
  const own = manifestAbove(folder, "solitude-gen");
  const findings: Diagnostic[] = [
    ...(own === null ? [] : [...nodeProblems(own.manifest), ...packageProblems(own)]),
    ...buildProblems(folder),
    ...otherVersions(version, root),
  ];
  return {
    name: "installation",
    detail: `solitude-gen ${version} on Node ${process.versions.node}`,
    findings,
  };
}

function nodeProblems({ engines }: Manifest): Diagnostic[] {
  const least = /(\d+)\.(\d+)/.exec(engines?.node ?? "");
  if (least === null) return [];
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [, wantedMajor, wantedMinor] = least.map(Number) as [number, number, number];
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return [];
  return [
    {
      code: "doctor-node",
      severity: "error",
      message: `this is Node ${process.versions.node}, and ${engines!.node} is needed`,
      hint: "Install a newer Node; `node --version` says which one runs.",
    },
  ];
}

/** Compares the files of the build with what is written down of them: an installation may have been cut off. */
function buildProblems(folder: string): Diagnostic[] {
  const missing = Object.entries(BUILT).filter(([name]) => !existsSync(join(folder, name)));
  const told = new Set(missing.map(([name]) => name));
  const sizes = readJson<Readonly<Record<string, number>>>(join(folder, "files.json")) ?? {};
  return [
    ...missing.map(([name, consequence]) =>
      incomplete("warning", `${join(folder, name)} is missing: ${consequence}`),
    ),
    ...Object.entries(sizes).flatMap(([name, size]) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false })?.size;
      if (found === size || told.has(name)) return [];
      const what = found === undefined ? "is missing" : `has ${found} bytes, and was made with ${size}`;
      return [incomplete("error", `${join(folder, name)} ${what}`)];
    }),
  ];
}

const incomplete = (severity: Diagnostic["severity"], message: string): Diagnostic => ({
  code: "doctor-incomplete",
  severity,
  message,
  hint: "Install solitude-gen anew; in a checkout of it run `npm run build`.",
});

function packageProblems({ manifest, folder }: { manifest: Manifest; folder: string }): Diagnostic[] {
  return Object.entries(manifest.dependencies ?? {}).flatMap(([name, wanted]): Diagnostic[] => {
    const found = installed(name, folder);
    // A range is npm's to hold.
    if (found === wanted || (found !== null && found !== UNREAD && !/^\d/.test(wanted))) return [];
    return [
      {
        code: "doctor-package",
        severity: "error",
        message:
          found === null
            ? `the package ${name} is not installed, and solitude-gen needs ${wanted}`
            : `the package ${name} is ${found}, and solitude-gen was built for ${wanted}`,
        hint: "Run `npm ci` (or delete node_modules and install anew), and look for `overrides` that name it.",
      },
    ];
  });
}

/** Generated code is of the version that wrote it, the runtime of the one that is installed. */
function otherVersions(version: string, root: string): Diagnostic[] {
  return ["solitude-gen", "@solitude/runtime"].flatMap((name): Diagnostic[] => {
    const found = installed(name, root);
    if (found === null || found === version) return [];
    return [
      {
        code: "doctor-version",
        severity: "warning",
        message: `the project has ${name} ${found}, and this is solitude-gen ${version}`,
        hint:
          name === "solitude-gen"
            ? "Run the project's own with `npx solitude-gen`, or bring both to one version."
            : `Install the one that belongs to it: npm install ${name}@${version}.`,
      },
    ];
  });
}

/** The version of a package as code in that folder would get it, or null. */
export function installed(name: string, folder: string): string | null {
  for (const place of createRequire(join(folder, "package.json")).resolve.paths(name) ?? []) {
    const file = join(place, name, "package.json");
    if (existsSync(file)) return readJson<Manifest>(file)?.version ?? UNREAD;
  }
  return null;
}

/** In a version's place. */
const UNREAD = "of no version that can be read";

/** Reads a file of JSON; null where it is none. */
function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T | null;
  } catch {
    return null;
  }
}

function manifestAbove(folder: string, name: string): { manifest: Manifest; folder: string } | null {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) {
      const manifest = readJson<Manifest>(file);
      if (manifest?.name === name) return { manifest, folder: at };
    }
    if (dirname(at) === at) return null;
  }
}
