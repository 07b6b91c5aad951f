import type { Catalog, CatalogObject } from "../catalog.ts";

/** Gives what a change is about, in the words of its table or type: `column total`, `default of total`, `comment on column total`. */
export function label(object: CatalogObject, catalog: Catalog): string {
  const parent = object.parent === null ? undefined : catalog.objects.get(object.parent);
  switch (object.kind) {
    case "default":
      return `default of ${parent?.name ?? object.identity}`;
    case "comment":
      return parent === undefined || parent.parent === null
        ? "comment"
        : `comment on ${parent.kind} ${parent.name}`;
    case "grant":
      return parent === undefined || parent.parent === null
        ? `privileges of ${object.name}`
        : `privileges of ${object.name} on ${parent.kind} ${parent.name}`;
    case "default privileges":
      return `default privileges ${object.name.replace(/ to (\S+)$/, " of $1")}`;
    case "partition":
    case "inheritance":
    case "replica identity":
    case "cluster":
    case "sequence owner":
      return object.kind;
    case "other":
      return `${object.properties.type} ${object.name}`;
    default:
      return `${object.kind} ${object.parent === null ? object.identity : object.name}`;
  }
}

/** Gives what an object is, in a line; "" where its label says it all. */
export function summary(object: CatalogObject, catalog: Catalog): string {
  switch (object.kind) {
    case "column": {
      const { type, notNull, identity, generated } = object.properties;
      const value = catalog.objects.get(`default:${object.key}`);
      return [
        type,
        notNull ? "not null" : "",
        identity === null ? "" : `generated ${identity} as identity`,
        generated === null ? "" : `generated always as (${generated})`,
        value?.kind === "default" ? `default ${value.properties.expression}` : "",
      ]
        .filter(Boolean)
        .join(" ");
    }
    case "table": {
      const partition = catalog.objects.get(`partition:${object.key}`);
      return partition === undefined ? "" : `partition ${summary(partition, catalog)}`;
    }
    case "view column":
    case "attribute":
    case "domain":
    case "sequence":
      return object.properties.type;
    case "default":
      return object.properties.expression;
    case "enum":
      return object.properties.labels.join(", ");
    case "collation":
    case "constraint":
    case "domain constraint":
      return object.properties.definition;
    case "index":
      return object.properties.definition.replace(
        /^CREATE (UNIQUE )?INDEX \S+ ON (?:ONLY )?\S+ /,
        (_, unique = "") => unique.toLowerCase(),
      );
    case "partition":
      return `of ${object.properties.of} ${object.properties.bound}`;
    case "inheritance":
      return `of ${object.properties.of}`;
    case "comment":
      return JSON.stringify(object.properties.text);
    case "function":
    case "procedure":
      return object.properties.returns === null ? "" : `returns ${object.properties.returns}`;
    case "setting":
      return object.properties.value;
    case "replica identity":
      return object.properties.identity;
    case "trigger state":
      return `${object.properties.enabled}, of the parent ${object.properties.ofParent}`;
    case "cluster":
      return object.properties.index;
    case "sequence owner":
      return object.properties.column;
    case "publication":
      return object.properties.allTables ? "of all tables" : "";
    case "published table": {
      const { columns, where } = object.properties;
      return `${columns === null ? "" : `(${columns.join(", ")})`}${where === null ? "" : ` where ${where}`}`.trim();
    }
    default:
      return "";
  }
}
