#!/bin/sh
# Applies the migrations with dbmate, from npm. Runs in the service `migrate` of docker-compose.yml.
set -eu
password=$(cat /secrets/solitude_admin.password)
export DATABASE_URL="postgres://solitude_admin:$password@postgres:5432/solitude?sslmode=verify-full&sslrootcert=/secrets/ca.crt"
exec npx --yes dbmate@2.24.0 --migrations-dir /schema --no-dump-schema up
