#!/bin/sh
# Installs clauth from this clone: builds the one executable that is both `claude` and `clauth`, puts it into
# PREFIX/bin and that directory first on PATH. Any POSIX shell. `sh install.sh --help` lists the switches.
set -eu
[ -z "${ZSH_VERSION-}" ] || emulate sh
unset CDPATH BUN_OPTIONS BUN_BE_BUN

usage() {
  cat <<'EOF'
usage: sh install.sh [--prefix DIR] [--no-modify-path] [--claude auto|skip] [--yes] [--quiet]
       sh install.sh --uninstall [--prefix DIR] [--purge] [--yes] [--quiet]

  --prefix DIR         the executables go to DIR/bin (default: $CLAUTH_HOME, else ~/.clauth)
  --no-modify-path     leave the startup files of your shells alone
  --claude auto|skip   auto (the default) installs Claude Code from the npm registry where there is none and you agree
  --yes                agree to everything beforehand
  --quiet              say only what needs your attention
  --uninstall          take everything away again except the profiles
  --purge              with --uninstall: the profiles too
EOF
}

main() {
  read_switches "$@"
  [ "$help" = no ] || { usage && return; }
  refuse_windows
  find_places
  if [ "$action" = uninstall ]; then
    make_work_directory "${TMPDIR:-/tmp}"
    uninstall
    return
  fi
  refuse_sudo
  refuse_foreign_files
  make_bin
  # Below PREFIX a rename into bin is atomic, and what lies there may be executed.
  make_work_directory "$prefix"
  leave_no_caches
  build
  install_executables
  if [ "$modify_path" = yes ]; then
    add_to_startup_files
    check_shells
  fi
  finish
}

read_switches() {
  action=install prefix='' modify_path=yes claude_policy=auto yes=no quiet=no purge=no help=no
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix=* | --claude=*)
        option=${1%%=*} value=${1#*=}
        shift
        set -- "$option" "$value" "$@"
        continue
        ;;
      --prefix | --claude) [ -n "${2-}" ] || misuse "$1 needs a value" ;;
    esac
    case $1 in
      --prefix) prefix=$2 && shift ;;
      --claude) claude_policy=$2 && shift ;;
      --no-modify-path) modify_path=no ;;
      --yes | -y) yes=yes ;;
      --quiet | -q) quiet=yes ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --help | -h) help=yes ;;
      *) misuse "unknown switch: $1" ;;
    esac
    shift
  done
  case $claude_policy in
    auto | skip) ;;
    *) misuse "--claude is auto or skip, not $claude_policy" ;;
  esac
  [ "$purge" = no ] || [ "$action" = uninstall ] || misuse "--purge goes with --uninstall"
}

misuse() {
  printf 'clauth: error: %s\n' "$1" >&2
  usage >&2
  exit 2
}

# Git Bash and its like. WSL is a Linux and has a shim of its own.
refuse_windows() {
  case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) fail "this is Windows" "powershell -ExecutionPolicy Bypass -File install.ps1" ;;
  esac
}

