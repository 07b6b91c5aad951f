import type { AdaptiveParts } from "./adaptive-parts.ts";
import type { Choices } from "./choices.ts";
import { expression, type InScope, type Place, TYPES, type Type } from "./expressions.ts";

type Columns = Readonly<Record<string, Type>>;

const RELATIONS: Readonly<Record<string, Columns>> = {
  a: {
    id: "int",
    k: "int",
    n: "int",
    t: "text",
    u: "text",
    f: "bool",
    j: "jsonb",
    xs: "int[]",
    ys: "int[]",
    m: "mood",
    p: "pair",
    ts: "timestamptz",
    s: "text",
    r: "int4range",
    c: "text",
    g: "int",
    h: "int",
  },
  b: {
    id: "int",
    a_id: "int",
    a_opt: "int",
    v: "int",
    n: "int",
    t: "text",
    kind: "text",
    q: "numeric",
    w: "int",
    checked: "int",
  },
  c: { id: "int", b_id: "int", n: "int", u: "text" },
  parted: { id: "int", day: "int", note: "text" },
  parent: { id: "int", n: "int" },
  joined: { id: "int", t: "text", v: "int", bt: "text" },
  grouped: { k: "int", top: "int" },
  guarded: { id: "int", n: "int" },
  stored: { id: "int", n: "int", u: "text" },
  reset: { id: "int", n: "int", t: "text" },
};

const COMMON: readonly Type[] = ["int", "int", "int", "text", "text", ...TYPES];

interface Source {
  readonly sql: string;
  readonly columns: readonly InScope[];
}

interface Cte {
  readonly name: string;
  readonly columns: Columns;
}

/** Writes one statement over the schema. Many are refused by PostgreSQL, which is no matter: they say nothing. */
export class QueryWriter {
  readonly #choices: Choices;
  #aliases = 0;
  #ctes: readonly Cte[] = [];

  readonly #parts: AdaptiveParts | null;

  /** @param parts makes some of what it writes adapt */
  constructor(choices: Choices, parts: AdaptiveParts | null = null) {
    this.#choices = choices;
    this.#parts = parts;
  }

  statement(): string {
    const c = this.#choices;
    if (this.#parts && c.onceIn(5)) return this.#ordered(this.#parts);
    const kind = c.below(10);
    if (kind <= 6) return this.#with(() => this.#query(2, [], null).sql);
    if (kind === 7) return this.#insert();
    return kind === 8 ? this.#updateOrDelete() : this.#merge();
  }

  /** A query with orders to choose from, which may be read in pages. */
  #ordered(parts: AdaptiveParts): string {
    const c = this.#choices;
    const left = this.#relation(c.pick(["a", "b", "c", "reset"]));
    const key = left.columns[0]!.sql;
    const other = this.#relation(c.pick(["a", "b", "c"]));
    const on = `${other.columns[0]!.sql} = ${c.pick(left.columns.filter(({ type }) => type === "int")).sql}`;
    const columns = [...left.columns, ...other.columns];
    const place: Place = { columns, grouped: null, windows: false, subquery: null };
    const items = Array.from({ length: 1 + c.below(4) }, () => c.pick(columns));
    const shown = items.map(({ sql, type }, i) => `${parts.item(sql, place, type)} as c${i}`);
    const where = parts.conditions("", " where ", place);
    const order = [...new Set([...items.slice(0, 3).map(({ sql }) => sql), key])];
    const directed = order.map((sql) => `${sql}${c.pick(["", " desc", " nulls first", " desc nulls last"])}`);
    parts.orders(order);
    return `select ${key} as k, ${shown.join(", ")} from ${left.sql} ${c.pick(["left join", "join"])} ${other.sql} on ${on}${where} order by ${directed.join(", ")} limit ${parts.limit()}`;
  }

