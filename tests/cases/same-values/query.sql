-- name: Stored :many
select kind, short, number, listed, code, cut from doc;

-- name: Patterns :many
select id from doc where kind like @pattern and kind ~ @re and kind > @after_kind and kind::varchar(1) = @initial and kind || @suffix <> '' and lower(kind) = @lowered;

-- name: Equals :many
select id from doc where kind = @kind and code <> @code and kind = any (@kinds) and maybe is not distinct from @maybe and kind in (@first_kind, @second_kind);

-- name: Written :execrows
update doc set kind = @kind, maybe = @maybe, number = @number where id = @id;

-- name: Casts :many
select kind::varchar(2) as cut, kind::text as same, upper(kind) as loud, min(kind) over () as least, kind || 's' as more from doc;

-- name: Unions :many
select kind from doc union all select 'other';

-- name: RuleReturns :one
insert into ruled (id, kind) values (@id, @kind) returning id, kind;

-- name: ByCheck :many
select size, sha from doc where status = 'stored';

-- name: NotByCheck :many
select size, sha from doc where status in ('open', 'stored');

-- name: AssignedAndChecked :one
update doc set status = 'stored', size = 3, sha = 'x' where id = @id returning size, sha, maybe;

-- name: Cases :many
select case mood when 'sad' then 1 when 'happy' then 2 end as all_labels,
  case mood when 'sad' then 1 end as one_label,
  case kind when 'mail' then 'm' when 'note' then 'n' end as all_texts,
  case when id = 1 then 'one' when id <> 1 then 'other' end as negated,
  case maybe when 'x' then 1 when 'y' then 2 end as nullable_subject
from doc;

-- name: Repeated :many
select nullif(maybe, 'q') as again, nullif(maybe, 'r') as other from doc where nullif(maybe, 'q') is not null;

-- name: Having :many
select kind, max(maybe) as proven, min(maybe) as least from doc group by kind having max(maybe) is not null;

-- name: Filtered :many
select kind, max(id) filter (where id is not null) as always, max(id) filter (where id > 1) as sometimes from doc group by kind;
