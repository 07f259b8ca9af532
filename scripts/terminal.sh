# shellcheck shell=sh
# How the scripts speak. Sourced; reads $quiet and $yes.

say() {
  [ "${quiet-}" = yes ] || printf 'clauth: %s\n' "$1"
}

warn() {
  printf 'clauth: %s\n' "$1" >&2
}

# fail MESSAGE [HINT]
fail() {
  printf 'clauth: error: %s\n' "$1" >&2
  [ -z "${2-}" ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# agree QUESTION: true after --yes, or a yes typed at a terminal. Never waits where nobody can answer.
agree() {
  [ "${yes-}" = yes ] && return 0
  [ -z "${CI-}" ] && [ -t 0 ] && [ -t 2 ] || return 1
  printf 'clauth: %s [y/N] ' "$1" >&2
  read -r answer || return 1
  case $answer in
    [yY] | [yY][eE][sS]) return 0 ;;
    *) return 1 ;;
  esac
}
