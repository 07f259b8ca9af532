#!/bin/sh
# Runs a Windows program, or what `run.ts` runs, under Wine: `bash test/windows/wine.sh [PROGRAM.EXE [ARGUMENT...]]`.
#
# Wine 10 stands in a Debian 13 of its own below the test cache, with the Bun for Windows from npm. The first run needs root, a
# Debian archive and npm, and takes a minute and 2 GB; the next ones start at once. The programs run as a user without
# privileges, since root may write what is read-only; with the checkout as Z:, where only their own C: is theirs to change.
# Ends with 77 and "not run: why" where this machine can't do it.
set -eu

repository=$(cd "$(dirname "$0")/../.." && pwd)
place=${XDG_CACHE_HOME:-$HOME/.cache}/clauth-test/wine
root=$place/debian
user=2001

not_run() {
  echo "wine: not run: $1"
  exit 77
}

# quietly LOG COMMAND...: the log is shown where the command fails.
quietly() {
  quietly_log=$place/$1.log
  shift
  "$@" >"$quietly_log" 2>&1 </dev/null || {
    tail -n 5 "$quietly_log" >&2
    return 1
  }
}

install_tools() {
  export DEBIAN_FRONTEND=noninteractive
  set -- mmdebstrap debian-archive-keyring gcc-mingw-w64-x86-64-posix
  dpkg --status "$@" >/dev/null 2>&1 && return 0
  quietly apt-update apt-get update && quietly apt-install apt-get install -y --no-install-recommends "$@"
}

# The archive that this machine uses already.
# shellcheck disable=SC2016
archive() {
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/$' | head -n 1)
  echo "${found:-http://deb.debian.org/debian/}"
}

# Renamed into place when it is whole.
install_wine() {
  [ -e "$root" ] && return 0
  rm -rf "$root.part"
  quietly mmdebstrap mmdebstrap --variant=apt --include=wine,wine64 --aptopt='APT::Install-Recommends "false"' \
    trixie "$root.part" "$(archive)" || return 1
  echo "tester:x:$user:$user::/home/tester:/bin/sh" >>"$root.part/etc/passwd"
  mkdir -p "$root.part/home/tester" "$root.part$repository" "$root.part/runtime"
  chown "$user:$user" "$root.part/home/tester"
  chmod 1777 "$root.part/tmp"
  mv "$root.part" "$root"
}

fetch_bun() {
  (cd "$repository" && quietly bun bun -e 'await (await import("./scripts/runtime.ts")).runtimeFor("windows-x64")')
}

# In mounts and processes of its own, which are all gone when it ends: Wine's server opens the files itself and lingers.
inside() {
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child --propagation private sh -ec '
    mount --rbind /dev "$2/dev"
    mount -t proc proc "$2/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$2/tmp"
    mkdir -p "$2$1"
    mount --bind "$1" "$2$1"
    root=$2 user=$3
    shift 3
    exec chroot --userspec="$user:$user" "$root" "$@"
  ' sh "$repository" "$root" "$user" env --ignore-environment ${CLAUTH_LINK_MODE:+CLAUTH_LINK_MODE="$CLAUTH_LINK_MODE"} PATH=/usr/bin:/bin HOME=/home/tester USER=tester \
    LC_ALL=C.UTF-8 TERM=dumb XDG_RUNTIME_DIR=/tmp WINEDEBUG=-all WINE_TESTS=1 \
    'WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=;bcryptprimitives=n,b' \
    sh -c 'cd "$0" && status=0 && { "$@" || status=$?; } && wineserver --kill; exit "$status"' "$repository" "$@"
}

start_windows() {
  [ -e "$root/home/tester/.wine/system.reg" ] || quietly wineboot inside wineboot --init || return 1
  quietly mingw x86_64-w64-mingw32-gcc-posix -shared -O2 -fno-builtin -nostdlib -Wl,-e,DllMain \
    -o "$root/home/tester/.wine/drive_c/windows/system32/bcryptprimitives.dll" \
    "$repository/test/windows/wine-shim.c" -ladvapi32 -lkernel32 || return 1
  quietly wine-bun inside wine 'Z:\runtime\bun.exe' --version
}

[ "$(uname -sm)" = "Linux x86_64" ] || not_run "only Linux on x86_64 is known to do"
[ "$(id -u)" = 0 ] || not_run "it takes root to set up"
command -v apt-get >/dev/null || not_run "it takes Debian's packages"
mkdir -p "$place"
exec 9>"$place/lock"
flock 9
install_tools || not_run "mmdebstrap and mingw could not be installed"
install_wine || not_run "Debian 13 with Wine could not be installed"
fetch_bun || not_run "Bun for Windows could not be fetched"
# Anew each time: what is built is this very source.
quietly executables bun "$repository/test/windows/support/executables.ts" "$root/runtime"
start_windows || not_run "Wine does not start Bun"

[ "$#" != 0 ] || set -- 'Z:\runtime\bun.exe' test/windows/suite.ts
inside wine "$@"