  #with(body: () => string): string {
    const c = this.#choices;
    if (!c.onceIn(3)) return body();
    const before = this.#ctes;
    const name = this.#alias("w");
    let sql: string;
    if (c.onceIn(3)) {
      const types: Type[] = ["int", c.pick(TYPES)];
      const seed = this.#query(1, [], types);
      const columns = { x: types[0]!, y: types[1]! };
      this.#ctes = [...before, { name, columns }];
      const step = this.#query(1, [], types, name);
      const cycle = c.onceIn(4) ? " cycle x set done using path" : " cycle x, y set done using path";
      sql = `with recursive ${name}(x, y) as (${seed.sql} union ${step.sql})${c.onceIn(2) ? cycle : ""} `;
    } else {
      const modifying = c.onceIn(3);
      const inner = modifying
        ? { sql: c.onceIn(2) ? this.#updateOrDelete() : this.#insert(), types: [] }
        : this.#query(1, [], null);
      const columns = Object.fromEntries(inner.types.map((t, i) => [`c${i}`, t]));
      this.#ctes = [...before, { name, columns }];
      sql = `with ${name} as ${c.pick(["", "materialized ", "not materialized "])}(${inner.sql}) `;
    }
    const text = sql + body();
    this.#ctes = before;
    return text;
  }

