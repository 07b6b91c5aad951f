import { isTotal, nullBy } from "../../src/infer/total-functions.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";

/** Values of each type, chosen for the answers that functions may not have: empty, infinite, open, out of range. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ["true", "false"],
  bytea: ["'\\x'", "'\\x00ff'"],
  char: ["'a'", "''"],
  name: ["'a'", "''", "'pg_class'"],
  int8: ["0", "1", "-3", "70"],
  int2: ["0", "1", "-3"],
  int4: ["0", "1", "2", "-3", "70"],
  text: ["''", "'a'", "'aba'", "'YYYY'", "'{}'", "'1'", "'day'", "'UTC'", "'pg_class'"],
  oid: ["0", "1", "1259", "99999"],
  xid: ["'3'"],
  xid8: ["'3'"],
  cid: ["'3'"],
  tid: ["'(0,1)'"],
  pg_lsn: ["'0/1'", "'0/0'"],
  json: ["'null'", "'{}'", "'[1, null]'", `'{"a": null}'`, "'1'"],
  jsonb: ["'null'", "'{}'", "'[1, null]'", `'{"a": null}'`, "'1'", "'true'"],
  jsonpath: ["'$.a'", "'strict $.b'", "'$[*] ? (@ > 1)'", "'$'", "'$ > 1'", "'strict $.b.c > 1'"],
  xml: ["'<a/>'", "''"],
  point: ["'(0,0)'", "'(1,2)'", "'(infinity,1)'", "'(nan,1)'"],
  lseg: ["'[(0,0),(1,1)]'", "'[(5,5),(5,5)]'", "'[(0,1),(1,2)]'"],
  path: ["'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'", "'[(0,0)]'"],
  box: ["'(1,1),(0,0)'", "'(5,5),(5,5)'"],
  polygon: ["'((0,0),(1,1),(2,0))'", "'((9,9))'"],
  line: ["'{1,-1,0}'", "'{0,1,0}'", "'{1,0,0}'"],
  circle: ["'<(0,0),1>'", "'<(9,9),0>'"],
  float4: ["0", "1.5", "'nan'", "'infinity'"],
  float8: ["0", "1.5", "-2", "'nan'", "'infinity'"],
  money: ["1", "0"],
  macaddr: ["'08:00:2b:01:02:03'"],
  macaddr8: ["'08:00:2b:01:02:03:04:05'"],
  inet: ["'10.0.0.1/8'", "'::1'"],
  cidr: ["'10.0.0.0/8'", "'::/0'"],
  bpchar: ["''", "'a '"],
  varchar: ["''", "'a'"],
  date: ["'2024-02-29'", "'infinity'", "'-infinity'"],
  time: ["'00:00'", "'24:00'"],
  timestamp: ["'2024-02-29 12:00'", "'infinity'", "'-infinity'"],
  timestamptz: ["'2024-02-29 12:00+00'", "'infinity'", "'-infinity'"],
  interval: ["'0'", "'1 month -2 days'", "'-1 hour'", "'infinity'"],
  timetz: ["'00:00+00'", "'24:00-15'"],
  bit: ["'101'", "'0'"],
  varbit: ["''", "'101'"],
  numeric: ["0", "1.50", "-2", "'nan'", "'infinity'"],
  uuid: ["'00000000-0000-0000-0000-000000000000'", "'01890000-0000-7000-8000-000000000000'"],
  tsvector: ["''", "'a:1 b:2'"],
  tsquery: ["''", "'a & !b'"],
  regclass: ["'pg_class'"],
  regtype: ["'int4'", "0"],
  regproc: ["0"],
  regconfig: ["'simple'"],
  regrole: ["0"],
  regnamespace: ["0"],
  int4range: ["'empty'", "'[1,5)'", "'(,)'", "'[3,)'"],
  int8range: ["'empty'", "'[1,5)'", "'(,3)'"],
  numrange: ["'empty'", "'[1,5)'", "'(,)'"],
  tsrange: ["'empty'", "'[2024-01-01,infinity)'"],
  tstzrange: ["'empty'", "'[2024-01-01,)'"],
  daterange: ["'empty'", "'[2024-01-01,2024-02-01)'"],
  int4multirange: ["'{}'", "'{[1,5)}'", "'{(,3),[7,)}'"],
  int8multirange: ["'{}'", "'{[1,5)}'"],
  nummultirange: ["'{}'", "'{[1,5)}'"],
  tsmultirange: ["'{}'"],
  tstzmultirange: ["'{}'"],
  datemultirange: ["'{}'", "'{[2024-01-01,2024-02-01)}'"],
  _text: ["'{}'", "'{a,null,b}'", "'{a}'"],
  _int4: ["'{}'", "'{1,null}'", "'{{1,2},{3,4}}'", "'[0:1]={5,6}'"],
  _int8: ["'{}'", "'{1}'"],
  _int2: ["'{}'", "'{1}'"],
  _float8: ["'{}'", "'{1,0.5}'"],
  _numeric: ["'{}'", "'{1}'"],
  _oid: ["'{}'", "'{1}'"],
  _name: ["'{}'", "'{a}'"],
  _bool: ["'{}'", "'{t}'"],
  _char: ["'{}'"],
  oidvector: ["''", "'1 2'"],
  int2vector: ["''", "'1 2'"],
};
/** Concrete types that stand in for the polymorphic ones. */
const POLYMORPHIC: readonly Readonly<Record<string, string>>[] = [
  {
    anyelement: "int4",
    anyarray: "_int4",
    anynonarray: "int4",
    anycompatible: "int4",
    anycompatiblearray: "_int4",
    anycompatiblenonarray: "int4",
    anyrange: "int4range",
    anymultirange: "int4multirange",
    anycompatiblerange: "int4range",
    anycompatiblemultirange: "int4multirange",
    any: "text",
    anyenum: "solitude_mood",
    record: "solitude_pair",
  },
  {
    anyelement: "text",
    anyarray: "_text",
    anynonarray: "text",
    anycompatible: "text",
    anycompatiblearray: "_text",
    anycompatiblenonarray: "text",
    any: "int4",
    record: "solitude_pair",
  },
];
const MORE_VALUES: Readonly<Record<string, readonly string[]>> = {
  solitude_mood: ["'sad'", "'ok'"],
  solitude_pair: ["row(1, null)", "row(null, null)"],
};
/** They wait, stop something, write, or are endless. */
const NOT_TRIED =
  /^(pg_sleep|pg_cancel|pg_terminate|pg_advisory|pg_try_advisory|pg_notify|lastval|currval|nextval|setval|repeat|pg_postmaster|txid|pg_current|regclass)/;
