create table agents (id int primary key, conf jsonb not null, maybe json, known jsonb not null, plain jsonb, note text);
comment on column agents.conf is 'How it is set up. @type { model: string; limits?: { steps: number }; "tags": Array<"a}" | string> }';
comment on column agents.maybe is '@type {readonly [number, number | null][]}';
comment on column agents.known is '@type {string}';
comment on column agents.note is '@type {number}';
create view settings as select id, conf, maybe as again, conf -> 'model' as model, known from agents;
