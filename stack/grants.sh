#!/bin/sh
# Gives the application its rights. Runs in the service `grants` of docker-compose.yml.
set -eu
PGPASSWORD=$(cat /secrets/solitude_admin.password)
export PGPASSWORD PGSSLMODE=verify-full PGSSLROOTCERT=/secrets/ca.crt
exec psql -h postgres -U solitude_admin -d solitude -v ON_ERROR_STOP=1 --single-transaction --quiet \
  -f /roles/solitude_app.sql -f /roles/solitude_worker.sql -f /stack/service.sql