  #alias(prefix: string): string {
    return `${prefix}${++this.#aliases}`;
  }

  /** A query of these column types, or of its own choice. `from`: a relation that it must read. */
  #query(
    depth: number,
    outer: readonly InScope[],
    types: readonly Type[] | null,
    from?: string,
  ): { sql: string; types: readonly Type[] } {
    const c = this.#choices;
    if (depth > 0 && from === undefined && c.onceIn(7)) {
      const left = this.#query(depth - 1, outer, types);
      const right = this.#query(depth - 1, outer, left.types);
      const op = c.pick(["union all", "union", "intersect", "except", "intersect all", "except all"]);
      return { sql: `(${left.sql}) ${op} (${right.sql})`, types: left.types };
    }
    return this.#select(depth, outer, types, from);
  }

  #select(
    depth: number,
    outer: readonly InScope[],
    types: readonly Type[] | null,
    from?: string,
  ): { sql: string; types: readonly Type[] } {
    const c = this.#choices;
    const source =
      c.onceIn(9) && from === undefined ? { sql: "", columns: [] } : this.#from(depth, outer, from);
    const columns = [...source.columns, ...outer];
    const subquery =
      depth > 0
        ? (type: Type): string => {
            const inner = this.#query(depth - 1, columns, [type]);
            return c.onceIn(3) ? `(${inner.sql} limit 1)` : `(${inner.sql})`;
          }
        : null;
    const plain: Place = { columns, grouped: null, windows: false, subquery };
    const own = c.onceIn(2) ? ` where ${this.#condition(plain)}` : "";
    const where = this.#parts?.conditions(own, " where ", plain) ?? own;
    const grouping = c.below(6);
    let groupBy = "";
    let place: Place = { ...plain, windows: from === undefined };
    if (grouping >= 4 && from === undefined) {
      const keys = source.columns.filter(() => c.onceIn(3)).slice(0, 2);
      const list = keys.map((k) => k.sql).join(", ");
      const form = c.below(6);
      if (grouping === 5 || keys.length === 0) place = { ...plain, grouped: [], windows: c.onceIn(2) };
      else {
        groupBy = ` group by ${form < 3 ? list : form === 3 ? `rollup (${list})` : form === 4 ? `cube (${list})` : `grouping sets ((${list}), (${keys[0]!.sql}))`}`;
        place = { ...plain, grouped: keys, windows: c.onceIn(2) };
      }
    }
    const kept =
      place.grouped && c.onceIn(3) ? ` having ${expression("bool", 2, { ...place, windows: false }, c)}` : "";
    const having = (place.grouped && this.#parts?.groups(kept)) ?? kept;
    // Mostly bare columns: there the inference claims most.
    const nesting = c.pick([0, 0, 0, 1, 1, 2, 3]);
    const chosen =
      types ??
      Array.from({ length: 1 + c.below(nesting === 0 ? 8 : 3) }, () =>
        c.pick(nesting === 0 ? COMMON : TYPES),
      );
    const items = chosen.map((type, i) => {
      if (type === "int" && types === null && c.onceIn(15))
        return `${c.pick([`generate_series(1, ${expression("int", 1, place, c)})`, `unnest(${expression("int[]", 1, place, c)})`])} as c${i}`;
      const item = expression(type, nesting, place, c);
      return `${this.#parts?.item(item, place, type) ?? item} as c${i}`;
    });
    const distinct = c.onceIn(8) ? "distinct " : "";
    const order =
      types === null && c.onceIn(8)
        ? ` order by ${c.pick(["1", "generate_series(1, 3)", "1 nulls first"])}`
        : "";
    const most = types === null && c.onceIn(10) ? ` limit ${c.below(3)}` : "";
    const limit = most === "" && this.#parts && c.onceIn(6) ? ` limit ${this.#parts.limit()}` : most;
    return {
      sql: `select ${distinct}${items.join(", ")}${source.sql}${where}${groupBy}${having}${order}${limit}`,
      types: chosen,
    };
  }

  /** Biased to what proves something. */
  #condition(place: Place): string {
    const c = this.#choices;
    const column = place.columns.length > 0 ? c.pick(place.columns) : null;
    if (column && c.below(3) === 0) return `${column.sql} is not null`;
    if (column && c.below(3) === 0)
      return `(${column.sql} is not null ${c.pick(["and", "or"])} ${expression("bool", 2, place, c)})`;
    return expression("bool", 2, place, c);
  }

  #from(depth: number, outer: readonly InScope[], from?: string): Source {
    const c = this.#choices;
    let left = from === undefined ? this.#item(depth, outer) : this.#relation(from);
    for (let n = c.below(4); n > 0; n--) left = this.#join(left, depth, outer);
    return { sql: ` from ${left.sql}`, columns: left.columns };
  }

  #join(left: Source, depth: number, outer: readonly InScope[]): Source {
    const c = this.#choices;
    let kind = c.pick(["left join", "join", "right join", "full join", "left join", "cross join"]);
    const lateral =
      depth > 0 && c.onceIn(6) && (kind === "left join" || kind === "join" || kind === "cross join");
    const right = lateral
      ? this.#lateral(left.columns, depth, outer)
      : c.onceIn(5)
        ? this.#nested(depth, outer)
        : this.#item(depth, outer);
    const columns = [...left.columns, ...right.columns];
    if (kind === "cross join") return { sql: `${left.sql} cross join ${right.sql}`, columns };
    const place: Place = { columns, grouped: null, windows: false, subquery: null };
    let on: string;
    const l = left.columns.filter((x) => x.type === "int");
    const r = right.columns.filter((x) => x.type === "int");
    if (c.below(5) === 4) on = c.pick(["true", "false", expression("bool", 2, place, c)]);
    else if (l.length > 0 && r.length > 0) on = `${c.pick(l).sql} = ${c.pick(r).sql}`;
    else on = expression("bool", 2, place, c);
    if (kind === "join" && this.#parts) on = this.#parts.conditions(on, "", place);
    // A full join takes merge- or hash-joinable conditions only.
    if (kind === "full join" && !/^[\w.]+ = [\w.]+$|^true$|^false$/.test(on)) kind = "left join";
    if (c.onceIn(6) && /\bid\b/.test(l.map((x) => x.sql).join()) && !left.sql.includes("join")) {
      const both = (s: Source): boolean => s.columns.filter((x) => x.sql.endsWith(".id")).length === 1;
      if (both(left) && both(right) && !right.sql.includes("join"))
        return {
          sql: `${left.sql} ${kind} ${right.sql} using (id)`,
          columns: [...columns.filter((x) => !x.sql.endsWith(".id")), { sql: "id", type: "int" }],
        };
    }
    return { sql: `${left.sql} ${kind} ${right.sql} on ${on}`, columns };
  }

  #nested(depth: number, outer: readonly InScope[]): Source {
    const inner = this.#join(this.#item(depth, outer), depth, outer);
    return { sql: `(${inner.sql})`, columns: inner.columns };
  }

  #lateral(siblings: readonly InScope[], depth: number, outer: readonly InScope[]): Source {
    const alias = this.#alias("l");
    const inner = this.#query(depth - 1, [...siblings, ...outer], null);
    return { sql: `lateral (${inner.sql}) ${alias}`, columns: named(alias, inner.types) };
  }

  #item(depth: number, outer: readonly InScope[]): Source {
    const c = this.#choices;
    const kind = c.below(9);
    if (kind <= 4) return this.#relation(c.pick(Object.keys(RELATIONS)));
    if (kind === 5 && this.#ctes.length > 0) return this.#relation(c.pick(this.#ctes).name);
    if (kind === 6 && depth > 0) {
      const alias = this.#alias("s");
      const inner = this.#query(depth - 1, [], null);
      return { sql: `(${inner.sql}) ${alias}`, columns: named(alias, inner.types) };
    }
    if (kind === 7) {
      const alias = this.#alias("v");
      const cells = [c.pick(["(1, null)", "(1, 'a'), (2, null)", "(1, 'a')", "(null::int, 'a')"])];
      return {
        sql: `(values ${cells}) ${alias} (c0, c1)`,
        columns: [
          { sql: `${alias}.c0`, type: "int" },
          { sql: `${alias}.c1`, type: "text" },
        ],
      };
    }
    if (kind === 8) return this.#function(outer);
    return this.#relation("a");
  }

  #function(outer: readonly InScope[]): Source {
    const c = this.#choices;
    const alias = this.#alias("f");
    const place: Place = { columns: outer, grouped: null, windows: false, subquery: null };
    const e = (type: Type): string => expression(type, 1, place, c);
    const one = (sql: string, type: Type = "int"): Source => ({
      sql: `${sql} as ${alias}(c0)`,
      columns: [{ sql: `${alias}.c0`, type }],
    });
    const two = (sql: string, x: Type, y: Type): Source => ({
      sql: `${sql} as ${alias}(c0, c1)`,
      columns: [
        { sql: `${alias}.c0`, type: x },
        { sql: `${alias}.c1`, type: y },
      ],
    });
    return c.pick([
      () => one(`generate_series(1, ${e("int")})`),
      () => one(`unnest(${e("int[]")})`),
      () => one(`loose(${e("int")})`),
      () => one(`jsonb_array_elements(${e("jsonb")})`, "jsonb"),
      () => one(`jsonb_array_elements_text(${e("jsonb")})`, "text"),
      () => one(`regexp_split_to_table(${e("text")}, 'a')`, "text"),
      () => two(`unnest(${e("int[]")}, ${e("int[]")})`, "int", "int"),
      () => two(`unnest(${e("int[]")}) with ordinality`, "int", "int"),
      () => two(`rows from (generate_series(1, 2), generate_series(1, 3))`, "int", "int"),
      () => two(`rows_of(${e("int")})`, "int", "text"),
      () => two(`pair_of(${e("int")})`, "int", "text"),
      () => two(`two(${e("int")})`, "int", "text"),
      () => two(`jsonb_each(${e("jsonb")})`, "text", "jsonb"),
      () => two(`jsonb_each_text(${e("jsonb")})`, "text", "text"),
      () => ({
        sql: `jsonb_to_recordset(${e("jsonb")}) as ${alias}(c0 int, c1 text)`,
        columns: named(alias, ["int", "text"]),
      }),
      () => ({
        sql: `json_table(${e("jsonb")}, '$[*]' columns (c0 for ordinality, c1 text path '$.k')) as ${alias}`,
        columns: named(alias, ["int", "text"]),
      }),
    ])();
  }

  #relation(name: string): Source {
    const alias = this.#alias("t");
    const columns = this.#ctes.find((cte) => cte.name === name)?.columns ?? RELATIONS[name] ?? {};
    return {
      sql: `${name} ${alias}`,
      columns: Object.entries(columns).map(([column, type]) => ({ sql: `${alias}.${column}`, type })),
    };
  }

  #returning(columns: readonly InScope[], versions: boolean): string {
    const c = this.#choices;
    const seen =
      versions && c.onceIn(3)
        ? columns.map((x) => ({ ...x, sql: x.sql.replace(/^\w+\./, c.pick(["old.", "new."])) }))
        : columns;
    const place: Place = {
      columns: seen,
      grouped: null,
      windows: false,
      subquery: (type) => `(${this.#query(0, seen, [type]).sql} limit 1)`,
    };
    const items = Array.from(
      { length: 1 + c.below(3) },
      (_, i) => `${expression(c.pick(TYPES), 2, place, c)} as c${i}`,
    );
    return ` returning ${items.join(", ")}`;
  }

  #insert(): string {
    const c = this.#choices;
    const [table, key, text] = c.pick([
      ["reset", "n", "t"],
      ["c", "n", "u"],
      ["parent", "n", null],
    ] as const);
    const inner = this.#query(1, [], ["int", "text"]).sql;
    const source = c.onceIn(2)
      ? `values (100 + ${c.below(3)}, ${c.pick(["1", "null"])}${text ? ", 'z'" : ""}), (1, 3${text ? ", 'z'" : ""})`
      : `select 100 + row_number() over (), q.c0${text ? ", coalesce(q.c1, '-')" : ""} from (${inner}) q`;
    const columns: InScope[] = [
      { sql: `${table}.id`, type: "int" },
      { sql: `${table}.${key}`, type: "int" },
      ...(text ? [{ sql: `${table}.${text}`, type: "text" as const }] : []),
    ];
    const conflict =
      table === "parent"
        ? ""
        : c.pick([
            "",
            " on conflict do nothing",
            ` on conflict (id) do update set ${key} = excluded.${key}`,
            ` on conflict (id) do update set ${text} = null where ${table}.${text} is not null`,
          ]);
    return `insert into ${table} (id, ${key}${text ? `, ${text}` : ""}) ${source}${conflict}${this.#returning(columns, true)}`;
  }

  #updateOrDelete(): string {
    const c = this.#choices;
    const [table, set] = c.pick([
      ["a", "n = null"],
      ["a", "u = null, n = k"],
      ["b", "t = null, n = null"],
      ["c", "b_id = null"],
      ["reset", "n = 4"],
      ["child", "n = null"],
    ] as const);
    const own = Object.entries(RELATIONS[table] ?? { id: "int" as const, n: "int" as const }).map(
      ([column, type]) => ({
        sql: `${table}.${column}`,
        type,
      }),
    );
    const other = c.onceIn(2) ? this.#from(1, []) : null;
    const columns = [...own, ...(other?.columns ?? [])];
    const place: Place = { columns, grouped: null, windows: false, subquery: null };
    const limiting = c.onceIn(3) ? "" : ` where ${this.#condition(place)}`;
    const where = this.#parts?.conditions(limiting, " where ", place) ?? limiting;
    if (c.onceIn(2)) {
      const using = other ? other.sql.replace(/^ from/, " using") : "";
      return `delete from ${table}${using}${where}${this.#returning(columns, true)}`;
    }
    return `update ${table} set ${this.#parts?.assignments(set, columns) ?? set}${other?.sql ?? ""}${where}${this.#returning(columns, true)}`;
  }

  #merge(): string {
    const c = this.#choices;
    const source = this.#item(1, []);
    const target = RELATIONS.c!;
    const columns = [
      ...Object.entries(target).map(([column, type]) => ({ sql: `c.${column}`, type })),
      ...source.columns,
    ];
    const ints = source.columns.filter((x) => x.type === "int");
    const on = ints.length > 0 ? `c.id = ${c.pick(ints).sql}` : "false";
    const actions = [
      c.pick([
        "when matched then update set u = null",
        "when matched then delete",
        "when matched and c.u is not null then do nothing",
      ]),
      c.pick([
        "",
        " when not matched then insert (id, n, u) values (300, 1, null)",
        " when not matched by target then do nothing",
      ]),
      c.pick([
        "",
        " when not matched by source then delete",
        " when not matched by source then update set b_id = null",
      ]),
    ].join("");
    return `merge into c using ${source.sql} on ${on} ${actions}${this.#returning(columns, true)}`;
  }
}

function named(alias: string, types: readonly Type[]): InScope[] {
  return types.map((type, i) => ({ sql: `${alias}.c${i}`, type }));
}