find_places() {
  case ${HOME-} in
    /*) ;;
    *) fail "HOME is not set to an absolute path" ;;
  esac
  store=${CLAUTH_HOME:-$HOME/.clauth}
  case $store in
    /*) ;;
    *) fail "CLAUTH_HOME is not an absolute path: $store" ;;
  esac
  prefix=${prefix:-$store}
  case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
  esac
  while [ "$prefix" != "${prefix%/}" ]; do prefix=${prefix%/}; done
  bin=$prefix/bin
  # The first and the last can't be on PATH; Bun takes a backslash for a slash.
  case $bin in
    *:* | *\\* | *'
'*) fail "a colon, a backslash or a line end can't be in the directory's name: $bin" "choose another one with --prefix" ;;
  esac
}

# Everything that sudo would leave in the user's home could not be read by the user's own claude afterwards.
refuse_sudo() {
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER-}" ] && [ "${SUDO_UID-0}" != 0 ] &&
    [ -n "$(find "$HOME" -prune -user "$SUDO_UID")" ]; then
    fail "under sudo, but HOME is $SUDO_USER's" "run install.sh without sudo"
  fi
}

# ~/.local/bin as PREFIX/bin, for example, is where Claude Code's own installer puts the real claude.
refuse_foreign_files() {
  for name in claude clauth; do
    if [ -e "$bin/$name" ] || [ -L "$bin/$name" ]; then
      is_ours "$bin/$name" || fail "$bin/$name is there already and is not clauth's" "choose another directory with --prefix"
    fi
  done
}

# A store is for its owner's eyes alone; another prefix may be for everybody.
make_bin() {
  (
    [ "$prefix" != "$store" ] || umask 077
    mkdir -p "$bin"
  ) || fail "can't create $bin" "choose another directory with --prefix"
}

make_work_directory() {
  for abandoned in "$1"/.clauth-install.*; do
    [ ! -d "$abandoned" ] || find "$abandoned" -prune -mtime +0 -exec rm -rf {} +
  done
  work=$(mktemp -d "$1/.clauth-install.XXXXXX") || fail "can't write to $1"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Bun and npm keep a cache below HOME. Where there is none yet, none is left behind.
leave_no_caches() {
  if [ -z "${BUN_INSTALL_CACHE_DIR-}" ] && [ ! -d "${BUN_INSTALL:-$HOME/.bun}/install/cache" ]; then
    export BUN_INSTALL_CACHE_DIR="$work/cache/bun"
  fi
  if [ -z "${npm_config_cache-}" ] && [ ! -d "$HOME/.npm" ]; then
    export npm_config_cache="$work/cache/npm"
  fi
  export BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
}

build() {
  wanted=$(wanted_bun "$clone/package.json")
  find_bun "$work/bun" "$wanted" || {
    cat "$work/bun/fetch.log" >&2
    fail "there is no Bun $wanted or newer, and it could not be fetched" "install Bun, or Node with npm, and try again"
  }
  say "building with Bun $("$bun" --version)"
  compile </dev/null >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    fail "the build failed"
  }
}

# From a copy, so that the clone stays as it is and nothing in it but the project's own files is read.
compile() (
  mkdir "$work/source"
  cd "$clone"
  cp -R package.json bun.lock tsconfig.json install.sh scripts src "$work/source/" && cd "$work/source" || exit
  "$bun" install --production --frozen-lockfile --ignore-scripts &&
    "$bun" scripts/build.ts --outfile "$work/clauth" &&
    "$work/clauth" --version
)

# By rename: a claude that runs keeps the file that it started from.
install_executables() {
  if [ "$prefix" = "$store" ]; then
    chmod 700 "$work/clauth"
  else
    chmod 755 "$work/clauth"
  fi
  ln -s clauth "$work/claude"
  mv -f "$work/clauth" "$bin/clauth"
  mv -f "$work/claude" "$bin/claude"
  say "installed $bin/claude and $bin/clauth"
}

finish() {
  shim_version >"$work/version" 2>"$work/error" && result=0 || result=$?
  if [ "$result" = 127 ]; then
    offer_claude
    shim_version >"$work/version" 2>"$work/error" && result=0 || result=$?
  fi
  case $result in
    0) say "claude --version through the shim: $(cat "$work/version")" ;;
    127) warn "there is no Claude Code yet; to get it: npm install -g $CLAUDE_LATEST" ;;
    *)
      cat "$work/error" >&2
      fail "the shim is installed, but \`claude --version\` through it failed with status $result"
      ;;
  esac
  if [ "$(command -v claude)" != "$bin/claude" ]; then
    say "open a new shell, or type: export PATH=$(spelled sh):\"\$PATH\""
  fi
}

clone=$(cd -- "$(dirname -- "$0")" && pwd -P)
[ -f "$clone/scripts/startup-files.sh" ] || {
  echo 'clauth: error: install.sh runs from a clone of the project' >&2
  exit 1
}
# shellcheck source-path=SCRIPTDIR
. "$clone/scripts/terminal.sh"
. "$clone/scripts/bun.sh"
. "$clone/scripts/startup-files.sh"
. "$clone/scripts/check-shells.sh"
. "$clone/scripts/claude-code.sh"
. "$clone/scripts/uninstall.sh"
main "$@"
