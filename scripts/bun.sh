# shellcheck shell=sh
# Finds Bun, or fetches it. Sourced by install.sh and scripts/test.sh.

# wanted_bun PACKAGE_JSON: prints the least version that the project runs with (its `engines.bun`).
wanted_bun() {
  sed -n 's/.*"bun": *"[^0-9"]*\([0-9][0-9.]*\)".*/\1/p' "$1" | head -n 1
}

# find_bun DIRECTORY VERSION: sets $bun to the path of a Bun that runs and is VERSION or newer: the one on PATH, else
# one fetched into DIRECTORY and nowhere else. False where there is none; DIRECTORY/fetch.log then says why.
find_bun() {
  bun=$(command -v bun) || bun=
  bun_runs "$2" && return 0
  bun=$1/bun
  bun_runs "$2" && return 0
  mkdir -p "$1" || return 1
  : >"$1/fetch.log" || return 1
  for bun_build in $(bun_builds); do
    fetch_bun_by_npm "$1" "$bun_build" "$2" && bun_runs "$2" && return 0
  done
  fetch_bun_by_its_installer "$1" "$2" && bun_runs "$2"
}

# bun_runs VERSION: $bun is an absolute path, starts, and is VERSION or newer.
bun_runs() {
  case $bun in
    /*) ;;
    *) return 1 ;;
  esac
  [ -x "$bun" ] || return 1
  bun_version=$("$bun" --version 2>/dev/null) || return 1
  bun_version=${bun_version%%[!0-9.]*}
  [ "$(printf '%s\n' "$1" "$bun_version" | sort -t. -k1,1n -k2,2n -k3,3n | tail -n 1)" = "$bun_version" ]
}

# The builds of Bun for this machine, best first, as the packages @oven/bun-* name them. The baseline build is for
# processors without AVX2, where the other one dies of an illegal instruction. A loader of musl stands on machines with
# glibc too, as soon as musl's compiler is installed: what npm or the kernel refuses there is followed by what runs.
bun_builds() {
  case $(uname -m) in
    x86_64 | amd64) bun_cpu=x64 ;;
    aarch64 | arm64) bun_cpu=aarch64 ;;
    *) return 0 ;;
  esac
  bun_musl=
  case $(uname -s) in
    Darwin) bun_system=darwin ;;
    Linux)
      bun_system=linux
      for bun_loader in /lib/ld-musl-*; do
        [ ! -e "$bun_loader" ] || bun_musl=-musl
      done
      ;;
    *) return 0 ;;
  esac
  for bun_libc in $bun_musl ""; do
    echo "$bun_system-$bun_cpu$bun_libc"
    [ "$bun_cpu" != x64 ] || echo "$bun_system-$bun_cpu$bun_libc-baseline"
  done
}

# The platform's own package, not the package `bun`: that one's executable is put in place by a postinstall script,
# which npm may be told not to run; what then lies in its bin is a placeholder that fails.
fetch_bun_by_npm() {
  command -v npm >/dev/null 2>&1 || return 1
  npm install --prefix "$1/npm" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
    --fetch-retries=1 --loglevel=error "@oven/bun-$2@$3" </dev/null >>"$1/fetch.log" 2>&1 &&
    mv -f "$1/npm/node_modules/@oven/bun-$2/bin/bun" "$1/bun"
}

# Bun's installer adds lines to the startup file of $SHELL below $HOME: it gets a home of its own.
fetch_bun_by_its_installer() {
  command -v curl >/dev/null 2>&1 && command -v bash >/dev/null 2>&1 || return 1
  curl -fsSL https://bun.sh/install -o "$1/installer" </dev/null >>"$1/fetch.log" 2>&1 &&
    HOME=$1 SHELL=/bin/sh BUN_INSTALL=$1/installed bash "$1/installer" "bun-v$2" </dev/null >>"$1/fetch.log" 2>&1 &&
    mv -f "$1/installed/bin/bun" "$1/bun"
}
