#!/bin/sh
# Does what is due of the maintenance, every minute. Runs in the service `maintenance` of docker-compose.yml.
#
#   maintain.sh           for ever
#   maintain.sh health    fails when a task was missed twice
set -eu
PGPASSWORD=$(cat /secrets/solitude_maintenance.password)
export PGPASSWORD PGSSLMODE=verify-full PGSSLROOTCERT=/secrets/ca.crt PGHOST=postgres PGUSER=solitude_maintenance PGDATABASE=solitude

if [ "${1:-}" = health ]; then
  [ "$(psql --no-psqlrc -tAc 'select count(*) from maintenance_due where is_late')" = 0 ]
  exit
fi
trap 'exit 0' TERM INT
while :; do
  # A task that fails is said, does not stop the others, and is due again a minute later.
  psql --no-psqlrc --quiet -f /stack/maintain.sql || true
  sleep 60 &
  wait $!
done
