import type { Choices } from "../choices.ts";
import type { World } from "../subject.ts";
import { type Kind, type Kinds, nullOr, writeKinds } from "./kinds.ts";

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly notNull: boolean;
}

/** What FROM can name. */
export interface Relation {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Whether INSERT and UPDATE take it, and it has `id` and `state`. */
  readonly writable: boolean;
  /** The table that `ref` points to. */
  readonly refers: string | null;
}

/** A random schema with its data, and what queries can say of it. */
export interface RandomWorld extends World {
  readonly kinds: Kinds;
  readonly tables: readonly Relation[];
  readonly relations: readonly Relation[];
  /** Calls of functions that return one value, of an int. */
  readonly scalarCalls: readonly string[];
  /** Calls of functions that return rows, with their columns. */
  readonly rowCalls: readonly { readonly sql: string; readonly columns: readonly string[] }[];
}

const STATES = ["draft", "done", "gone"] as const;
/** One that every server has and that policies hold for, since roles of our own would be all databases'. */
const ROLE = "pg_read_all_data";
const GRANTS = `do $$ begin execute format('grant all on all tables in schema %I to ${ROLE}', current_schema()); end $$;`;
const TABLES = ["t0", "t1", "t2", "t3"] as const;

export function writeWorld(c: Choices): RandomWorld {
  const kinds = writeKinds(c);
  const ddl: string[] = [kinds.ddl];
  const late: string[] = [];
  const tables = TABLES.map((name, i) => writeTable(name, i, kinds, c, ddl, late));
  writeRelatives(tables, c, ddl);
  writePlaces(c, ddl);
  const views = writeViews(tables, kinds, c, ddl);
  const functions = writeFunctions(tables, ddl.join("\n"), c);
  ddl.push(functions.ddl);
  ddl.push(GRANTS);
  const data = (rows: number): string =>
    Array.from({ length: rows }, () => tables.map((t) => insertion(t, c)).join("")).join("") +
    places(c) +
    Array.from({ length: rows / 4 }, () => happening(c.pick(tables), c)).join("");
  return {
    schema: ddl.join("\n"),
    late: late.join("\n"),
    fillings: { empty: "", few: data(4), many: data(24) },
    // Deferred constraints do not hold within a transaction.
    before: tables.map((t) => insertion(t, c, true)).join(""),
    role: ROLE,
    kinds,
    tables,
    relations: [...tables, ...views],
    scalarCalls: functions.scalarCalls,
    rowCalls: functions.rowCalls,
  };
}

