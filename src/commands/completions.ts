import type { Context } from "../context.ts";
import { type Command, command, usageError } from "./command.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

/** `clauth completions`: a script for a shell's startup file. What fits is asked for when Tab is pressed. */
export function completions(context: Context): Command {
  return command({
    name: "completions",
    summary: "print a completion script for a shell",
    args: { shell: { type: "positional", required: true, description: "bash, zsh, fish or powershell" } },
    examples: [
      ['eval "$(clauth completions bash)"', "in ~/.bashrc; with zsh in ~/.zshrc"],
      ["clauth completions fish | source", "in ~/.config/fish/config.fish"],
    ],
    run: ({ shell }) => {
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined) throw usageError("the shell is bash, zsh, fish or powershell", "completions");
      context.stdout.write(SCRIPTS[known]);
      return 0;
    },
  });
}

/** Each hands on the words up to the cursor, the one under it last; where nothing fits, the shell's own way with files goes on. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  // Bash breaks words before @ and behind : too, and a name may be an address: the line itself is taken, and what stands before the
  // break is not answered.
  bash: `# eval "$(clauth completions bash)"
_clauth() {
  local line=\${COMP_LINE:0:COMP_POINT} word
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local last=\${words[\${#words[@]}-1]}
  local open=\${last##*["\${COMP_WORDBREAKS//@/}"]}
  [[ $COMP_WORDBREAKS == *@* && $open == *@* ]] && open=@\${open##*@}
  local kept=\${last%"$open"}
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("\${word#"$kept"}")
  done < <(clauth __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _clauth clauth
`,
  zsh: `# eval "$(clauth completions zsh)"
_clauth() {
  local -a lines shown
  lines=(\${(f)"$(clauth __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  shown=(\${\${lines//:/\\\\:}/$'\\t'/:})
  (( $#shown )) && _describe clauth shown || _files
}
(( $+functions[compdef] )) && compdef _clauth clauth
`,
  fish: `# clauth completions fish | source
complete -c clauth -f -a '(clauth __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
complete -c clauth -n '__fish_seen_subcommand_from which allow deny' -F
complete -c clauth -n '__fish_seen_subcommand_from add' -l import -r -F
`,
  // Windows PowerShell hands no empty argument on: two quotes stand for it.
  powershell: `# clauth completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName clauth -ScriptBlock {
  param($word, $line, $position)
  $typed = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $typed += "''" }
  clauth __complete -- $typed 2>$null | ForEach-Object {
    $name, $what = $_ -split "\`t", 2
    if (-not $what) { $what = $name }
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $what)
  }
}
`,
};
