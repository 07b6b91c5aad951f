import { decode, type Files, textOf } from "../../files/files.ts";
import * as filePaths from "../../files/paths.ts";
import type { SchemaFile } from "../../model/source.ts";
import { executeTemplate, type TemplateContext } from "./go-template.ts";
import { locate } from "./pieces.ts";
import { TemplateError } from "./template-error.ts";

/** What tern's templates of one folder of migrations are executed with. Plain data, so that it can be part of a cache's key. */
export interface TernFolder {
  /** Relative to the configuration's folder. */
  readonly path: string;
  /** The `[data]` of tern.conf, its own templates not executed yet. */
  readonly data: readonly Setting[];
  readonly conf: string | null;
  /** The SQL files in folders below, by their path from there. */
  readonly shared: readonly (readonly [name: string, text: string])[];
  /** The environment's variables that they may ask for. */
  readonly environment: readonly (readonly [name: string, value: string | undefined])[];
}

interface Setting {
  readonly name: string;
  readonly value: string;
  /** Where the value begins in tern.conf. */
  readonly at: number;
}

export const TERN_CONF = "tern.conf";
const ACTION = "{{";
const OWN_MARK = /^---- (?:create above \/ drop below|tern:)/m;
const INCLUSION = /\{\{(?:-\s)?\s*(?:template|install_snapshot)\s+["`]/;

/**
 * Finds the folders whose migrations are tern's and hold templates. Two braces alone prove nothing: they stand in array
 * literals, and in the texts that other projects store.
 */
export async function readTernFolders(
  files: Files,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<TernFolder[]> {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = filePaths.dirname(path);
    folders.set(folder, [...(folders.get(folder) ?? []), texts.get(path) ?? ""]);
  }
  const found: TernFolder[] = [];
  for (const [path, own] of folders) {
    if (!own.some((text) => text.includes(ACTION))) continue;
    const includes = own.some((text) => INCLUSION.test(text));
    const conf = await readConf(files, path);
    if (conf === null && !includes && !own.some((text) => OWN_MARK.test(text))) continue;
    const shared = includes ? await readShared(files, path) : [];
    const data = conf?.data ?? [];
    const templates = [...own, ...data.map(({ value }) => value), ...shared.map(([, text]) => text)];
    found.push({
      path,
      data,
      conf: conf?.path ?? null,
      shared,
      environment: environmentOf(templates, files),
    });
  }
  return found;
}

/** Those that are named; where a name is computed, all there are. */
function environmentOf(templates: readonly string[], { environment }: Files): TernFolder["environment"] {
  const names = new Set<string>();
  for (const template of templates) {
    const text = template.match(/\{\{[\s\S]*?\}\}/g)?.join() ?? "";
    const calls = text.match(/\benv\b/g) ?? [];
    const named = [...text.matchAll(/\benv\s+(?:"([^"\\]*)"|`([^`]*)`)/g)];
    if (named.length < calls.length) return Object.entries(environment).sort();
    for (const [, quoted, raw] of named) names.add((quoted ?? raw)!);
  }
  return [...names].sort().map((name) => [name, environment[name]]);
}

/** Beside the migrations, as tern has it by default, or in a folder above them up to the configuration's. */
async function readConf(
  files: Files,
  folder: string,
): Promise<(Pick<TernFolder, "data"> & { path: string }) | null> {
  const candidates = [];
  for (let at = folder; ; at = filePaths.dirname(at)) {
    candidates.push(filePaths.join(at, TERN_CONF));
    if (at === "." || at === ".." || at.endsWith("/..")) break;
  }
  for (const path of candidates) {
    const text = await textOf(files, path);
    if (text !== null) return { path, data: dataOf(text) };
  }
  return null;
}

function dataOf(conf: string): Setting[] {
  const data: Setting[] = [];
  let section = "";
  for (const { 0: line, index } of conf.matchAll(/[^\r\n]+/g)) {
    section = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1]?.trim() ?? section;
    const [, lead, name, value] = /^(\s*([^=#;[\s][^=]*?)\s*=\s*)(.*?)\s*$/.exec(line) ?? [];
    if (section !== "data" || lead === undefined) continue;
    data.push({ name: name!, value: value!, at: index + lead.length });
  }
  return data;
}

async function readShared(files: Files, folder: string): Promise<(readonly [string, string])[]> {
  const below: string[] = [];
  const visit = async (within: string): Promise<void> => {
    const entries = await files.list(filePaths.join(folder, within)).catch(() => []);
    for (const { name, kind } of entries) {
      const path = filePaths.join(within, name);
      if (kind === "folder") await visit(path);
      else if (kind === "file" && within !== "" && name.endsWith(".sql")) below.push(path);
    }
  };
  await visit("");
  return Promise.all(
    below.sort().map(async (name) => [name, decode(await files.read(filePaths.join(folder, name)))] as const),
  );
}

/**
 * A migration with its templates executed; as it is, where it has none.
 * @param file its down half is blanked already
 * @throws TemplateError
 */
export function withoutTemplates(file: SchemaFile, folder: TernFolder): SchemaFile {
  if (!file.text.includes(ACTION)) return file;
  const shared = new Map(folder.shared);
  const named = (name: string) => {
    const text = shared.get(name);
    return text === undefined ? undefined : { path: filePaths.join(folder.path, name), text };
  };
  const context: TemplateContext = {
    data: new Map(folder.data.map((setting) => [setting.name, valueIn(setting, folder)])),
    environment: new Map(folder.environment),
    include: named,
    install: (name) => {
      const snapshot = `snapshots/${name}`;
      const file = named(`${snapshot}/install.sql`);
      return file && { file, include: (inner) => named(`${snapshot}/${inner}`) };
    },
  };
  const pieces = executeTemplate(file, context);
  return {
    path: file.path,
    text: pieces.map(({ text }) => text).join(""),
    locate: (start, end) => locate(pieces, start, end),
  };
}

/** tern.conf is a template as a whole; its values are what matters here. */
function valueIn({ value, at }: Setting, { conf, environment }: TernFolder): string {
  if (!value.includes(ACTION)) return value;
  const file = { path: conf ?? TERN_CONF, text: value };
  try {
    const pieces = executeTemplate(file, {
      data: new Map(),
      environment: new Map(environment),
      include: () => undefined,
    });
    return pieces.map(({ text }) => text).join("");
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { code, message, span, hint } = error;
    throw new TemplateError(code, message, { ...span, start: at + span.start, end: at + span.end }, hint);
  }
}
