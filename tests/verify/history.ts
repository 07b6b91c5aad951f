import type { Order } from "../../generator/src/config/options/roll-out-orders.ts";

/** One change as it was proposed: a migration, edits of the queries, and what is expected of it. */
export interface PullRequest {
  readonly title: string;
  readonly migration?: string;
  /** Queries that it adds or replaces, by name: annotation and text; null takes one away. */
  readonly queries?: Readonly<Record<string, string | null>>;
  /** Arguments for queries that are new or take other ones. */
  readonly args?: Readonly<Record<string, readonly unknown[]>>;
  /** What the new version, once it runs, may have written. */
  readonly writes?: string;
  readonly safe: readonly Order[];
  /** The queries that must be found broken when the schema is migrated first. */
  readonly broken?: readonly string[];
  /** The queries that must be found broken when the new version is deployed first. */
  readonly brokenAhead?: readonly string[];
}

/** The first migration of the project, a shop's orders. */
export const SCHEMA = `
create type order_status as enum ('open', 'paid', 'sent');
create table customers (id int primary key, name text not null, email text not null unique, phone text);
create table orders (
  id int primary key,
  customer_id int not null references customers (id),
  status order_status not null default 'open',
  total int not null,
  note text
);
create index orders_customer_id_idx on orders (customer_id);
insert into customers values (1, 'Ada', 'ada@example.com', null), (2, 'Bob', 'bob@example.com', '555');
insert into orders (id, customer_id, total) values (1, 1, 100), (2, 2, 200);
`;

export const QUERIES: Readonly<Record<string, string>> = {
  GetCustomer: ":one\nselect * from customers where id = $1;",
  ListOrders:
    ":many\nselect o.id, o.total, o.status, c.name from orders o join customers c on c.id = o.customer_id order by o.id;",
  AddCustomer: ":exec\ninsert into customers (id, name, email) values ($1, $2, $3);",
  AddOrder: ":exec\ninsert into orders (id, customer_id, total, note) values ($1, $2, $3, $4);",
  UpsertCustomer:
    ":exec\ninsert into customers (id, name, email) values ($1, $2, $3) on conflict (email) do update set name = excluded.name;",
  SetNote: ":exec\nupdate orders set note = $2 where id = $1;",
  SetStatus: ":exec\nupdate orders set status = $2 where id = $1;",
};

export const ARGS: Readonly<Record<string, readonly unknown[]>> = {
  GetCustomer: [1],
  ListOrders: [],
  AddCustomer: [9, "Eve", "eve@example.com"],
  AddOrder: [9, 1, 50, null],
  UpsertCustomer: [9, "Ada", "ada@example.com"],
  SetNote: [1, null],
  SetStatus: [1, "sent"],
};

const BOTH: readonly Order[] = ["migrate-first", "deploy-first"];

