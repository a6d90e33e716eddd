// Completion scripts, made from the tree of commands itself, so that they cannot know less or more than it.
import type { AssayCommand } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Place {
  /** Words behind the program's name that lead here, e.g. ["finding", "ls"]. */
  path: string[];
  commands: Word[];
  options: Switch[];
  /** What the first argument can be; empty: a file or anything else. */
  choices: string[];
}

interface Word {
  name: string;
  summary: string;
}

interface Switch {
  flags: string[];
  summary: string;
  takesValue: boolean;
  choices: string[];
}

export function completionScript(program: AssayCommand, shell: Shell): string {
  const places = placesOf(program, []);
  if (shell === 'bash') return bash(places);
  return shell === 'zsh' ? zsh(places) : fish(places);
}

function placesOf(command: AssayCommand, path: string[]): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command) as AssayCommand[];
  const place: Place = {
    path,
    commands: commands.map((child) => ({ name: child.name(), summary: child.summary() || child.description() })),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      summary: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  const named = commands.filter((child) => child.name() !== 'help');
  return [place, ...named.flatMap((child) => placesOf(child, [...path, child.name()]))];
}

function bash(places: readonly Place[]): string {
  const arms = places.map((place) => {
    const flags = place.options.flatMap(({ flags }) => flags);
    const words = [...place.commands.map(({ name }) => name), ...place.choices];
    return `    ${quote(place.path.join(' '))}) words=${quote(words.join(' '))} flags=${quote(flags.join(' '))} ;;`;
  });
  return `# Completion of assay for bash: source <(assay completion bash)
_assay() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at='' word words='' flags='' values=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${places
        .filter(({ path }) => path.length)
        .map(({ path }) => quote(path.join(' ')))
        .join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  COMPREPLY=()
  case "$at $previous" in
${optionArms(places, (choices) => `values=${quote(choices.join(' '))}`, '      return ;;')}
  esac
  if [[ -n $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
    return
  fi
  case "$at" in
${arms.join('\n')}
  esac
  if [[ $current == -* ]]; then words=$flags; fi
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}
complete -o default -F _assay assay
`;
}

// An option that takes a value: its choices, or nothing of ours, so that the shell offers files.
function optionArms(places: readonly Place[], offer: (choices: string[]) => string, otherwise: string): string {
  return places
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ flags, choices }) => {
          const patterns = flags.map((flag) => quote(`${path.join(' ')} ${flag}`)).join('|');
          return choices.length ? `    ${patterns}) ${offer(choices)} ;;` : `    ${patterns})\n${otherwise}`;
        }),
    )
    .join('\n');
}

function zsh(places: readonly Place[]): string {
  const arms = places.map((place) => {
    const words = [...place.commands, ...place.choices.map((name) => ({ name, summary: '' }))].map(described);
    const flags = place.options.flatMap(({ flags, summary }) => flags.map((name) => described({ name, summary })));
    return `    ${quote(place.path.join(' '))}) words_=(${words.join(' ')}) flags_=(${flags.join(' ')}) ;;`;
  });
  return `#compdef assay
# Completion of assay for zsh: assay completion zsh > "\${fpath[1]}/_assay"
_assay() {
  local at='' word current=\${words[CURRENT]} previous=\${words[CURRENT-1]}
  local -a words_ flags_ values_
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${places
        .filter(({ path }) => path.length)
        .map(({ path }) => quote(path.join(' ')))
        .join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $previous" in
${optionArms(places, (choices) => `values_=(${choices.map(quote).join(' ')})`, '      _files; return ;;')}
  esac
  if (( \${#values_} )); then compadd -a values_; return; fi
  case "$at" in
${arms.join('\n')}
  esac
  if [[ $current == -* ]]; then _describe option flags_; return; fi
  if (( \${#words_} )); then _describe command words_; else _files; fi
}
if [[ "\${funcstack[1]}" == _assay ]]; then _assay "$@"; else compdef _assay assay; fi
`;
}

// "name:summary", a colon in the name escaped (_describe).
function described({ name, summary }: Word): string {
  return quote(`${name.replaceAll(':', '\\:')}:${summary}`);
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, choices }) => {
    const condition = `-n ${quote(`__assay_at ${path.join(' ')}`.trim())}`;
    return [
      ...commands.map(({ name, summary }) => `complete -c assay ${condition} -f -a ${name} -d ${quote(summary)}`),
      ...choices.map((name) => `complete -c assay ${condition} -f -a ${quote(name)}`),
      ...options.map((option) => `complete -c assay ${condition} ${fishFlags(option)} -d ${quote(option.summary)}`),
    ];
  });
  return `# Completion of assay for fish: assay completion fish > ~/.config/fish/completions/assay.fish
function __assay_at
  set -l at
  for word in (commandline -opc)[2..]
    switch (string join ' ' $at $word)
      case ${places
        .filter(({ path }) => path.length)
        .map(({ path }) => quote(path.join(' ')))
        .join(' ')}
        set at $at $word
    end
  end
  test "$at" = "$argv"
end
${lines.join('\n')}
`;
}

function fishFlags({ flags, takesValue, choices }: Switch): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = !takesValue ? [] : choices.length ? ['-x', '-a', quote(choices.join(' '))] : ['-r'];
  return [...names, ...value].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
