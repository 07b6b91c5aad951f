#!/bin/sh
# Makes what the development stack keeps secret, once: a CA with one certificate per server, a password per role,
# MongoDB's key file, the key that signs the trail's seals. What is there already stays. Needs openssl.
#
#   secrets.sh <folder> [<owner>]     owner: the user id that the servers run as (999 in the official images)
#
# The folder has everything, the CA's key too; <folder>/for/<service> has what that service needs, and nothing else.
set -eu
umask 077
folder=$1
owner=${2:-}
mkdir -p "$folder"
chmod 755 "$folder"
cd "$folder"

# Everything appears whole or not at all, whatever interrupts.
new=$(mktemp -d .new-XXXXXX)
trap 'rm -rf "$new"' EXIT
install() { [ -z "$owner" ] || chown "$owner:$owner" "$new/$1"; mv "$new/$1" "$1"; }

if [ ! -s ca.crt ] || [ ! -s ca.key ]; then
  rm -f ./*.crt ./*.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 \
    -subj "/CN=Solitude development CA" -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$new/ca.key" -out "$new/ca.crt" 2>/dev/null
  chmod 644 "$new/ca.crt"
  install ca.key
  install ca.crt
fi

for server in postgres postgres-temporal mongo; do
  [ -s "$server.crt" ] && [ -s "$server.key" ] && continue
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj "/CN=$server" \
    -keyout "$new/$server.key" -out "$new/$server.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth,clientAuth\n' \
    "$server" > "$new/$server.ext"
  openssl x509 -req -in "$new/$server.csr" -CA ca.crt -CAkey ca.key -days 3650 \
    -extfile "$new/$server.ext" -out "$new/$server.crt" 2>/dev/null
  chmod 644 "$new/$server.crt"
  install "$server.key"
  install "$server.crt"
done

# mongod wants certificate and key in one file.
if [ ! -s mongo.pem ] || [ mongo.crt -nt mongo.pem ]; then
  cat mongo.crt mongo.key > "$new/mongo.pem"
  install mongo.pem
fi
if [ ! -s mongo.keyfile ]; then
  openssl rand -base64 756 > "$new/mongo.keyfile"
  chmod 400 "$new/mongo.keyfile"
  install mongo.keyfile
fi

# What signs the seals of the audit trail.
if [ ! -s seals.pem ]; then
  openssl genpkey -algorithm ed25519 -out "$new/seals.pem" 2>/dev/null
  install seals.pem
fi

# Hexadecimal, so that a password can stand in a URL as it is.
for role in postgres solitude_admin solitude_service solitude_worker_service solitude_maintenance solitude_backup temporal_postgres temporal_admin temporal mongo_root mongo_service; do
  [ -s "$role.password" ] && continue
  openssl rand -hex 24 | tr -d '\n' > "$new/$role.password"
  install "$role.password"
done

# Each service sees its own folder only (docker-compose.yml). `app` is for whoever develops an application.
give() {
  service=$1
  shift
  mkdir -p "for/$service"
  chmod 755 for "for/$service"
  for name in ca.crt "$@"; do
    cmp -s "$name" "for/$service/$name" && continue
    cp -p "$name" "$new/$name"
    mv "$new/$name" "for/$service/$name"
  done
}
give postgres postgres.crt postgres.key postgres.password solitude_admin.password solitude_service.password \
  solitude_worker_service.password solitude_maintenance.password solitude_backup.password
give migrate solitude_admin.password
give grants solitude_admin.password
give maintenance solitude_maintenance.password seals.pem
give backup solitude_backup.password
give postgres-temporal postgres-temporal.crt postgres-temporal.key temporal_postgres.password \
  temporal_admin.password temporal.password
give temporal-schema temporal_admin.password
give temporal temporal.password
give mongo mongo.pem mongo.keyfile mongo_root.password mongo_service.password
give app solitude_service.password solitude_worker_service.password temporal.password mongo_service.password

# Where the main server's WAL and copies go (docker-compose.yml) belongs to it.
[ -z "$owner" ] || [ ! -d /backups ] || chown "$owner:$owner" /backups
