# shellcheck shell=sh disable=SC2154 # $prefix, $bin, $store, $work, $bun and $claude_policy are the caller's
# Installs Claude Code where there is none. Sourced; reads $prefix, $store, $work, $bun and $claude_policy.

CLAUDE_PACKAGE=@anthropic-ai/claude-code
# By its tag: without one npm takes the newest version whose `engines` suit this Node, though the executable needs none
# (Claude Code 2.1.197 instead of 2.1.330 on Node 20).
CLAUDE_LATEST=$CLAUDE_PACKAGE@latest
CONFIG_NOTE='# put here by install.sh'

# shim_version: `claude --version` through the shim. By the name `system`, so that the profile of this directory, if
# any, is not opened for it; 127 where there is no Claude Code.
shim_version() {
  (
    cd / && unset CLAUTH_GUARD CLAUTH_BYPASS
    CLAUTH_PROFILE=system "$bin/claude" --version </dev/null
  )
}

# offer_claude: installs Claude Code from the npm registry where the user agrees, else says how to.
offer_claude() {
  if [ "$claude_policy" = auto ] && agree "there is no Claude Code yet; install it from the npm registry?"; then
    say "installing Claude Code"
    install_claude || warn "installing Claude Code failed: $(tail -n 3 "$work/claude.log" | tr '\n' ' ')"
  fi
}

# install_claude: globally where npm may write there, else into $prefix/claude with its path in clauth.toml.
install_claude() {
  : >"$work/claude.log"
  if npm_is_writable; then
    npm install --global --no-audit --no-fund --loglevel=error "$CLAUDE_LATEST" </dev/null >>"$work/claude.log" 2>&1 ||
      return 1
    npm_prefix=$(npm prefix --global)
    set -- "$npm_prefix/bin/claude" "$npm_prefix/lib/node_modules"
  else
    mkdir -p "$prefix/claude"
    if command -v npm >/dev/null 2>&1; then
      npm install --prefix "$prefix/claude" --no-audit --no-fund --loglevel=error "$CLAUDE_LATEST" </dev/null
    else
      echo '{}' >"$prefix/claude/package.json"
      (cd "$prefix/claude" && "$bun" add "$CLAUDE_LATEST" </dev/null)
    fi >>"$work/claude.log" 2>&1 || return 1
    set -- "$prefix/claude/node_modules/.bin/claude" "$prefix/claude/node_modules"
  fi
  # The package's own executable is put in place by a postinstall script that may not have run; the platform's package
  # has it in any case.
  for claude in "$1" "$2/$CLAUDE_PACKAGE"-*/claude "$2/$CLAUDE_PACKAGE/node_modules/$CLAUDE_PACKAGE"-*/claude; do
    if [ -x "$claude" ] && "$claude" --version </dev/null >>"$work/claude.log" 2>&1; then
      [ "$claude" = "$(beyond_shim claude)" ] || set_configured_claude "$claude"
      return 0
    fi
  done
  return 1
}

npm_is_writable() {
  npm_prefix=$(npm prefix --global 2>/dev/null) || return 1
  for directory in "$npm_prefix/lib/node_modules" "$npm_prefix/bin"; do
    while [ ! -e "$directory" ]; do directory=$(dirname "$directory"); done
    [ -d "$directory" ] && [ -w "$directory" ] || return 1
  done
}

# set_configured_claude FILE: `claude = FILE` at the top of clauth.toml, before any table, unless it names one already.
set_configured_claude() {
  ! grep -q '^[[:space:]]*claude[[:space:]]*=' "$store/clauth.toml" 2>/dev/null || return 0
  {
    printf 'claude = "%s" %s\n' "$(printf '%s\n' "$1" | sed 's/[\\"]/\\&/g')" "$CONFIG_NOTE"
    [ ! -e "$store/clauth.toml" ] || cat "$store/clauth.toml"
  } >"$work/config"
  (umask 077 && replace_file "$work/config" "$store/clauth.toml")
}
