#!/bin/sh
# Runs the suites whose outcome depends on how a tree shares ~/.claude once more where it has no symlinks: `sh scripts/test-modes.sh`.
# In mode copy all of them; in mode junction, whose parts are those of the other two, without the longest.
set -eu

cd "$(dirname "$0")/.."

# What is about the modes themselves, or about none, is tested once.
reconcile=$(find test/reconcile -name '*.test.ts' ! -name '*interleavings*' ! -name mirror-tree.test.ts)
session=$(find test/session -name '*.test.ts' ! -name mode-change.test.ts ! -name faults.test.ts)
shim="append-only claude-home-replaced concurrent no-flock odd-directory resets session"
cli="backups import remove rename sync"

of() {
  folder=$1
  shift
  for name; do echo "test/$folder/$name.test.ts"; done
}

failed=0
run() {
  mode=$1
  shift
  echo "CLAUTH_LINK_MODE=$mode"
  CLAUTH_LINK_MODE=$mode bun test --timeout 20000 "$@" || failed=1
}

# shellcheck disable=SC2046,SC2086 # Names without spaces.
{
  run junction $reconcile $session $(of shim $shim) $(of cli $cli) test/claude/credentials.test.ts
  run copy $reconcile $session $(of shim $shim) $(of cli $cli) test/session/faults.test.ts test/storm \
    $(of shim crash ten-at-once) $(of claude background credentials shared-state)
}
exit "$failed"