const MAX_TRIES = 400;

const typeIn = (name: string): string => (name === "char" ? '"char"' : name);

/** Arguments, at most so many lists of them: all of the product, or a stride through it. */
function argumentLists(pools: readonly (readonly string[])[]): string[][] {
  const size = pools.reduce((n, pool) => n * pool.length, 1);
  const step = Math.max(1, Math.ceil(size / MAX_TRIES) | 1);
  const lists: string[][] = [];
  for (let n = 0; n < size; n += step) {
    let rest = n;
    lists.push(
      pools.map((pool) => {
        const value = pool[rest % pool.length]!;
        rest = Math.floor(rest / pool.length);
        return value;
      }),
    );
  }
  return lists;
}

/** Fields of infinity that are said to be there, and are NULL. */
async function fieldsThatInfinityLacks(engine: EmbeddedEngine): Promise<string[]> {
  const fields =
    "microseconds millisecond second minute minutes hour hours day days week month quarter dow doy isodow timezone".split(
      " ",
    );
  fields.push(..."year years decade century millennium epoch julian isoyear".split(" "));
  const lacking: string[] = [];
  for (const [name, type] of Object.entries({
    interval: 1186,
    timestamp: 1114,
    timestamptz: 1184,
    date: 1082,
  })) {
    for (const field of fields) {
      const fn = { oid: 1, schema: "pg_catalog", name: "extract", returnsSet: false };
      if (
        !isTotal(fn, [
          { type: 25, text: field },
          { type, text: null },
        ])
      )
        continue;
      const [row] = await engine.run(
        `select solitude_try('extract(''${field}'' from ${name} ''infinity'')') as answer`,
      );
      if (row?.answer === true) lacking.push(`${field} of ${name}`);
    }
  }
  return lacking;
}

