-- What is due, each task in a transaction of its own.
select format('select %L as task, run_maintenance(%L) as result', task, task)
from maintenance_due
where finished_at is null or finished_at + every <= now()
union all
-- Where the tables are on many nodes.
select $$select 'sweep_across_nodes' as task, sweep_across_nodes() as result$$
where to_regprocedure('sweep_across_nodes()') is not null
\gexec
