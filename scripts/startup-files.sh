# shellcheck shell=sh disable=SC2016,SC2154 # lines for other shells are written here; $bin and $work are the caller's
# Puts $bin first on PATH in the startup files of the user's shells, and takes it out again to the byte. Sourced;
# reads $bin (the directory) and $work (a directory for scratch files).
#
# What we add stands between two marker lines at the end of a file. What follows the opening marker says how the file
# was before, so that taking the lines out restores it: its last line had no end, or there was no such file.

BEGIN_MARK='# >>> clauth >>>'
END_MARK='# <<< clauth <<<'
NO_NEWLINE=' (the line above had no end)'
NEW_FILE=' (a new file'

# add_to_startup_files: edits the startup files of every shell that the user has, and sets $shells to those whose
# `claude` can be checked. A shell counts where it is $SHELL or has a startup file already.
#
# Two files each: the one of login shells, and the end of the one of interactive shells, since what stands there later
# often puts another directory first.
add_to_startup_files() {
  shells=
  add_to_login_files
  if [ -e "$HOME/.bashrc" ] || is_login_shell bash; then
    shells="$shells bash"
    add_lines sh "$HOME/.bashrc"
  fi
  zsh_directory=$(zsh_startup_directory)
  if has_zsh_files || is_login_shell zsh; then
    shells="$shells zsh"
    add_lines sh "$zsh_directory/.zprofile"
    add_lines sh "$zsh_directory/.zshrc"
  fi
  fish_directory=$(fish_startup_directory)
  if [ -d "$fish_directory" ] || is_login_shell fish; then
    shells="$shells fish"
    add_lines fish "$fish_directory/conf.d/clauth.fish"
    # Read after conf.d.
    [ ! -e "$fish_directory/config.fish" ] || add_lines fish "$fish_directory/config.fish"
  fi
}

# Bash reads the first of .bash_profile, .bash_login and .profile, other shells and desktops read .profile: a
# .bash_profile made by us would hide an existing .profile from bash.
add_to_login_files() {
  bash_login=
  for file in "$HOME/.bash_profile" "$HOME/.bash_login"; do
    [ -n "$bash_login" ] || [ ! -e "$file" ] || bash_login=$file
  done
  [ -z "$bash_login" ] || add_lines sh "$bash_login"
  if [ -z "$bash_login" ] || [ -e "$HOME/.profile" ]; then
    add_lines sh "$HOME/.profile"
  fi
}

is_login_shell() {
  login_shell=${SHELL-}
  [ "${login_shell##*/}" = "$1" ]
}

has_zsh_files() {
  [ -e "$zsh_directory/.zshrc" ] || [ -e "$zsh_directory/.zprofile" ] || [ -e "$HOME/.zshenv" ]
}

# .zshenv may set ZDOTDIR without exporting it, so zsh itself is asked.
zsh_startup_directory() {
  zsh_asked=$(zsh -c 'printf "\n%s" "${ZDOTDIR:-$HOME}"' </dev/null 2>/dev/null | tail -n 1) || zsh_asked=
  printf '%s\n' "${zsh_asked:-${ZDOTDIR:-$HOME}}"
}

fish_startup_directory() {
  printf '%s\n' "${XDG_CONFIG_HOME:-$HOME/.config}/fish"
}

# remove_from_startup_files: the reverse, in every file that add_to_startup_files may have chosen at any time.
remove_from_startup_files() {
  fish_directory=$(fish_startup_directory)
  zsh_directory=$(zsh_startup_directory)
  for file in .profile .bash_profile .bash_login .bashrc .zprofile .zshrc; do
    remove_lines "$HOME/$file"
  done
  if [ "$zsh_directory" != "$HOME" ]; then
    remove_lines "$zsh_directory/.zprofile"
    remove_lines "$zsh_directory/.zshrc"
  fi
  remove_lines "$fish_directory/conf.d/clauth.fish"
  remove_lines "$fish_directory/config.fish"
}

