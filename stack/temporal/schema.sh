#!/bin/sh
# Sets up and updates Temporal's schema. Runs in the service `temporal-schema` of docker-compose.yml.
set -eu
SQL_PASSWORD=$(cat /secrets/temporal_admin.password)
export SQL_PASSWORD

tool() { temporal-sql-tool --plugin postgres12 --ep postgres-temporal -p 5432 -u temporal_admin --db "$@"; }

for database in temporal temporal_visibility; do
  # Keeps what is there: version 0.0 is only set where there is none.
  tool "$database" setup-schema -v 0.0 || true
done
tool temporal update-schema -d /etc/temporal/schema/postgresql/v12/temporal/versioned
tool temporal_visibility update-schema -d /etc/temporal/schema/postgresql/v12/visibility/versioned
