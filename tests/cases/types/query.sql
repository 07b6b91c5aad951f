-- name: ListEverything :many
select * from everything;

-- name: ListArrays :many
select * from arrays;

-- name: ListNullable :many
select * from nullable;

-- name: InsertEverything :execrows
insert into everything values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55);

-- name: CopyArrays :copyfrom
insert into arrays (bools, ints, bigs, texts, uuids, stamps, docs, blobs, colors, addresses, people, mails, sizes, spans, boxes, numbers, words) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: CopyNullable :copyfrom
insert into nullable (b, i, l, d, j, y, c, a, e, r, m, xs) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: Expressions :one
select 1 as i, 1.5 as n, 'x' as t, null as nothing, true as b, now() as at, '{}'::jsonb as j, array[1, 2] as xs, array['a', null] as ys, row(1, 'a') as r, 'red'::color as c, int4range(1, 2) as s, pg_sleep(0) as v, interval '1 day' as d, current_date as today, '\x00'::bytea as y, 1::int8 as l, 'a'::email as e, 5::required as q, (row('s', 1, null, null)::address).zip as zip, array[row('s', 1, null, null)::address] as places;

-- name: InfiniteTimes :one
select 'infinity'::timestamptz as a, '-infinity'::date as b, 'infinity'::numeric as c, 'nan'::float8 as d, '{{1,2},{3,4}}'::text as matrix;

-- name: WholeRows :many
select n, n.a as home, array_agg(n) over () as every from nullable n;
