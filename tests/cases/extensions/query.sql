-- name: Hstores :many
select h -> 'a' as x, hn -> 'a' as y, hn -> array['a','b'] as z, hn ? 'a' as q, akeys(hn) as k, avals(hn) as v, skeys(hn) as sk from e;

-- name: HstorePairs :many
select e.id, k.key, k.value from e, each(hn) k;

-- name: HstoreFunctions :many
select hn || h as a, delete(hn, 'a'::text) as d, slice(hn, array['a']) as s, hstore_to_json(hn) as j, hn::json as jj, hstore(tn, t) as hh, hstore(array['a','b']) as ha, exist(hn, 'a') as ex, defined(hn,'a') as df, hstore_to_array(hn) as ar from e;

-- name: HstoreValues :many
select hs, h, hn from e;

-- name: HstoresInJson :many
select to_json(hn) as j, json_build_object('h', hn, 'hs', hs) as o, jsonb_build_object('h', hn) as jb from e;

-- name: Citexts :many
select c, cn, cs, cn = 'a' as eq, cn || c as cc, lower(cn) as l, regexp_match(cn, 'a') as rm, split_part(cn, 'a', 1) as sp, strpos(cn, 'a') as st, regexp_matches(cn, 'A') as rms, cn::text as tt, max(cn) over () as mx, replace(cn, 'a', 'b') as rp, translate(cn, 'a', 'b') as tr from e;

-- name: CitextExtremes :many
select min(c) as mn, min(cn) as mnn from e group by id;

-- name: Ltrees :many
select p, pn, ps, nlevel(pn) as nl, pn @> 'a'::ltree as an, pn ~ '*' as lq, index(pn, 'a'::ltree) as ix, text2ltree('a') as tl, lca(pn, 'a.b'::ltree) as l, ps ?@> pn as f, ps @> pn as aa, pn || 'x' as pp, ltree2text(pn) as lt from e;

-- name: Fuzzy :many
select similarity(tn, 'a') as s, tn % 'a' as pc, show_trgm(tn) as st, tn <-> 'a' as d, word_similarity(tn, t) as ws, show_limit() as sl, unaccent(tn) as u, unaccent('unaccent', t) as u2, soundex(tn) as so, difference(tn, 'a') as df, levenshtein(tn, 'a') as l, levenshtein_less_equal(tn,'abc',1) as le, metaphone('Thompson', 4) as m, dmetaphone(tn) as dm, dmetaphone_alt(tn) as da from e;

-- name: Crosstab :many
select * from crosstab('select id, tn, t from e order by 1,2') as ct(id int, a text, b text);

-- name: CrosstabOfCategories :many
select * from crosstab('select id, tn, t from e order by 1', 'values (''a''),(''b'')') as ct(id int, a text, b text) limit null;

-- name: Normals :many
select nr from normal_rand(3, 1, 1) nr;

-- name: IntegerArrays :many
select ia + 1 as a, ian + ia as b, icount(ian) as i, sort(ian) as s, idx(ian, 1) as ix, subarray(ian, 1) as sa, ian - 1 as m, ian | 1 as o, ian & ia as an, # ian as c, ian # 1 as p, uniq(ian) as u, intset(1) as st, ian @@ '1' as qq, sort_asc(ian) as sas from e;

-- name: CubesAndNumbers :many
select cube_ll_coord(cun, 9) as l, isbn(isb) as i from e;

-- name: Crypto :many
select gen_salt('bf', 4) as g, digest(tn, 'md5') as d, hmac(tn, 'k', 'md5') as hm, encode(gen_random_bytes(2), 'hex') as b, crypt('a', gen_salt('md5')) as c, armor('\x01') as ar, gen_random_uuid() as gu, uuid_generate_v4() as u, uuid_generate_v5(uuid_ns_url(), tn) as u5, uuid_nil() as un, pgp_sym_encrypt(tn, 'k') as pe, key, value from e left join lateral pgp_armor_headers(armor('\x01', array['k'], array['v'])) on true;

-- name: Uuids :many
select id, wid.wid from e left join lateral (select uuid_generate_v4() as wid where e.id > 1) wid on true;
