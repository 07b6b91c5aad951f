-- name: CarriageReturns :many
select id,
  'a' as x
from t;

-- name: Backtick :one
select '`' as a, '${id}' as b, '\d+' as c, E'\t\\' as d, '''' as e, $$`${x}\$$ as f, $q$ $$ ; $q$ as g, U&'\0061' as h;

-- name: Pattern :many
select id from t where pattern ~ '^\d+\.\w*$' or pattern like '\%' escape '\';

-- name: Commented :many
select id -- a comment; with a semicolon
  /* and /* a nested */ one; $1 @x */
  , pattern
from t;

-- name: Tabs :one
select	'tab	inside' as tab, 'new
line' as newline, 'ünï 😀 日本' as unicode;

-- name: Quoted :one
select '-- name: NotAQuery :one' as a, '/* no comment */' as b, "pattern" as "--", '}' as c, '*/' as "*/" from t where id = @id;

/*+ SeqScan(t) */
-- name: Hinted :many
select id from t;

-- name: LineSeparators :one
select E'\u2028' as a, '  ' as b;

-- name: Dollar :one
select $tag$ sqlc.arg(x) @y $1 $tag$ as a, $1::int as b;
