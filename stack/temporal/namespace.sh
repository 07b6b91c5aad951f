#!/bin/sh
# Makes the namespace `default` where there is none. Runs in the service `temporal-namespace` of docker-compose.yml.
set -eu
for _ in $(seq 60); do
  temporal operator namespace describe --namespace default >/dev/null 2>&1 && exit 0
  # The port is open before the server knows its own shards.
  temporal operator namespace create --namespace default --retention 72h && exit 0
  sleep 1
done
exit 1