function writeTable(
  name: string,
  i: number,
  kinds: Kinds,
  c: Choices,
  ddl: string[],
  late: string[],
): Relation {
  const fields: Field[] = [
    { name: "id", kind: kinds.int, notNull: true },
    { name: "state", kind: kinds.text, notNull: true },
  ];
  // The last one has a key that proves; of the others each may be of a kind that does not.
  const isPlain = i === TABLES.length - 1;
  const refers = i === 0 ? null : TABLES[isPlain ? i - 1 : c.below(i)]!;
  if (refers !== null) fields.push({ name: "ref", kind: kinds.int, notNull: isPlain || c.onceIn(2) });
  const own = Array.from({ length: 5 + c.below(3) }, (_, k): Field => {
    const kind =
      k === 0 ? kinds.int : k === 1 ? c.pick([kinds.mood, kinds.tag, kinds.bool]) : c.pick(kinds.all);
    return { name: `x${k}`, kind, notNull: !kind.refusesNull && c.onceIn(3) };
  });
  fields.push(...own);
  const pick = (): string => c.pick(own).name;
  const checks = [
    `state in (${STATES.map((s) => `'${s}'`).join(", ")})`,
    ...[
      () => `state <> 'done' or ${pick()} is not null`,
      () => `case when state = 'gone' then ${pick()} is not null else true end`,
      () => `${pick()} is null or ${pick()} is not null`,
      () => `state = 'draft' or (${pick()} is not null and ${pick()} is not null)`,
      () => `num_nonnulls(x0, x1) > 0`,
      () => `x0 is not null${c.onceIn(2) ? " or x0 is null" : ""}`,
    ]
      .filter(() => c.onceIn(2))
      .map((write) => write()),
  ];
  const generated = c.onceIn(2) ? ", made int generated always as (x0 + 1) stored" : "";
  const columns = fields.map(
    (f) => `${f.name} ${f.kind.sql}${f.notNull ? " not null" : ""}${f.name === "id" ? " primary key" : ""}`,
  );
  ddl.push(
    `create table ${name} (${columns.join(", ")}${generated}${checks.map((k) => `, check (${k})`).join("")});`,
  );
  if (refers !== null) ddl.push(...writeKey(name, refers, isPlain, c, late));
  const loose = own.filter((f) => !f.notNull);
  if (loose.length > 0 && c.onceIn(3))
    late.push(`alter table ${name} add check (${c.pick(loose).name} is not null) not valid;`);
  if (loose.length > 0 && c.onceIn(2)) {
    const body = c.pick([
      `new.${c.pick(loose).name} := null; return new;`,
      `if new.id % 2 = 0 then return null; end if; return new;`,
      `select null into new.${c.pick(loose).name}; return new;`,
      `new := (select x from ${name} x where x.id = new.id); return new;`,
    ]);
    const when = c.pick(["insert or update", "insert", "update"]);
    ddl.push(
      `create function on_${name}() returns trigger language plpgsql as $$ begin ${body} end $$;
create trigger on_${name} before ${when} on ${name} for each row ${c.onceIn(2) ? "when (new.id > 2) " : ""}execute function on_${name}();`,
    );
  }
  if (i < 2 && c.onceIn(2))
    ddl.push(`alter table ${name} enable row level security; create policy seen on ${name} using (id > 1);`);
  if (generated) fields.push({ name: "made", kind: kinds.int, notNull: false });
  return { name, fields, writable: true, refers };
}

/** What a key does to the rows that refer, and what may come between. */
const ACTIONS = ["", "", "on delete cascade", "on delete set null", "on update cascade"] as const;

/** A foreign key that proves, or one of those that do not: broken within a transaction, by older rows, by what replaces its own commands. */
function writeKey(name: string, refers: string, isPlain: boolean, c: Choices, late: string[]): string[] {
  const key = `alter table ${name} add foreign key (ref) references ${refers} ${c.pick(ACTIONS)}`;
  if (isPlain) return [`${key};`];
  const how = c.pick([
    ...["", "", "deferrable initially deferred", "deferrable", "not valid"],
    ...["unseen", "rule", "kept row", "kept key"],
  ] as const);
  const keeps = (event: string, body: string): string =>
    `create function keeps_${name}() returns trigger language plpgsql as $$ begin ${body} end $$;
create trigger a_keeps_${name} before ${event} on ${name} for each row execute function keeps_${name}();`;
  switch (how) {
    case "not valid":
      late.push(`${key} not valid;`);
      return [];
    case "unseen":
      return [
        `${key};`,
        `alter table ${name} disable trigger all; alter table ${refers} disable trigger all;`,
      ];
    case "rule":
      return [
        `${key};`,
        `create rule keeps_${name} as on ${c.pick(["delete", "update"])} to ${name} do instead nothing;`,
      ];
    case "kept row":
      return [`${key};`, keeps("delete", "return null;")];
    case "kept key":
      return [`${key};`, keeps("update", "new.ref := old.ref; return new;")];
    default:
      return [`${key} ${how};`];
  }
}

/** Happens to rows that others refer to: some are erased, some get another key. */
function happening({ name }: Relation, c: Choices): string {
  const id = 1 + c.below(6);
  const what = c.pick([
    `delete from ${name} where id = ${id};`,
    `update ${name} set id = id + 50 where id = ${id};`,
    `delete from ${name} where id > ${id};`,
  ]);
  return `do $row$ begin ${what} set constraints all immediate; exception when others then null; end $row$;\n`;
}