test("what is listed as total never gives NULL for arguments that are not, and for those that are where it is said so", async () => {
  const engine = await EmbeddedEngine.start();
  try {
    await engine.run(`
      create type solitude_mood as enum ('sad', 'ok');
      create type solitude_pair as (a int, b text);
      create function solitude_try(call text) returns boolean language plpgsql as $$
      declare answer boolean;
      begin execute 'select (' || call || ') is not distinct from null' into answer; return answer;
      exception when others then return null; end $$`);
    const types = new Map(
      (await engine.run("select oid::int8::text as oid, typname::text as name from pg_type")).map((r) => [
        Number(r.oid),
        r.name as string,
      ]),
    );
    const functions = await engine.run(
      `select p.oid::int8::text as oid, p.proname::text as name, p.proargtypes::text as args, p.provariadic <> 0 as variadic,
         p.proisstrict as strict from pg_proc p
       where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset order by p.oid`,
    );
    const answersOf = (calls: readonly string[]) =>
      engine.run(
        `select call, answer from unnest(array[${calls.map((c) => `'${c.replaceAll("'", "''")}'`).join(", ")}]) as call,
           solitude_try(call) as answer where answer is not null`,
      );
    const partial: string[] = [];
    const misstated: string[] = [];
    let tried = 0;
    for (const row of functions) {
      const name = row.name as string;
      const args = (row.args as string).split(" ").filter(Boolean).map(Number);
      const fn = { oid: Number(row.oid), schema: "pg_catalog", name, returnsSet: false };
      if (NOT_TRIED.test(name)) continue;
      for (const stand of POLYMORPHIC) {
        const names = args.map((oid) => stand[types.get(oid)!] ?? types.get(oid)!);
        const oids = names.map((n) => [...types].find(([, t]) => t === n)?.[0] ?? 0);
        if (
          !isTotal(
            fn,
            oids.map((type) => ({ type, text: null })),
          )
        )
          continue;
        const pools = names.map((n) => (MORE_VALUES[n] ?? VALUES[n] ?? []).map((v) => `${v}::${typeIn(n)}`));
        // A stand-in without a range or an enum: another has it.
        if (pools.some((pool) => pool.length === 0)) continue;
        const isArray = (i: number) => row.variadic && i === names.length - 1 && names[i]!.startsWith("_");
        const callOf = (list: readonly string[]) =>
          `pg_catalog."${name}"(${list.map((v, i) => (isArray(i) ? `variadic ${v}` : v)).join(", ")})`;
        const calls = argumentLists(pools).map(callOf);
        const nulls = await answersOf(calls);
        if (nulls.length > 0) tried++;
        const gives = nulls.find((n) => n.answer === true);
        if (gives) partial.push(gives.call as string);
        const by = nullBy(fn);
        const open = row.strict ? [] : names.flatMap((_, i) => (isArray(i) ? [] : i));
        for (const i of open) {
          const withNull = pools.map((pool, at) => (at === i ? [`null::${typeIn(names[i]!)}`] : pool));
          const answers = await answersOf(argumentLists(withNull).map(callOf));
          const makesNull = by === null || (by !== "all-together" && by.includes(i));
          if (answers.some(({ answer }) => answer === true) !== makesNull)
            misstated.push(`${name}(${names.join()}): ${i}`);
        }
        if (names.every((n, i) => n === types.get(args[i]!))) break;
      }
    }
    expect(partial).toEqual([]);
    expect(misstated).toEqual([]);
    expect(await fieldsThatInfinityLacks(engine)).toEqual([]);
    expect(tried).toBeGreaterThan(1000);
  } finally {
    await engine.close();
  }
});
