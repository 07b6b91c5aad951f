#!/bin/sh
# Signs the seals of the audit trail with a key that the database does not have, and keeps each outside of it, once. Runs in the service
# `maintenance` of docker-compose.yml, after maintain.sql; seals.mjs does the same without psql and openssl, and checks all of it.
#
#   sign-seals.sh <private key> <folder>     psql finds the database by its environment
#
# <folder>/seals.txt has a line for each: its number, its hash, its signature, and by which key; <folder>/seals.pub has the public one.
# What was kept last has to be in the database: else nothing is signed.
set -eu
key=$1
folder=$2
kept=$folder/seals.txt
ask() { psql --no-psqlrc --quiet -tA -F ' ' -v ON_ERROR_STOP=1 "$@"; }

mkdir -p "$folder"
# Everything appears whole or not at all, whatever interrupts.
new=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
openssl pkey -in "$key" -pubout -out "$new/seals.pub"
mv "$new/seals.pub" "$folder/seals.pub"
signed_by=ed25519:$(openssl pkey -in "$key" -pubout -outform DER | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)

after=0
if [ -s "$kept" ]; then
  last=$(tail -n 1 "$kept")
  after=${last%% *}
  hash=${last#* }
  hash=${hash%% *}
  is_there=$(ask -v seal="$after" -v hash="$hash" <<'SQL'
select exists (select from audit_seals where seal = :'seal' and hash = decode(:'hash', 'hex'));
SQL
  )
  if [ "$is_there" != t ]; then
    echo "seal $after of $kept is not in the database, or is another one there: nothing is signed" >&2
    exit 1
  fi
fi

ask -v after="$after" > "$new/unsigned" <<'SQL'
select seal, encode(hash, 'base64') from audit_seals where seal > :'after' and signature is null order by seal;
SQL
while read -r seal hash; do
  printf %s "$hash" | openssl base64 -d -A > "$new/hash"
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$new/hash" -out "$new/signature"
  ask -v seal="$seal" -v signature="$(openssl base64 -A -in "$new/signature")" -v signed_by="$signed_by" <<'SQL'
update audit_seals set signature = decode(:'signature', 'base64'), signed_by = :'signed_by'
where seal = :'seal' and signature is null;
SQL
done < "$new/unsigned"

ask -v after="$after" > "$new/signed" <<'SQL'
select seal, encode(hash, 'hex'), translate(encode(signature, 'base64'), E'\n', ''), signed_by
from audit_seals where seal > :'after' and signature is not null order by seal;
SQL
[ -s "$new/signed" ] || exit 0
[ ! -e "$kept" ] || cp "$kept" "$new/seals.txt"
cat "$new/signed" >> "$new/seals.txt"
mv "$new/seals.txt" "$kept"
