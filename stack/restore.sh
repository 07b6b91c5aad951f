#!/bin/sh
# Makes a data directory of a copy and the WAL that was archived since: the server that is started on it replays the WAL, up
# to the time if one is given, and then takes writes. Nothing of what is there is changed.
#
#   restore.sh <copy> <archive> <new data directory> [<time>]     time: as PostgreSQL reads it, e.g. 2026-11-28 08:15:00+00
set -eu
copy=$1
archive=$2
data=$3
time=${4:-}
[ -e "$copy/backup_label" ] || { echo "$copy is no copy: it has no backup_label" >&2; exit 1; }
[ ! -e "$data" ] || [ -z "$(ls -A "$data")" ] || { echo "$data is there, and not empty" >&2; exit 1; }
mkdir -p "$data"
cp -Rp "$copy/." "$data/"
rm -rf "$data/pg_wal" "$data/postmaster.pid" "$data/postmaster.opts"
mkdir "$data/pg_wal"
{
  echo "restore_command = 'cp \"$archive/%f\" \"%p\"'"
  echo "recovery_target_action = 'promote'"
  # With it goes what was archived of the old server's future; the new one writes a timeline of its own.
  [ -z "$time" ] || echo "recovery_target_time = '$time'"
} >> "$data/postgresql.auto.conf"
: > "$data/recovery.signal"
chmod 700 "$data"
