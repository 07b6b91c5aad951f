import type { Span } from "../../../model/diagnostic.ts";
import { inFile, type SchemaFile } from "../../../model/source.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { CatalogObject, ObjectOf } from "../catalog.ts";
import { type Aspect, readTouches, type Touch } from "./touches.ts";

/** Where in the schema files something comes from. */
export interface Origin {
  readonly side: "base" | "head";
  readonly span: Span;
  /** From 1. */
  readonly line: number;
}

/** An object by its name. */
type Named = Pick<CatalogObject, "kind" | "identity" | "schema">;

/** Finds the statement that last made an object what it is, or took it away. */
export class Origins {
  readonly #side: Origin["side"];
  readonly #byName = new Map<string, Touch[]>();
  readonly #files: ReadonlyMap<string, SchemaFile>;

  private constructor(side: Origin["side"], files: readonly SchemaFile[], touches: readonly Touch[]) {
    this.#side = side;
    this.#files = new Map(files.map((file) => [file.path, file]));
    for (const touch of touches) {
      const name = touch.path.at(-1)!;
      const list = this.#byName.get(name);
      if (list) list.push(touch);
      else this.#byName.set(name, [touch]);
    }
  }

  static async of(side: Origin["side"], files: readonly SchemaFile[]): Promise<Origins> {
    return new Origins(side, files, await readTouches(files));
  }

  /** Gives what made the object; of a part of a table, what says most of it. */
  creation(made: CatalogObject): Origin | null {
    const object = asNamed(made);
    return this.#last(partsOf(object.identity), ["create"], object) ?? this.definition(object);
  }

  /** Gives what made the object, or changed it last; failing that, what says most of the table that it is a part of. */
  definition(defined: Named | CatalogObject): Origin | null {
    const object = asNamed(defined);
    const path = partsOf(object.identity);
    for (const verbs of [ASPECTS.filter((aspect) => aspect === object.kind), DEFINING]) {
      const found = this.#last(path, verbs, object);
      if (found) return found;
    }
    return (
      this.#mention(path.at(-1)!) ??
      (path.length > 2 ? this.#last(path.slice(0, -1), DEFINING, object) : null)
    );
  }

  /** Gives what added a label to an enum, or gave it its name; of one that it has no more, what took that. */
  label(type: ObjectOf<"enum">, label: string): Origin | null {
    const isThere = type.properties.labels.includes(label);
    return this.#last([...partsOf(type.identity), label], isThere ? DEFINING : ["drop"], type);
  }

  removal(gone: CatalogObject): Origin | null {
    const object = asNamed(gone);
    const path = partsOf(object.identity);
    const aspects = ASPECTS.filter((aspect) => aspect === object.kind);
    const own = this.#last(path, ["drop", ...aspects], object);
    if (own !== null) return own;
    // A part goes with its table; what is merely said of something is gone where that is said without it.
    const whole = path.length > 2 ? this.#last(path.slice(0, -1), ["drop"], object) : null;
    return whole ?? (aspects.length > 0 ? this.definition(object) : null);
  }

  #last(path: readonly string[], verbs: readonly Touch["verb"][], { kind, schema }: Named): Origin | null {
    // Of what is only told, the identity alone says whether there is a schema.
    const hasSchema = schema !== null || kind === "other";
    const found = this.#byName
      .get(path.at(-1) ?? "")
      ?.findLast((touch) => verbs.includes(touch.verb) && isNamed(touch.path, path, hasSchema));
    return found ? this.#origin(found.span) : null;
  }

  /** A block of code may make what no statement names; then it holds the name. */
  #mention(name: string): Origin | null {
    for (const [file, { text }] of [...this.#files].reverse()) {
      for (const block of text.matchAll(/\bdo\s+(?:language\s+\w+\s+)?(\$\w*\$)[\s\S]*?\1/gi)) {
        const at = block[0].indexOf(name);
        if (at === -1) continue;
        const start = block.index + at;
        return this.#origin({ file, start, end: start + name.length });
      }
    }
    return null;
  }

  #origin(span: Span): Origin {
    const file = this.#files.get(span.file)!;
    const line =
      file.locate?.(span.start, span.end).line ?? file.text.slice(0, span.start).split("\n").length;
    return { side: this.#side, span: inFile(span, file), line };
  }
}

/** Rights on what an extension brought are named by that, and not by the extension. */
function asNamed(object: Named | CatalogObject): Named {
  if (object.kind !== "grant" || !("properties" in object) || object.properties.member === null)
    return object;
  const identity = object.properties.member.replace(/^(?:foreign )?(?:data )?[a-z]+ /, "");
  return { kind: object.kind, identity, schema: partsOf(identity).length > 1 ? partsOf(identity)[0]! : null };
}

const ASPECTS: readonly Aspect[] = ["comment", "default", "grant"];
const DEFINING = ["create", "define"] as const;

/** A statement may leave out the schema, and nothing else. */
function isNamed(said: readonly string[], path: readonly string[], hasSchema: boolean): boolean {
  const from = path.length - said.length;
  if (from < 0 || from > (hasSchema ? 1 : 0)) return false;
  return said.every((part, i) => part === path[from + i]);
}
