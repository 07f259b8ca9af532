#!/bin/sh
# Runs every check and test of the project: `sh scripts/test.sh`. Needs no Bun beforehand: it is fetched into
# node_modules/.cache where PATH has none that is new enough.
set -eu

cd "$(dirname "$0")/.."
. scripts/terminal.sh
. scripts/bun.sh

version=$(wanted_bun package.json)
cache=$PWD/node_modules/.cache/bun-$version
find_bun "$cache" "$version" || {
  cat "$cache/fetch.log" >&2
  fail "there is no Bun $version or newer, and it could not be fetched" "install Bun, or Node with npm, and try again"
}
PATH=$(dirname "$bun"):$PATH
export PATH

"$bun" install --frozen-lockfile
exec "$bun" run check
