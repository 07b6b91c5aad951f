import { type ObjectQuery, owner, row } from "./reading.ts";

/** Columns that came with later releases are read by way of the row as JSON. */
export const publications: ObjectQuery = (context) =>
  `${row({
    class: "pg_publication",
    oid: "p.oid",
    kind: "publication",
    name: "quote_ident(p.pubname)",
    properties: {
      allTables: "p.puballtables",
      publish:
        "concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)",
      viaRoot: "coalesce((to_jsonb(p) ->> 'pubviaroot')::boolean, false)",
      generatedColumns: "case to_jsonb(p) ->> 'pubgencols' when 's' then 'stored' end",
      owner: owner(context, "p.pubowner"),
    },
  })} from pg_publication p`;

const NAMED = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";

export const publishedTables: ObjectQuery = ({ version }) =>
  `${row({
    class: "pg_publication_rel",
    oid: "r.oid",
    kind: "published table",
    name: NAMED,
    parent: ["pg_publication", "r.prpubid"],
    properties: {
      table: NAMED,
      columns:
        version >= 150000
          ? "(select array_agg(quote_ident(a.attname) order by a.attname) from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any(r.prattrs))"
          : "null",
      where: version >= 150000 ? "pg_get_expr(r.prqual, r.prrelid)" : "null",
    },
    refs: "json_build_array(json_build_array('pg_class', r.prrelid::int8, 0))",
  })} from pg_publication_rel r join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace`;

export const publishedSchemas: ObjectQuery = ({ version }) =>
  `${row({
    class: "pg_publication_namespace",
    oid: "s.oid",
    kind: "published schema",
    name: "quote_ident(n.nspname)",
    parent: ["pg_publication", "s.pnpubid"],
    properties: { schema: "quote_ident(n.nspname)" },
    refs: "json_build_array(json_build_array('pg_namespace', n.oid::int8, 0))",
  })} from ${
    version >= 150000
      ? "pg_publication_namespace s join pg_namespace n on n.oid = s.pnnspid"
      : "(select null::oid as oid, null::oid as pnpubid) s, pg_namespace n where false"
  }`;
