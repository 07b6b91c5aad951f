#!/bin/sh
# Does what is due of the maintenance, every minute, and signs the seals of the audit trail. Runs in the service `maintenance` of
# docker-compose.yml.
#
#   maintain.sh           for ever
#   maintain.sh health    fails when a task was missed twice, or a seal is not signed
set -eu
PGPASSWORD=$(cat /secrets/solitude_maintenance.password)
export PGPASSWORD PGSSLMODE=verify-full PGSSLROOTCERT=/secrets/ca.crt PGHOST=postgres PGUSER=solitude_maintenance PGDATABASE=solitude

if [ "${1:-}" = health ]; then
  [ "$(psql --no-psqlrc -tA <<'SQL'
select (select count(*) from maintenance_due where is_late)
  + (select count(*) from audit_seals where signature is null and sealed_at < now() - interval '2 hours');
SQL
  )" = 0 ]
  exit
fi
trap 'exit 0' TERM INT
while :; do
  # A task that fails is said, does not stop the others, and is due again a minute later.
  psql --no-psqlrc --quiet -f /stack/maintain.sql || true
  sh /stack/sign-seals.sh /secrets/seals.pem /seals || true
  sleep 60 &
  wait $!
done