/** A key of two columns, of which one may be NULL, and the tables at both ends. */
function writePlaces(c: Choices, ddl: string[]): void {
  const unique = c.pick(["primary key (x, y)", "unique (x, y)", "unique (y, x)"]);
  const match = c.pick(["", "", " match full"]);
  const [x, y] = [c.pick(["", " not null", " not null"]), c.pick(["", " not null", " not null"])];
  ddl.push(`create table place (x int not null, y text not null, note text not null, ${unique});
create table visit (id int primary key, x int${x}, y text${y}, foreign key (x, y) references place (x, y)${match} ${c.pick(ACTIONS)});
create table gone_by (id int not null, x int${x}, y text${y}, foreign key (x, y) references place (x, y)${match}) partition by list (id);
create table gone_by_1 partition of gone_by for values in (1, 2);
create table gone_by_2 partition of gone_by default;`);
}

function places(c: Choices): string {
  const one = (): string => `${c.pick(["1", "2", "null"])}, ${c.pick(["'a'", "'b'", "null"])}`;
  const rows = [
    `insert into place values (1, 'a', 'p'), (2, 'b', 'q')`,
    ...[1, 2, 3, 4].map((id) => `insert into visit values (${id}, ${one()})`),
    ...[1, 2, 3, 4].map((id) => `insert into gone_by values (${id}, ${one()})`),
    c.pick([`delete from place where x = 1`, `update place set y = 'c' where x = 2`, `select 1 from place`]),
  ];
  return rows
    .map(
      (row) =>
        `do $row$ begin ${row.replace(/^select 1/, "perform 1")}; exception when others then null; end $row$;\n`,
    )
    .join("");
}

/** Children, which keys and unique indexes of the parent do not hold for, and partitions. */
function writeRelatives(tables: readonly Relation[], c: Choices, ddl: string[]): void {
  if (c.onceIn(2)) {
    const parent = c.pick(tables.slice(0, 2));
    ddl.push(`create table child (extra text) inherits (${parent.name});`);
    ddl.push(
      `create rule of_child as on delete to child where old.id = 1 do also delete from child where id = 2;`,
    );
  }
  ddl.push(`create table parted (id int not null, state text not null, x0 int, x1 flat) partition by list (state);
create table parted_1 partition of parted for values in ('done');
create table parted_2 (x1 flat, x0 int${c.onceIn(2) ? " not null" : ""}, id int not null, state text not null);
alter table parted attach partition parted_2 default;`);
  if (c.onceIn(2))
    ddl.push(`create function on_parted() returns trigger language plpgsql as $$ begin new.x0 := null; return new; end $$;
create trigger on_parted before insert on parted_1 for each row execute function on_parted();`);
}