# add_lines sh|fish FILE: makes our lines the last ones of FILE. Writes nothing where they are so already.
add_lines() {
  target=$(editable_file "$2") || return 0
  note=
  if [ -e "$target" ]; then
    without_lines "$target" >"$work/rest" || {
      warn "left alone: $2 has the line \"$BEGIN_MARK\" without \"$END_MARK\" after it; remove what is left of the lines by hand"
      return 0
    }
    note=$(grep -F -- "$BEGIN_MARK$NEW_FILE" "$target" | head -n 1)
    note=${note#"$BEGIN_MARK"}
    [ -z "$(tail -c 1 "$work/rest")" ] || note=$NO_NEWLINE
  else
    : >"$work/rest"
    note="$NEW_FILE, $(count_missing_directories "$target") new directories)"
  fi
  {
    cat "$work/rest"
    [ "$note" != "$NO_NEWLINE" ] || echo
    path_lines "$1" "$note"
  } >"$work/wanted"
  cmp -s "$work/wanted" "$target" && return 0
  if replace_file "$work/wanted" "$target"; then
    say "$2 puts $bin first on PATH"
  else
    warn "could not write $2: add $bin to the front of PATH there"
  fi
}

# remove_lines FILE: takes our lines out again where they name $bin.
remove_lines() {
  grep -F -- "$BEGIN_MARK" "$1" >/dev/null 2>&1 || return 0
  target=$(editable_file "$1") || return 0
  grep -F -e "$(spelled sh)" -e "$(spelled fish)" "$target" >/dev/null || {
    warn "left alone: the lines in $1 are for another directory than $bin"
    return 0
  }
  without_lines "$target" >"$work/rest" || {
    warn "left alone: $1 has the line \"$BEGIN_MARK\" without \"$END_MARK\" after it; remove what is left of the lines by hand"
    return 0
  }
  note=$(grep -F -- "$BEGIN_MARK$NEW_FILE" "$target" | head -n 1)
  if [ -n "$note" ] && [ ! -s "$work/rest" ]; then
    note=${note#*"$NEW_FILE, "}
    rm -f "$target" && remove_empty_directories "${note%% *}" "$target" && say "removed $1"
  elif replace_file "$work/rest" "$target"; then
    say "$1 is as it was"
  else
    warn "could not write $1: remove the lines from \"$BEGIN_MARK\" to \"$END_MARK\" by hand"
  fi
}

# editable_file FILE: prints the file that FILE is, symlinks followed, so that a link into a dotfiles repository stays
# one. Says why and is false where it can't or should not be edited: a write-protected file is somebody's decision.
editable_file() {
  real=$1 links=0
  while [ -L "$real" ] && [ "$links" -lt 40 ]; do
    links=$((links + 1))
    link=$(readlink "$real")
    case $link in
      /*) real=$link ;;
      *) real=$(dirname "$real")/$link ;;
    esac
  done
  if [ -L "$1" ] && [ ! -e "$real" ]; then
    warn "left alone: $1 is a link to nothing; add $bin to the front of PATH there"
    return 1
  fi
  if [ -e "$real" ] && { [ ! -f "$real" ] || [ -z "$(find "$real" -prune -perm -200)" ] || [ ! -w "$real" ]; }; then
    warn "left alone: $1 is write-protected or not a file; add $bin to the front of PATH there"
    return 1
  fi
  printf '%s\n' "$real"
}

# without_lines FILE: prints FILE as it was before our lines. False where a closing marker is missing.
without_lines() {
  cp "$1" "$work/cut" || return 1
  while :; do
    # shellcheck disable=SC2046 # two numbers: the first byte of our lines and the last one
    set -- $(marked_bytes <"$work/cut")
    [ "$1" != 0 ] || break
    [ "$2" != 0 ] || return 1
    first=$1 last=$2
    # What was appended after our lines must not join the line that had no end.
    if [ "$last" -ge "$(($(wc -c <"$work/cut")))" ] && grep -F -- "$BEGIN_MARK$NO_NEWLINE" "$work/cut" >/dev/null; then
      first=$((first - 1))
    fi
    {
      head -c "$((first - 1))" "$work/cut"
      tail -c "+$((last + 1))" "$work/cut"
    } >"$work/kept"
    mv -f "$work/kept" "$work/cut"
  done
  cat "$work/cut"
}

marked_bytes() {
  LC_ALL=C awk -v begin="$BEGIN_MARK" -v end="$END_MARK" '
    { line = $0; sub(/\r$/, "", line) }
    index(line, begin) == 1 && !first { first = bytes + 1 }
    { bytes += length($0) + 1 }
    line == end && first && !last { last = bytes }
    END { print first + 0, last + 0 }'
}

# replace_file NEW FILE: by rename, so that a full disk or a crash never leaves half a file. Mode and owner stay.
replace_file() {
  mkdir -p "$(dirname "$2")" 2>/dev/null || return 1
  new=$2.clauth-$$
  if { [ ! -e "$2" ] || cp -p "$2" "$new"; } && cat "$1" >"$new" && mv -f "$new" "$2"; then
    return 0
  fi 2>/dev/null
  rm -f "$new"
  return 1
}

count_missing_directories() {
  directory=$(dirname "$1") missing=0
  while [ ! -d "$directory" ]; do
    missing=$((missing + 1))
    directory=$(dirname "$directory")
  done
  echo "$missing"
}

# remove_empty_directories COUNT FILE: the COUNT directories above FILE that were made for it, as far as empty.
remove_empty_directories() {
  directory=$(dirname "$2") count=$1
  while [ "$count" -gt 0 ] && rmdir "$directory" 2>/dev/null; do
    count=$((count - 1))
    directory=$(dirname "$directory")
  done
}

# path_lines sh|fish NOTE: the lines themselves. They move $bin to the front, so that reading them twice changes nothing.
path_lines() {
  printf '%s%s\n' "$BEGIN_MARK" "$2"
  if [ "$1" = fish ]; then
    printf 'set -l clauth_bin %s\n' "$(spelled fish)"
    cat <<'EOF'
set -l clauth_at (contains -i -- $clauth_bin $PATH); and set -e PATH[$clauth_at]
set -gx PATH $clauth_bin $PATH
EOF
  else
    printf 'clauth_bin=%s clauth_rest=":$PATH:"\n' "$(spelled sh)"
    cat <<'EOF'
case $clauth_rest in
  *":$clauth_bin:"*) clauth_rest="${clauth_rest%%":$clauth_bin:"*}:${clauth_rest#*":$clauth_bin:"}" ;;
esac
clauth_rest="${clauth_rest#:}"
clauth_rest="${clauth_rest%:}"
export PATH="$clauth_bin${clauth_rest:+:$clauth_rest}"
unset clauth_bin clauth_rest
EOF
  fi
  printf '%s\n' "$END_MARK"
}

# spelled sh|fish: $bin as a word of that shell, by way of $HOME where it lies below it: startup files are shared
# between machines.
spelled() {
  case $bin in
    "$HOME"/*) below=${bin#"$HOME"/} ;;
    *) below= ;;
  esac
  case $below in
    '') quoted "$1" "$bin" ;;
    *[!A-Za-z0-9._/+@-]*) printf '"$HOME"%s\n' "$(quoted "$1" "/$below")" ;;
    *) printf '"$HOME/%s"\n' "$below" ;;
  esac
}

quoted() {
  if [ "$1" = fish ]; then
    printf '%s\n' "$2" | sed "s/[\\\\']/\\\\&/g; s/^/'/; s/\$/'/"
  else
    printf '%s\n' "$2" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"
  fi
}
