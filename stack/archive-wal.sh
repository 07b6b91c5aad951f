#!/bin/sh
# Keeps a file of the WAL: what the server runs as its archive_command.
#
#   archive-wal.sh <file> <name> <archive>
set -eu
file=$1
name=$2
archive=$3
mkdir -p "$archive"
if [ -e "$archive/$name" ]; then
  # Archived already, and the server was stopped before it knew: another one under that name is an error.
  cmp -s "$file" "$archive/$name"
  exit
fi
# Under its name only when it is whole and on the disk.
cp "$file" "$archive/.$name"
sync "$archive/.$name" 2>/dev/null || sync
mv "$archive/.$name" "$archive/$name"
