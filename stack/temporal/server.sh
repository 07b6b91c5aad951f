#!/bin/sh
# Starts Temporal with the password that its own image only takes from the environment.
set -eu
POSTGRES_PWD=$(cat /secrets/temporal.password)
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