/** In the order in which they were merged; each builds on those before it. */
export const HISTORY: readonly PullRequest[] = [
  {
    title: "a query on what is there",
    queries: { CountOrders: ":one\nselect count(*) from orders;" },
    args: { CountOrders: [] },
    safe: BOTH,
  },
  {
    title: "a nullable column that a new query reads",
    migration: "alter table orders add column shipped_at timestamptz;",
    queries: { ListShipped: ":many\nselect id, shipped_at from orders where shipped_at is not null;" },
    args: { ListShipped: [] },
    safe: ["migrate-first"],
    brokenAhead: ["ListShipped"],
  },
  {
    title: "a required column without a default",
    migration:
      "alter table customers add column country text; update customers set country = 'DE'; alter table customers alter country set not null;",
    queries: {
      AddCustomer: ":exec\ninsert into customers (id, name, email, country) values ($1, $2, $3, $4);",
      UpsertCustomer:
        ":exec\ninsert into customers (id, name, email, country) values ($1, $2, $3, $4) on conflict (email) do update set name = excluded.name;",
    },
    args: {
      AddCustomer: [9, "Eve", "eve@example.com", "FR"],
      UpsertCustomer: [9, "Ada", "ada@example.com", "FR"],
    },
    safe: [],
    broken: ["AddCustomer", "UpsertCustomer"],
    brokenAhead: ["AddCustomer", "GetCustomer", "UpsertCustomer"],
  },
  {
    title: "a required column with a default",
    migration: "alter table orders add column currency text not null default 'EUR';",
    safe: BOTH,
  },
  {
    title: "an index",
    migration: "create index orders_status_idx on orders (status);",
    safe: BOTH,
  },
  {
    title: "a new table with its queries",
    migration:
      "create table refunds (id int primary key, order_id int not null references orders (id), amount int not null);",
    queries: { AddRefund: ":exec\ninsert into refunds (id, order_id, amount) values ($1, $2, $3);" },
    args: { AddRefund: [1, 1, 10] },
    safe: ["migrate-first"],
    brokenAhead: ["AddRefund"],
  },
  {
    title: "queries stop using the phone",
    queries: { GetCustomer: ":one\nselect id, name, email, country from customers where id = $1;" },
    safe: BOTH,
  },
  {
    title: "the phone, which nobody uses any more, is dropped",
    migration: "alter table customers drop column phone;",
    safe: BOTH,
  },
  {
    title: "the note is renamed in one step",
    migration: "alter table orders rename column note to remark;",
    queries: {
      AddOrder: ":exec\ninsert into orders (id, customer_id, total, remark) values ($1, $2, $3, $4);",
      SetNote: ":exec\nupdate orders set remark = $2 where id = $1;",
    },
    safe: [],
    broken: ["AddOrder", "SetNote"],
    brokenAhead: ["AddOrder", "SetNote"],
  },
  {
    title: "the total becomes bigint",
    migration: "alter table orders alter column total type bigint;",
    safe: [],
    // The new client may pass what the column does not hold yet.
    args: { AddOrder: [9, 1, 3_000_000_000, null] },
    broken: ["ListOrders"],
    brokenAhead: ["AddOrder", "ListOrders"],
  },
  {
    title: "another status, which the new version writes",
    migration: "alter type order_status add value 'returned';",
    args: { SetStatus: [1, "returned"] },
    safe: ["migrate-first"],
    brokenAhead: ["SetStatus"],
  },
  {
    title: "the e-mail address may be missing",
    migration: "alter table customers alter column email drop not null;",
    writes: "insert into customers (id, name, email, country) values (1000, 'Zoe', null, 'IT')",
    queries: { GetCustomer: ":one\nselect id, name, email, country from customers where id = $1;" },
    args: {
      GetCustomer: [1000],
      AddCustomer: [9, "Eve", null, "FR"],
      UpsertCustomer: [9, "Ada", null, "FR"],
    },
    safe: [],
    broken: ["GetCustomer"],
    brokenAhead: ["AddCustomer", "UpsertCustomer"],
  },
  {
    title: "the remark is required from now on",
    migration:
      "update orders set remark = '' where remark is null; alter table orders alter column remark set not null;",
    args: { AddOrder: [9, 1, 50, "gift"], SetNote: [1, "gift"] },
    safe: ["deploy-first"],
    broken: ["AddOrder", "SetNote"],
  },
  {
    title: "the unique key that an upsert relies on is dropped",
    migration: "alter table customers drop constraint customers_email_key;",
    queries: { UpsertCustomer: null },
    safe: ["deploy-first"],
    broken: ["UpsertCustomer"],
  },
  {
    title: "a view for the list",
    migration:
      "create view order_list as select o.id, o.total, o.status, c.name from orders o join customers c on c.id = o.customer_id;",
    queries: { ListOrders: ":many\nselect * from order_list order by id;" },
    safe: ["migrate-first"],
    brokenAhead: ["ListOrders"],
  },
  {
    title: "the view gets another column; the deployed star was expanded",
    migration:
      "create or replace view order_list as select o.id, o.total, o.status, c.name, o.currency from orders o join customers c on c.id = o.customer_id;",
    safe: ["migrate-first"],
    brokenAhead: ["ListOrders"],
  },
  {
    title: "the view loses its customers' names",
    migration:
      "drop view order_list; create view order_list as select id, total, status, currency from orders;",
    safe: ["deploy-first"],
    broken: ["ListOrders"],
  },
  {
    title: "an amount must be positive: only the data can tell",
    migration: "alter table refunds add constraint refunds_amount_check check (amount > 0);",
    safe: BOTH,
  },
  {
    title: "the id of a refund becomes a uuid",
    migration:
      "drop table refunds; create table refunds (id uuid primary key, order_id int not null references orders (id), amount int not null);",
    args: { AddRefund: ["3f2c8a52-6f0a-4a0e-9e5f-0e4a5c5d8b11", 1, 10] },
    safe: [],
    broken: ["AddRefund"],
    brokenAhead: ["AddRefund"],
  },
  {
    title: "refunds and their queries are taken away",
    migration: "drop table refunds;",
    queries: { AddRefund: null },
    safe: ["deploy-first"],
    broken: ["AddRefund"],
  },
];
