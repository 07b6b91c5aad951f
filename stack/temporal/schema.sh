#!/bin/sh
# Sets up and updates Temporal's schema: in the service `temporal-schema` of docker-compose.yml, and elsewhere (server.mjs).
set -eu
secrets=${SECRETS:-/secrets}
schema=${TEMPORAL_SCHEMA:-/etc/temporal/schema}/postgresql/v12
SQL_PASSWORD=$(cat "$secrets/temporal_admin.password")
export SQL_PASSWORD

tool() {
  temporal-sql-tool --plugin postgres12 --ep "${POSTGRES_SEEDS:-postgres-temporal}" -p "${DB_PORT:-5432}" -u temporal_admin --db "$@"
}

for database in temporal temporal_visibility; do
  # Keeps what is there: version 0.0 is only set where there is none.
  tool "$database" setup-schema -v 0.0 || true
done
tool temporal update-schema -d "$schema/temporal/versioned"
tool temporal_visibility update-schema -d "$schema/visibility/versioned"
