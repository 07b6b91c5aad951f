import type { PullRequest } from "./history.ts";

const BOTH = ["migrate-first", "deploy-first"] as const;

/** What came after the first twenty; run in the long form. */
export const LATER_HISTORY: readonly PullRequest[] = [
  {
    title: "tags",
    migration:
      "create table tags (id int primary key, label text not null); insert into tags values (1, 'new');",
    queries: { ListTags: ":many\nselect id, label from tags order by id;" },
    args: { ListTags: [] },
    safe: ["migrate-first"],
    brokenAhead: ["ListTags"],
  },
  {
    title: "the table is renamed, with a view in its place",
    migration: "alter table tags rename to labels; create view tags as select * from labels;",
    safe: BOTH,
  },
  {
    title: "the query goes to the new name",
    queries: { ListTags: ":many\nselect id, label from labels order by id;" },
    safe: BOTH,
  },
  { title: "the view, which nobody uses any more, goes", migration: "drop view tags;", safe: BOTH },
  {
    title: "a column of few values, with a default",
    migration:
      "alter table labels add column color text not null default 'red' check (color in ('red', 'blue'));",
    queries: { ListTags: ":many\nselect id, label, color from labels order by id;" },
    safe: ["migrate-first"],
    brokenAhead: ["ListTags"],
  },
  {
    title: "another default",
    migration: "alter table labels alter column color set default 'blue';",
    safe: BOTH,
  },
  {
    title: "a query that writes labels",
    queries: { AddLabel: ":exec\ninsert into labels (id, label, color) values ($1, $2, $3);" },
    args: { AddLabel: [7, "old", "red"] },
    safe: BOTH,
  },
  {
    title: "the default goes, which no query relies on",
    migration: "alter table labels alter column color drop default;",
    safe: BOTH,
  },
  {
    title: "a function that a query calls",
    migration:
      "create function order_count() returns bigint language sql stable as 'select count(*) from orders';",
    queries: { Counted: ":one\nselect order_count() as n;" },
    args: { Counted: [] },
    safe: ["migrate-first"],
    brokenAhead: ["Counted"],
  },
  {
    title: "its body is another one",
    migration:
      "create or replace function order_count() returns bigint language sql stable as 'select count(*) from orders where total > 0';",
    safe: BOTH,
  },
  {
    title: "it gets an argument with a default",
    migration:
      "drop function order_count(); create function order_count(above int default 0) returns bigint language sql stable as 'select count(*) from orders where total > above';",
    safe: BOTH,
  },
  {
    title: "the function and its query go",
    migration: "drop function order_count(int);",
    queries: { Counted: null },
    safe: ["deploy-first"],
    broken: ["Counted"],
  },
  {
    title: "customers may be deleted",
    queries: { DeleteCustomer: ":exec\ndelete from customers where id = $1;" },
    args: { DeleteCustomer: [99] },
    safe: BOTH,
  },
  {
    title: "their orders go with them: to be looked at",
    migration:
      "alter table orders drop constraint orders_customer_id_fkey, add foreign key (customer_id) references customers (id) on delete cascade;",
    safe: BOTH,
  },
  { title: "a unique key", migration: "create unique index labels_label on labels (label);", safe: BOTH },
  {
    title: "an upsert on it",
    queries: {
      UpsertLabel:
        ":exec\ninsert into labels (id, label, color) values ($1, $2, $3) on conflict (label) do update set color = excluded.color;",
    },
    args: { UpsertLabel: [8, "new", "red"] },
    safe: BOTH,
  },
  {
    title: "the key is without regard to case, and the upsert goes",
    migration: "drop index labels_label; create unique index labels_lower on labels (lower(label));",
    queries: { UpsertLabel: null },
    safe: ["deploy-first"],
    broken: ["UpsertLabel"],
  },
  {
    title: "a generated column",
    migration: "alter table orders add column cents bigint generated always as (total * 100) stored;",
    queries: { Cents: ":many\nselect id, cents from orders;" },
    args: { Cents: [] },
    safe: ["migrate-first"],
    brokenAhead: ["Cents"],
  },
  {
    title: "ids are numbered by the database alone",
    migration: "alter table labels alter column id add generated always as identity (start 100);",
    queries: { AddLabel: ":exec\ninsert into labels (label, color) values ($1, $2);" },
    args: { AddLabel: ["old", "red"] },
    safe: [],
    broken: ["AddLabel"],
    brokenAhead: ["AddLabel"],
  },
  {
    title: "a materialized view",
    migration: "create materialized view label_count as select count(*) as n from labels;",
    queries: { LabelCount: ":one\nselect n from label_count;" },
    args: { LabelCount: [] },
    safe: ["migrate-first"],
    brokenAhead: ["LabelCount"],
  },
  {
    title: "a column that a trigger fills",
    migration: `alter table labels add column updated_at timestamptz;
create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$;
create trigger touch before insert or update on labels for each row execute function touch();`,
    safe: BOTH,
  },
  {
    title: "it is required, which the trigger sees to",
    migration:
      "update labels set color = color where updated_at is null; alter table labels alter column updated_at set not null;",
    safe: BOTH,
  },
  {
    title: "a default in the trigger's place",
    migration:
      "alter table labels alter column updated_at set default now(); drop trigger touch on labels; drop function touch();",
    safe: BOTH,
  },
  {
    title: "addresses in a table of their own",
    migration:
      "create table emails (customer_id int primary key references customers (id) on delete cascade, email text); insert into emails select id, email from customers;",
    queries: {
      GetCustomer:
        ":one\nselect c.id, c.name, e.email, c.country from customers c left join emails e on e.customer_id = c.id where c.id = $1;",
    },
    args: { GetCustomer: [1] },
    safe: ["migrate-first"],
    brokenAhead: ["GetCustomer"],
  },
  {
    title: "nobody writes the old address any more",
    queries: { AddCustomer: ":exec\ninsert into customers (id, name, country) values ($1, $2, $3);" },
    args: { AddCustomer: [9, "Eve", "FR"] },
    safe: BOTH,
  },
  { title: "it is dropped", migration: "alter table customers drop column email;", safe: BOTH },
  { title: "a comment", migration: "comment on table customers is 'Who buys.';", safe: BOTH },
  {
    title: "labels move to a schema of their own",
    migration: "create schema archive; alter table labels set schema archive;",
    queries: {
      ListTags: ":many\nselect id, label, color from archive.labels order by id;",
      AddLabel: ":exec\ninsert into archive.labels (label, color) values ($1, $2);",
    },
    safe: [],
    broken: ["AddLabel", "ListTags"],
    brokenAhead: ["AddLabel", "ListTags"],
  },
  {
    title: "a view where they were",
    migration: "create view labels as select * from archive.labels;",
    safe: BOTH,
  },
  {
    title: "an index on an expression",
    migration: "create index orders_remark on orders (lower(remark));",
    safe: BOTH,
  },
];
