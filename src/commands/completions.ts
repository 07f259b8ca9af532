import type { Context } from "../context.ts";
import { type Command, command, usageError } from "./command.ts";

/** `clauth completions`: a script for a shell's startup file. Profile names are asked for when Tab is pressed. */
export function completions(context: Context, verbs: readonly string[]): Command {
  return command({
    name: "completions",
    summary: "print a completion script for a shell",
    args: { shell: { type: "positional", required: true, description: "bash, zsh, fish or powershell" } },
    examples: [
      ['eval "$(clauth completions bash)"', "in ~/.bashrc; with zsh in ~/.zshrc"],
      ["clauth completions fish | source", "in ~/.config/fish/config.fish"],
    ],
    run: ({ shell }) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined) throw usageError("the shell is bash, zsh, fish or powershell", "completions");
      const words = [...new Set(verbs.map((verb) => verb.split(" ")[0] ?? verb))];
      context.stdout.write(script(words.join(" ")));
      return 0;
    },
  });
}

const NAMED = "remove|rename|login|logout|local|global|run|exec|sync|backups";

const SCRIPTS: Readonly<Record<string, (verbs: string) => string>> = {
  bash: (verbs) => `# eval "$(clauth completions bash)"
_clauth() {
  local word=\${COMP_WORDS[COMP_CWORD]} names=
  if [ "$COMP_CWORD" -eq 1 ]; then names="${verbs}"
  else
    case \${COMP_WORDS[1]} in
      ${NAMED}) names=$(clauth __profiles 2>/dev/null) ;;
      rule) names="add list remove $(clauth __profiles 2>/dev/null)" ;;
      editor) names=vscode ;;
      completions) names="bash zsh fish powershell" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -o default -F _clauth clauth
`,
  zsh: (verbs) => `# eval "$(clauth completions zsh)"
_clauth() {
  local -a names
  if (( CURRENT == 2 )); then names=(${verbs})
  else
    case $words[2] in
      ${NAMED}) names=(\${(f)"$(clauth __profiles 2>/dev/null)"}) ;;
      rule) names=(add list remove \${(f)"$(clauth __profiles 2>/dev/null)"}) ;;
      editor) names=(vscode) ;;
      completions) names=(bash zsh fish powershell) ;;
    esac
  fi
  (( $#names )) && compadd -a names || _files
}
(( $+functions[compdef] )) && compdef _clauth clauth
`,
  fish: (verbs) => `# clauth completions fish | source
complete -c clauth -n __fish_use_subcommand -f -a "${verbs}"
complete -c clauth -n "__fish_seen_subcommand_from ${NAMED.replaceAll("|", " ")} rule" -f -a "(clauth __profiles 2>/dev/null)"
complete -c clauth -n "__fish_seen_subcommand_from rule" -f -a "add list remove"
complete -c clauth -n "__fish_seen_subcommand_from editor" -f -a "vscode"
complete -c clauth -n "__fish_seen_subcommand_from completions" -f -a "bash zsh fish powershell"
`,
  powershell: (verbs) => `# clauth completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName clauth -ScriptBlock {
  param($word, $line, $position)
  $typed = @($line.CommandElements | ForEach-Object { "$_" })
  if ($typed.Count -lt 2 -or ($typed.Count -eq 2 -and $word -ne '')) { $names = -split '${verbs}' }
  else {
    $names = switch -Regex ($typed[1]) {
      '^(${NAMED})$' { clauth __profiles 2>$null }
      '^rule$' { @('add', 'list', 'remove') + @(clauth __profiles 2>$null) }
      '^editor$' { 'vscode' }
      '^completions$' { 'bash', 'zsh', 'fish', 'powershell' }
    }
  }
  $names | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
};