function writeViews(tables: readonly Relation[], kinds: Kinds, c: Choices, ddl: string[]): Relation[] {
  const relations: Relation[] = [
    {
      name: "parted",
      writable: true,
      refers: null,
      fields: [
        { name: "id", kind: kinds.int, notNull: true },
        { name: "state", kind: kinds.text, notNull: true },
        { name: "x0", kind: kinds.int, notNull: false },
        { name: "x1", kind: kinds.flat, notNull: false },
      ],
    },
  ];
  const list = (r: Relation, from = r.name): string => r.fields.map((f) => `${from}.${f.name}`).join(", ");
  const add = (name: string, of: Relation, sql: string, writable: boolean, materialized = false): void => {
    ddl.push(`create ${materialized ? "materialized " : ""}view ${name} as ${sql};`);
    relations.push({ ...of, name, writable });
  };
  const [a, b, d] = [c.pick(tables), c.pick(tables), tables[1 + c.below(tables.length - 1)]!];
  add(
    "plain",
    a,
    `select ${list(a)} from ${a.name} where ${c.pick(["x0 is not null", "state = 'done'", "true"])}`,
    true,
  );
  add("again", a, `select ${list(a, "plain")} from plain${c.onceIn(2) ? " where id > 1" : ""}`, true);
  add("joined", b, `select ${list(b, "r")} from ${d.name} l left join ${b.name} r on r.id = l.ref`, false);
  add(
    "kept",
    d,
    `select ${list(d)} from ${d.name}${c.onceIn(2) ? " where x0 is not null" : ""}`,
    false,
    true,
  );
  add("kept_again", d, `select ${list(d, "k")} from kept k where k.state <> 'gone'`, false);
  add("ruled", a, `select ${list(a)} from ${a.name} order by id limit 3`, true);
  const nulls = a.fields.map((f) =>
    f.name === "id" ? "new.id" : f.name === "state" ? "'x'" : `null::${f.kind.sql}`,
  );
  if (c.onceIn(2))
    ddl.push(
      `create rule made as on insert to ruled do instead insert into ${a.name} (id, state) values (new.id, 'draft') returning ${
        c.onceIn(2) ? list(a) : nulls.join(", ").replace("new.id", `${a.name}.id`)
      };`,
    );
  ddl.push(
    `create rule changed as on update to ruled do instead update ${a.name} set x0 = null where id = old.id returning ${list(a)};`,
  );
  add(
    "instead",
    d,
    `select ${list(d)} from ${d.name} union all select ${list(d)} from ${d.name} where false`,
    true,
  );
  ddl.push(`create function on_instead() returns trigger language plpgsql as $$ begin ${c.pick(["return new", "new.x0 := null; return new", "return null", "new := null; return new"])}; end $$;
create trigger on_instead instead of insert or update on instead for each row execute function on_instead();`);
  return relations;
}

