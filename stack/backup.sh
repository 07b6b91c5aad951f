#!/bin/sh
# Copies the main server's data directory once a day, beside its WAL, which it archives itself. Runs in the service `backup`
# of docker-compose.yml; restore.sh makes a data directory of it again, as of any moment since the oldest copy.
#
#   backup.sh           once a day; keeps seven copies, and the WAL from the oldest on
#   backup.sh once      one copy, now
#   backup.sh health    fails when there is no copy of the last two days
set -eu
base=${BACKUPS:-/backups}/base
wal=${BACKUPS:-/backups}/wal
secrets=${SECRETS:-/secrets}
PGPASSWORD=$(cat "$secrets/solitude_backup.password")
export PGPASSWORD PGSSLMODE=verify-full PGSSLROOTCERT="$secrets/ca.crt" PGHOST=postgres PGUSER=solitude_backup

copies() { ls "$base" | grep -v '^\.' | sort; }

once() {
  name=$(date -u +%Y%m%dT%H%M%SZ)
  mkdir -p "$base"
  # Under its name only when it is whole, and checked against its own manifest.
  rm -rf "$base"/.new-*
  pg_basebackup --pgdata "$base/.new-$name" --checkpoint fast --wal-method stream --no-password
  pg_verifybackup --quiet "$base/.new-$name"
  mv "$base/.new-$name" "$base/$name"
  copies | sort -r | tail -n +8 | while read -r old; do rm -rf "${base:?}/$old"; done
  oldest=$base/$(copies | head -n 1)
  first=$(sed -n 's/^START WAL LOCATION: .*(file \(.*\))$/\1/p' "$oldest/backup_label")
  pg_archivecleanup "$wal" "$first"
  echo "copied to $name; $(copies | wc -l) copies, WAL from $first on"
}

case "${1:-}" in
  health) [ -n "$(find "$base" -mindepth 1 -maxdepth 1 -name '[0-9]*' -mtime -2)" ] ;;
  once) once ;;
  *)
    trap 'exit 0' TERM INT
    while :; do
      # A process of its own: a function that is called with || goes on after an error.
      sh "$0" once || echo "the copy failed; again in a minute" >&2
      [ -n "$(find "$base" -mindepth 1 -maxdepth 1 -name '[0-9]*' -mtime -1)" ] && pause=3600 || pause=60
      while :; do
        sleep "$pause" &
        wait $!
        [ -n "$(find "$base" -mindepth 1 -maxdepth 1 -name '[0-9]*' -mtime -1)" ] || break
      done
    done
    ;;
esac
