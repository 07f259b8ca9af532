# shellcheck shell=sh disable=SC2016,SC2154 # the probes run in other shells; $bin and $shells are the caller's
# Says where `claude` is something else than the shim in a new shell. Sourced; reads $bin and $shells.

# check_shells: asks a login, an interactive and a login interactive shell of each kind in $shells.
check_shells() {
  for shell in $shells; do
    command -v "$shell" >/dev/null 2>&1 || continue
    for kind in 'a login' 'an interactive' 'a login interactive'; do
      check_shell "$shell" "$kind" || break
    done
  done
  other=$(beyond_shim clauth)
  [ -z "$other" ] || warn "another clauth, $other, is behind this one on PATH now"
}

# check_shell SHELL KIND: false where asking the other kinds would only say the same again.
check_shell() {
  case $2 in
    'a login') flags=-l ;;
    'an interactive') flags=-i ;;
    *) flags='-l -i' ;;
  esac
  case $1 in
    bash) probe='printf "\nclauth-probe %s %s\n" "$(type -t claude)" "$(type -P claude)"' ;;
    zsh) probe='printf "\nclauth-probe %s %s\n" "${$(whence -w claude)##*: }" "$(whence -p claude)"' ;;
    fish) probe='printf "\nclauth-probe %s %s\n" (type -t claude; or echo none) (command -s claude; or echo)' ;;
  esac
  # shellcheck disable=SC2086 # one flag or two
  answer=$(PATH=$(path_without_bin) undisturbed "$1" $flags -c "$probe" | sed -n 's/^clauth-probe //p' | tail -n 1)
  case $answer in
    alias* | function*)
      warn "in $1, \`claude\` is a shell ${answer%% *}$(where_defined): remove it, or typing \`claude\` may pass the shim by"
      return 1
      ;;
    *" $bin/claude") ;;
    '')
      warn "could not ask $2 $1 what \`claude\` is there: does a startup file of it wait for something?"
      return 1
      ;;
    *" /"*) warn "in $2 $1, \`claude\` is ${answer#* }: something puts its directory before $bin; let $bin come first" ;;
    *) warn "in $2 $1, \`claude\` is not found; add $bin to the front of PATH there" ;;
  esac
}

# A startup file may start a program that waits, or ask something: no terminal, no input, ten seconds.
undisturbed() {
  if command -v setsid >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
    setsid -w timeout -s KILL 10 "$@" </dev/null 2>/dev/null
  elif command -v perl >/dev/null 2>&1; then
    perl -e 'use POSIX; fork && (wait, exit $? >> 8); POSIX::setsid(); alarm 10; exec @ARGV' -- "$@" </dev/null 2>/dev/null
  else
    "$@" </dev/null 2>/dev/null
  fi
}

# beyond_shim NAME: what NAME would be without the shim.
beyond_shim() {
  # shellcheck disable=SC2030,SC2031 # for this one question only
  (PATH=$(path_without_bin) && command -v "$1") || :
}

path_without_bin() {
  # shellcheck disable=SC2031
  printf '%s\n' ":$PATH:" | bin=$bin awk '{
    bin = ENVIRON["bin"]
    while ((at = index($0, ":" bin ":")) > 0) $0 = substr($0, 1, at) substr($0, at + length(bin) + 2)
    print substr($0, 2, length($0) - 2)
  }'
}

# where_defined: the files and lines that define the alias or function, as far as they are where people put them. Never
# the definition itself: people put keys there.
where_defined() {
  places=$(grep -nE '^[[:space:]]*(alias|function)?[[:space:]]*claude([[:space:]]*\(\)|=|[[:space:]])' \
    "$HOME/.bashrc" "$HOME/.bash_aliases" "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile" "$HOME/.aliases" \
    "$zsh_directory/.zshrc" "$zsh_directory/.zshenv" "$zsh_directory/.zprofile" "$fish_directory/config.fish" \
    "$fish_directory/functions/claude.fish" /dev/null 2>/dev/null | cut -d: -f1,2 | tr '\n' ' ')
  [ -z "$places" ] || printf ' (%s)' "${places% }"
}
