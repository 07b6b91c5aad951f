#!/bin/sh
# Applies the migrations with dbmate. Runs in the service `migrate` of docker-compose.yml, whose image has it.
set -eu
password=$(cat /secrets/solitude_admin.password)
export DATABASE_URL="postgres://solitude_admin:$password@postgres:5432/solitude?sslmode=verify-full&sslrootcert=/secrets/ca.crt"
exec dbmate --migrations-dir /schema --no-dump-schema up
