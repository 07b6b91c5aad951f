import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { type ObjectQuery, own, type Reading, row, userSchema } from "./reading.ts";

/** The number of another object, in words that do not differ between databases. */
const named = (catalog: string, oid: string): string =>
  `(select i.identity from pg_identify_object('${catalog}'::regclass, ${oid}, 0) i where ${oid} <> 0)`;

const listed = (rows: string): string => `(select string_agg(x.t, '; ' order by x.t) from (${rows}) x (t))`;

/**
 * Catalogs whose objects are told and compared, though no migration is written for them; and what an object says beyond its own row: what
 * that names by number, and what stands in rows of other catalogs.
 */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  pg_operator: [named("pg_operator", "o.oprcom"), named("pg_operator", "o.oprnegate")],
  pg_opclass: [
    named("pg_opfamily", "o.opcfamily"),
    "format_type(o.opcintype, null)",
    "case when o.opckeytype <> 0 then format_type(o.opckeytype, null) end",
  ],
  pg_opfamily: [
    listed(
      `select format('%s %s', a.amopstrategy, ${named("pg_operator", "a.amopopr")}) from pg_amop a where a.amopfamily = o.oid`,
    ),
    listed(
      `select format('%s %s %s %s', p.amprocnum, p.amproclefttype::regtype, p.amprocrighttype::regtype, p.amproc) from pg_amproc p where p.amprocfamily = o.oid`,
    ),
  ],
  pg_cast: [named("pg_proc", "o.castfunc")],
  pg_conversion: [],
  pg_foreign_data_wrapper: [named("pg_proc", "o.fdwhandler"), named("pg_proc", "o.fdwvalidator")],
  pg_foreign_server: [
    "(select w.fdwname::text from pg_foreign_data_wrapper w where w.oid = o.srvfdw)",
    listed("select concat_ws(' ', m.usename, m.umoptions) from pg_user_mappings m where m.srvid = o.oid"),
  ],
  pg_language: [
    named("pg_proc", "o.lanplcallfoid"),
    named("pg_proc", "o.laninline"),
    named("pg_proc", "o.lanvalidator"),
  ],
  pg_transform: [],
  pg_am: [],
};

/** Numbers of objects differ between databases; what else a row says is its content. */
const content = (more: readonly string[]): string =>
  `concat_ws(' | ', (select string_agg(e.key || '=' || e.value, ' ' order by e.key) from jsonb_each_text(to_jsonb(o)) e
     where e.key not in ('oid') and e.key !~ 'owner$' and e.key !~ 'acl$' and e.value !~ '^\\d{5,}$')${more.map((sql) => `, ${sql}`).join("")})`;

/** Those that an extension or another object (a range type its casts) brought along are told with it. */
const other = (
  catalog: string,
  more: readonly string[],
  where = "true",
  definition = content(more),
): string =>
  `${row({
    class: catalog,
    oid: "o.oid",
    kind: "other",
    name: "i.identity",
    properties: { type: "i.type", definition },
  })} from ${catalog} o, pg_identify_object('${catalog}'::regclass, o.oid, 0) i
   where o.oid >= ${FIRST_NORMAL_OID} and ${where} and not exists (select from pg_depend d
     where d.classid = '${catalog}'::regclass and d.objid = o.oid and d.deptype in ('e', 'i'))`;

const FOREIGN_TABLE = `relkind = 'f'`;
const BASE_TYPE = `typtype = 'b' and typcategory <> 'A'`;
const inUserSchema = (column: string): string =>
  `exists (select from pg_namespace n where n.oid = ${column} and ${userSchema("n")})`;

const COLUMNS_OF_FOREIGN_TABLE = [
  "(select concat_ws(' ', s.srvname, f.ftoptions) from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = o.oid)",
  `(select string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
     'default ' || pg_get_expr(e.adbin, e.adrelid), a.attfdwoptions), ', ' order by a.attnum)
   from pg_attribute a left join pg_attrdef e on e.adrelid = a.attrelid and e.adnum = a.attnum where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped)`,
];

/** What dictionaries a configuration asks about each sort of word, in order: a line for each sort, behind that of its parser. */
const CONFIGURATION = `concat_ws(chr(10), 'parser = ' || ${named("pg_ts_parser", "o.cfgparser")},
  (select string_agg(format('%s with %s', quote_ident(t.alias), m.dictionaries), chr(10) order by m.maptokentype)
   from (select maptokentype, string_agg(mapdict::regdictionary::text, ', ' order by mapseqno) as dictionaries
     from pg_ts_config_map where mapcfg = o.oid group by maptokentype) m
   join ts_token_type(o.cfgparser) t on t.tokid = m.maptokentype))`;
/** The functions of a parser and of a template, as CREATE names them; those that may be left out where they are there. */
const functionsOf = (functions: Readonly<Record<string, string>>): string =>
  `concat_ws(', ', ${Object.entries(functions)
    .map(([name, column]) => `'${name} = ' || nullif(o.${column}::oid, 0)::regproc`)
    .join(", ")})`;
const PARSER = functionsOf({
  start: "prsstart",
  gettoken: "prstoken",
  end: "prsend",
  headline: "prsheadline",
  lextypes: "prslextype",
});
const TEMPLATE = functionsOf({ init: "tmplinit", lexize: "tmpllexize" });
const DICTIONARY = `concat_ws(', ', 'template = ' || ${named("pg_ts_template", "o.dicttemplate")}, o.dictinitoption)`;

export const others: readonly Reading[] = [
  { query: () => other("pg_ts_parser", [], "true", PARSER), from: own("pg_ts_parser") },
  { query: () => other("pg_ts_template", [], "true", TEMPLATE), from: own("pg_ts_template") },
  { query: () => other("pg_ts_dict", [], "true", DICTIONARY), from: own("pg_ts_dict") },
  { query: () => other("pg_ts_config", [], "true", CONFIGURATION), from: own("pg_ts_config") },
  ...Object.entries(OTHERS).map(([catalog, more]): { query: ObjectQuery; from: string } => ({
    query: () => other(catalog, more),
    from: own(catalog),
  })),
  {
    query: () =>
      other("pg_class", COLUMNS_OF_FOREIGN_TABLE, `${FOREIGN_TABLE} and ${inUserSchema("o.relnamespace")}`),
    from: own("pg_class", FOREIGN_TABLE),
  },
  {
    query: () => other("pg_type", [], `${BASE_TYPE} and ${inUserSchema("o.typnamespace")}`),
    from: own("pg_type", BASE_TYPE),
  },
];
