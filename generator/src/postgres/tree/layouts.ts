import { NODE_TABLES } from "./node-tables.ts";

type Scalar = "number" | "boolean" | "char" | "string" | "string?" | "Datum" | "Bitmapset";

/** How a value is printed and what it becomes. All have the same fields, which V8 reads faster. */
export interface Decoder {
  readonly is: Scalar | "enum" | "node" | "list" | "either";
  /** Of the enum, or of what may stand there. */
  readonly name: string;
  readonly constants: ReadonlyMap<string, string> | null;
  /** Which nodes may stand there; "Other" allows each that is not looked into. */
  readonly kinds: ReadonlySet<string> | null;
  /** Whether none but those not looked into may. */
  readonly isOther: boolean;
  readonly nullable: boolean;
  readonly element: Decoder | null;
  /** What a list without numbers is. */
  readonly nodes: Decoder | null;
}

const PLAIN: Omit<Decoder, "is"> = {
  name: "",
  constants: null,
  kinds: null,
  isOther: false,
  nullable: false,
  element: null,
  nodes: null,
};

export interface Field {
  readonly name: string;
  /** As PostgreSQL prints it. */
  readonly printed: string;
  /** What stands before its value. */
  readonly prefix: string;
  readonly decoder: Decoder;
  /** Prefix and value together as they stand most of the time, which makes two looks one. */
  readonly usual: string;
  readonly usualValue: unknown;
}

export interface Layout {
  readonly kind: string;
  readonly fields: readonly Field[];
  /** Its name is all that is read of it. */
  readonly isOther: boolean;
  /** Where the last field says which further ones follow: by its value. */
  readonly variants: ReadonlyMap<string, readonly Field[]> | null;
}

/** The layouts of one major version. A node's is made when it is first met. */
export class Layouts {
  readonly major: number;
  readonly #lines: ReadonlyMap<string, string>;
  readonly #keyByLabel = new Map<string, string>();
  readonly #variantsByKind = new Map<string, string[]>();
  readonly #layouts = new Map<string, Layout>();
  readonly #decoders = new Map<string, Decoder>();

  private constructor(major: number) {
    this.major = major;
    this.#lines = linesOf(major);
    for (const key of this.#lines.keys()) {
      const [kind, variant] = key.split("/");
      if (variant !== undefined) {
        this.#variantsByKind.set(kind!, [...(this.#variantsByKind.get(kind!) ?? []), variant]);
      } else if (!key.startsWith("#") && !key.endsWith("=")) this.#keyByLabel.set(key.toUpperCase(), key);
    }
  }

  static readonly #made = new Map<number, Layouts>();

  /** @param major e.g. 18; null where its trees are not known */
  static of(major: number): Layouts | null {
    if (!Layouts.known().includes(major)) return null;
    const layouts = Layouts.#made.get(major) ?? new Layouts(major);
    Layouts.#made.set(major, layouts);
    return layouts;
  }

  /** The major versions whose trees are known, in order. */
  static known(): readonly number[] {
    return Object.keys(NODE_TABLES).map(Number);
  }

  /** `16, 17 and 18`, for people. */
  static shown(): string {
    const known = Layouts.known();
    return `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`;
  }

