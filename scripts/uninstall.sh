# shellcheck shell=sh disable=SC2154 # $prefix, $bin, $store, $work and $purge are the caller's
# Takes an installation away again. Sourced; reads $prefix, $bin, $store, $work and $purge.

# uninstall: the executables, the lines in startup files, and a Claude Code that install.sh put below $prefix. The
# profiles stay, unless $purge is "yes" and the user agrees.
uninstall() {
  [ "$purge" != yes ] || agree_to_purge
  remove_from_startup_files
  for name in claude clauth; do
    if is_ours "$bin/$name"; then
      rm -f "$bin/$name"
      say "removed $bin/$name"
    elif [ -e "$bin/$name" ]; then
      warn "left alone: $bin/$name is not clauth's"
    fi
  done
  remove_claude_code
  if [ "$purge" = yes ]; then
    purge_store
  else
    say_how_to_use_logins
  fi
  if rmdir "$bin" 2>/dev/null; then
    rmdir "$prefix" 2>/dev/null || :
  fi
}

# is_ours FILE: an executable of clauth or the link to one, also a dangling one.
is_ours() {
  [ "$(readlink "$1")" = clauth ] || { [ -f "$1" ] && LC_ALL=C grep -q clauth-shim "$1"; }
}

agree_to_purge() {
  [ -d "$store/profiles" ] || return 0
  if "$bin/clauth" sessions --json 2>/dev/null | grep -q '"live": *true'; then
    fail "claude is running under a profile" "end it, then uninstall again"
  fi
  agree "remove $store with the logins of all profiles for good?" ||
    fail "--purge removes the logins of all profiles and nobody agreed" "add --yes"
}

# What clauth writes there and nothing else: $CLAUTH_HOME may be a directory with other things in it.
purge_store() {
  for name in profiles removed profiles.toml clauth.toml trust.json .lock log rotation-locks; do
    rm -rf "${store:?}/$name"
  done
  rmdir "$store" 2>/dev/null || :
  say "removed all profiles from $store"
}

remove_claude_code() {
  if [ -f "$store/clauth.toml" ] && grep -qF "$CONFIG_NOTE" "$store/clauth.toml"; then
    grep -vF "$CONFIG_NOTE" "$store/clauth.toml" >"$work/config" || :
    replace_file "$work/config" "$store/clauth.toml"
    [ -s "$store/clauth.toml" ] || rm -f "$store/clauth.toml"
  fi
  [ -d "$prefix/claude/node_modules/@anthropic-ai" ] || return 0
  rm -rf "$prefix/claude"
  say "removed the Claude Code in $prefix/claude that install.sh had put there"
}

# say_how_to_use_logins: nothing of a profile is lost without clauth; its runtime tree is a config directory of Claude
# Code as it is.
say_how_to_use_logins() {
  announced=
  for profile in "$store"/profiles/*/; do
    [ -d "$profile" ] || continue
    profile=${profile%/}
    if [ -z "$announced" ]; then
      say "the profiles stay in $store/profiles (--uninstall --purge removes them); without clauth, use them by:"
      announced=yes
    fi
    say "  ${profile##*/}: $(how_to_use "$profile")"
  done
}

how_to_use() {
  runtime=$(quoted sh "$1/runtime")
  if grep -q '^ *home *= *true' "$1/config.toml" 2>/dev/null; then
    echo 'claude'
  elif grep -q '^ *api_key *=' "$1/config.toml" 2>/dev/null; then
    echo "ANTHROPIC_API_KEY=<api_key of $1/config.toml> claude"
  elif [ -e "$1/runtime/.credentials.json" ] || [ ! -e "$1/credentials.json" ]; then
    echo "CLAUDE_CONFIG_DIR=$runtime claude"
  else
    echo "mkdir -p $runtime && ln -s ../credentials.json $runtime/.credentials.json && CLAUDE_CONFIG_DIR=$runtime claude"
  fi
}