/** @param ddl of the tables: one whose updates a rule swallows gives none of their rows back, which a function is refused for */
function writeFunctions(
  tables: readonly Relation[],
  ddl: string,
  c: Choices,
): { ddl: string; scalarCalls: string[]; rowCalls: { sql: string; columns: string[] }[] } {
  const [a, b] = [tables[0]!, tables[1 + c.below(tables.length - 1)]!];
  const stored = ddl.includes(`as on update to ${b.name} do instead nothing`) ? tables.at(-1)! : b;
  const field = c.pick(a.fields);
  const other = c.pick(b.fields.filter((f) => f.name.startsWith("x")));
  const all = (r: Relation): string[] => r.fields.map((f) => f.name);
  const from = `from ${a.name} t where t.id = $1`;
  const functions = `
create function f_strict(int) returns int language plpgsql strict immutable as $$ begin return nullif($1, 1); end $$;
create function f_loose(a int, b int default null) returns int language sql immutable as 'select coalesce(a, b)';
create function f_name(i int) returns text language sql stable as $$ select state ${from} $$;
create function f_count(i int) returns int language sql stable as $$ select count(*)::int ${from} $$;
create function f_sure(i int) returns int language sql stable as $$ select coalesce((select x0 ${from}), ${c.pick(["0", "$1"])}) $$;
create function f_first() returns int language sql stable as $$ select id from ${b.name} ${c.pick(["", "where x0 is not null "])}order by id limit 1 $$;
create function f_field(i int) returns ${field.kind.sql} language sql stable as $$ select ${field.name} ${from} $$;
create function f_branch(a int) returns int language plpgsql as $$ begin if a > 1 then return 1; end if; return ${c.pick(["2", "a", "null", "(select x0 from t0 where id = a)"])}; end $$;
create function f_falls(a int) returns int language plpgsql as $$ begin if a > 1 then return 1; elsif a < 1 then return 0; end if; ${c.pick(["return 3;", "raise notice '%', a; return a + 1;", "begin return 1 / 0; exception when others then return null; end;"])} end $$;
create function f_caught(a int) returns int language plpgsql as $$ declare n int ${c.pick([":= 1", ""])}; begin ${c.pick(["n := a;", "select x0 into n from t0 where id = a;", ""])} return n; end $$;
create function f_flat(i int) returns flat language sql stable as $$ select row(i, null, null)::flat ${c.pick(["where i > 1", ""])} $$;
create function f_void() returns void language plpgsql as $$ begin end $$;
create function f_poly(anyelement) returns anyelement language sql as $$ select $1 $$;
create function f_rows(i int) returns table (x int, y ${other.kind.sql}) language sql stable as $$ select id, ${other.name} from ${b.name} where id >= i $$;
create function f_table() returns setof ${a.name} language sql stable as $$ select * from ${a.name} ${c.pick(["", "where state = 'done'"])} $$;
create function f_padded() returns setof ${a.name} language sql stable as $$ select t.* from ${b.name} r left join ${a.name} t on t.id = r.ref $$;
create function f_one(i int) returns ${a.name} language sql stable as $$ select * ${from} $$;
create function f_atomic(i int) returns table (x int, y int) language sql stable begin atomic select id, x0 ${from.replace("$1", "i")}; end;
create function f_out(i int, out x int, out y text) language sql as $$ select i, null::text $$;
create function f_set(i int) returns setof int language sql as $$ select ${c.pick(["nullif(g, 2)", "g"])} from generate_series(1, i) g $$;
create function f_query(i int) returns table (x int, y text) language plpgsql as $$ begin return query select id, ${c.pick(["state", "null::text"])} ${from}; ${c.pick(["", "return query select 1, null::text;", "x := 1; return next;"])} end $$;
create function f_stored() returns setof ${stored.name} language sql as $$ update ${stored.name} set x0 = 1 where id = 1 returning * $$;
`;
  return {
    ddl: functions,
    scalarCalls: [
      ...["f_strict(N)", "f_loose(N)", "f_loose(N, 1)", "f_name(N)", "f_count(N)", "f_sure(N)", "f_first()"],
      ...[
        "f_field(N)",
        "f_branch(N)",
        "f_falls(N)",
        "f_caught(N)",
        "f_flat(N)",
        "(f_flat(N)).a",
        "f_poly(N)",
      ],
      ...[
        "(f_out(N)).x",
        "(f_one(N)).state",
        "f_one(N)",
        "(f_table()).x0",
        "f_set(N)",
        "(f_rows(N)).y",
        "f_void()",
      ],
    ],
    rowCalls: [
      { sql: "f_rows(N)", columns: ["x", "y"] },
      { sql: "f_table()", columns: all(a) },
      { sql: "f_padded()", columns: all(a) },
      { sql: "f_one(N)", columns: all(a) },
      { sql: "f_atomic(N)", columns: ["x", "y"] },
      { sql: "f_out(N)", columns: ["x", "y"] },
      { sql: "f_query(N)", columns: ["x", "y"] },
      { sql: "f_flat(N)", columns: ["a", "b", "c"] },
      { sql: "f_stored()", columns: all(stored) },
    ],
  };
}

/** Mostly one that is there. */
function referred(table: string, id: number, c: Choices): string {
  return c.onceIn(4)
    ? String(id)
    : `(select coalesce(min(id) filter (where id >= ${id}), min(id)) from ${table})`;
}

/** A row, left out where a constraint refuses it; with `dangling`, one that a deferred key would refuse in the end. */
function insertion(table: Relation, c: Choices, dangling = false): string {
  const fields = table.fields.filter((f) => f.name !== "made");
  const values = fields.map((f) => {
    if (f.name === "id") return dangling ? "9" : String(1 + c.below(6));
    if (f.name === "state") return `'${c.pick(STATES)}'`;
    if (f.name === "ref" && dangling) return "99";
    if (f.name === "ref")
      return !f.notNull && c.onceIn(3) ? "null" : referred(table.refers!, 1 + c.below(6), c);
    // Stored unchecked, as PostgreSQL documents.
    if (f.kind.refusesNull && c.onceIn(4)) return `(select s.${f.name} from ${table.name} s where false)`;
    return f.notNull ? f.kind.value(c, 2) : nullOr(f.kind, c, 2);
  });
  const names = fields.map((f) => f.name).join(", ");
  const row = `insert into ${table.name} (${names}) values (${values.join(", ")});`;
  const checked = dangling ? "" : " set constraints all immediate;";
  return `do $row$ begin ${row}${checked} exception when others then null; end $row$;\n`;
}