  /** The kinds that are looked into, in the order of the alphabet. */
  kinds(): readonly string[] {
    return [...this.#keyByLabel.values()].filter((key) => this.#lines.get(key) !== key).sort();
  }

  /** @param label as printed, e.g. `RANGETBLENTRY` */
  layout(label: string): Layout | null {
    const known = this.#layouts.get(label);
    if (known) return known;
    const kind = this.#keyByLabel.get(label);
    if (kind === undefined) return null;
    const fields = this.#fields(kind);
    const variants = this.#variantsByKind.get(kind);
    const layout: Layout = {
      kind,
      fields,
      isOther: fields.length === 0,
      variants: variants ? new Map(variants.map((name) => [name, this.#fields(`${kind}/${name}`)])) : null,
    };
    this.#layouts.set(label, layout);
    return layout;
  }

  /** @param type as in the tables, e.g. `TargetEntry[]` */
  decoder(type: string): Decoder {
    const decoder = this.#decoders.get(type) ?? this.#decoderOf(type);
    this.#decoders.set(type, decoder);
    return decoder;
  }

  #fields(key: string): readonly Field[] {
    return words(this.#lines.get(key)!).map((word) => {
      const [name, type = "number"] = word.split(":");
      const [printed, own = printed] = name!.split(">");
      const decoder = this.decoder(type);
      const prefix = ` :${printed} `;
      const [usual, usualValue] = usualOf(printed!, decoder);
      return { name: own!, printed: printed!, prefix, decoder, usual: prefix + usual, usualValue };
    });
  }

  #decoderOf(type: string): Decoder {
    if (type.endsWith("[]")) return { ...PLAIN, is: "list", element: this.decoder(type.slice(0, -2)) };
    switch (type) {
      case "GroupingContent":
        return {
          ...PLAIN,
          is: "either",
          element: this.decoder("number"),
          nodes: this.decoder("GroupingSet"),
        };
      case "number":
      case "boolean":
      case "char":
      case "string":
      case "string?":
      case "Bitmapset":
        return { ...PLAIN, is: type };
      case "Oid":
        return { ...PLAIN, is: "number" };
      case "Datum?":
        return { ...PLAIN, is: "Datum" };
    }
    const nullable = type.endsWith("?");
    const name = nullable ? type.slice(0, -1) : type;
    const constants = this.#lines.get(`#${name}`);
    if (constants !== undefined) return { ...PLAIN, is: "enum", name, constants: constantsOf(constants) };
    const union = this.#lines.get(`${name}=`);
    const kinds = new Set(union === undefined ? [name] : words(union));
    return { ...PLAIN, is: "node", name, kinds, isOther: type.startsWith("Other"), nullable };
  }
}

const NONE: readonly never[] = Object.freeze([]);

/** Tells how a field's value is printed most of the time, and what it is then. */
function usualOf(field: string, decoder: Decoder): readonly [printed: string, value: unknown] {
  switch (decoder.is) {
    case "number":
      return /location|typmod|list_|stmt_/i.test(field) ? ["-1", -1] : ["0", 0];
    case "boolean":
      return ["false", false];
    case "enum":
      return decoder.constants?.has("0") ? ["0", decoder.constants.get("0")] : NEVER;
    case "list":
    case "either":
      return ["<>", NONE];
    case "Bitmapset":
      return ["(b)", NONE];
    case "node":
      return decoder.nullable ? ["<>", null] : NEVER;
    case "string?":
    case "Datum":
      return ["<>", null];
    case "char":
      return ["<>", ""];
    case "string":
      return NEVER;
  }
}

/** No tree has it. */
const NEVER = ["\0", undefined] as const;

/** By their first word. */
function linesOf(major: number): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  const add = (version: number): void => {
    for (const line of NODE_TABLES[version]!.split("\n")) {
      const end = line.indexOf(" ");
      if (line.startsWith("-")) lines.delete(line.slice(1));
      else lines.set(end === -1 ? line : line.slice(0, end), line);
    }
  };
  const whole = Layouts.known().at(-1)!;
  add(whole);
  if (major !== whole) add(major);
  return lines;
}

/** Without the first. */
function words(line: string): string[] {
  return line.split(" ").slice(1);
}

/** By what is printed for them: a number, in few cases a word. */
function constantsOf(line: string): ReadonlyMap<string, string> {
  let next = 0;
  return new Map(
    words(line).map((word) => {
      const at = word.indexOf("=");
      const token = at === -1 ? String(next) : word.slice(0, at);
      next = Number(token) + 1;
      return [token, word.slice(at + 1)];
    }),
  );
}
