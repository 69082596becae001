// One section a shell. Options with choices offer them, other texts offer files, numbers offer
// nothing.
#include "mae/cli/completion.h"

#include <algorithm>

#include "mae/cli/tool_list.h"

namespace mae::cli {
namespace {

std::string bash_tool(const Program& program);
std::string zsh_tool(const Program& program);
std::string fish_tool(const Program& program);
std::string bash_dispatcher();
std::string zsh_dispatcher();
std::string fish_dispatcher();
std::string function_name(const std::string& program);  // "_mae_mask"
std::string tool_names();
bool offers_files(const Option& option);
// `text` with each character of `special` after a backslash and without single quotes.
std::string escaped(const std::string& text, const std::string& special);

}  // namespace

std::string tool_completion(const Program& program, const std::string& shell) {
  if (shell == "zsh") return zsh_tool(program);
  return shell == "fish" ? fish_tool(program) : bash_tool(program);
}

std::string dispatcher_completion(const std::string& shell) {
  if (shell == "zsh") return zsh_dispatcher();
  return shell == "fish" ? fish_dispatcher() : bash_dispatcher();
}

namespace {

std::string bash_tool(const Program& program) {
  const std::string function = function_name(program.name);
  std::string names, choices, files, numbers;
  for (const Option& option : program.options.options()) {
    if (option.hidden) continue;
    names += (names.empty() ? "--" : " --") + option.name;
    if (option.shows_negation()) names += " --" + option.negation();
    if (!option.takes_value()) continue;
    const std::string pattern =
        (option.letter ? std::string{'-', option.letter, '|'} : "") + "--" + option.name;
    if (!option.spec.choices.empty()) {
      std::string words;
      for (const std::string& choice : option.spec.choices)
        words += (words.empty() ? "" : " ") + choice;
      choices += "    " + pattern + ")\n      mapfile -t COMPREPLY < <(compgen -W '" + words +
                 "' -- \"$current\"); return ;;\n";
    } else {
      std::string& list = offers_files(option) ? files : numbers;
      list += (list.empty() ? "" : "|") + pattern;
    }
  }
  std::string text =
      "# bash completion of " + program.name + "\n" + function + "() {\n" +
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  # bash takes --name=value apart at the sign.\n"
      "  if [[ $current == = ]]; then current=\n"
      "  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  COMPREPLY=()\n  case $previous in\n" +
      choices;
  if (!numbers.empty()) text += "    " + numbers + ") return ;;\n";
  if (!files.empty()) {
    text += "    " + files +
            ")\n      compopt -o filenames\n"
            "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n";
  }
  return text +
         "  esac\n  if [[ $current == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W '" +
         names +
         "' -- \"$current\")\n    return\n  fi\n  compopt -o filenames\n"
         "  mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n}\ncomplete -F " +
         function + " " + program.name + "\n";
}

std::string zsh_option(const Option& option) {
  const std::string long_name = "--" + option.name, short_name = std::string{'-', option.letter};
  const std::string repeat = option.kind == ValueKind::kTexts ? "*" : "";
  std::string names;
  if (option.letter == 0) {
    names = "'" + repeat + long_name + (option.takes_value() ? "=" : "");
  } else if (option.takes_value()) {
    names = "'" + (repeat.empty() ? "(" + short_name + " " + long_name + ")" : repeat) + "'{" +
            short_name + "+," + long_name + "=}'";
  } else {
    names = "'(" + short_name + " " + long_name + ")'{" + short_name + "," + long_name + "}'";
  }
  std::string text = names + "[" + escaped(option.spec.meaning, "[]:\\") + "]";
  if (option.takes_value()) {
    text += ":" + escaped(option.metavar(), "[]:\\") + ":";
    if (!option.spec.choices.empty()) {
      std::string words;
      for (const std::string& choice : option.spec.choices)
        words += (words.empty() ? "" : " ") + choice;
      text += "(" + words + ")";
    } else if (offers_files(option)) {
      text += "_files";
    }
  }
  return "    " + text + "' \\\n";
}

std::string zsh_tool(const Program& program) {
  const std::string function = function_name(program.name);
  std::string text = "#compdef " + program.name + "\n" + function + "() {\n  _arguments -s \\\n";
  for (const Option& option : program.options.options()) {
    if (option.hidden) continue;
    text += zsh_option(option);
    if (option.shows_negation()) {
      text += "    '--" + option.negation() + "[undo --" + option.name + "]' \\\n";
    }
  }
  text += "    '*:operand:_files'\n}\n";
  // Works both sourced and as an autoloaded file.
  return text + "if [[ ${funcstack[1]} == " + function + " ]]; then\n  " + function +
         " \"$@\"\nelse\n  compdef " + function + " " + program.name + "\nfi\n";
}

std::string fish_tool(const Program& program) {
  std::string text = "# fish completion of " + program.name + "\n";
  for (const Option& option : program.options.options()) {
    if (option.hidden) continue;
    std::string line = "complete -c " + program.name;
    if (option.letter) line += std::string(" -s ") + option.letter;
    line += " -l " + option.name;
    if (!option.spec.choices.empty()) {
      std::string words;
      for (const std::string& choice : option.spec.choices)
        words += (words.empty() ? "" : " ") + choice;
      line += " -x -a '" + words + "'";
    } else if (option.takes_value()) {
      line += offers_files(option) ? " -r -F" : " -x";
    }
    text += line + " -d '" + escaped(option.spec.meaning, "\\") + "'\n";
    if (option.shows_negation()) {
      text += "complete -c " + program.name + " -l " + option.negation() + " -d 'undo --" +
              option.name + "'\n";
    }
  }
  return text;
}

std::string bash_dispatcher() {
  return "# bash completion of mae\n_mae() {\n"
         "  local function=_mae_${COMP_WORDS[1]//-/_}\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         tool_names() +
         " help --help --version' -- \"${COMP_WORDS[1]}\")\n"
         "  elif [[ ${COMP_WORDS[1]} == help ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         tool_names() +
         "' -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "  elif declare -F \"$function\" >/dev/null; then\n    \"$function\"\n  fi\n}\n"
         "complete -F _mae mae\n";
}

std::string zsh_dispatcher() {
  std::string text = "#compdef mae";
  for (const ToolEntry& tool : tool_list()) text += " mae-" + tool.name;
  text +=
      "\n_mae() {\n"
      "  if [[ $service == mae-* ]]; then\n"
      "    (( $+functions[_${service//-/_}] )) && \"_${service//-/_}\" \"$@\"\n    return\n  fi\n"
      "  local -a tools=(\n";
  for (const ToolEntry& tool : tool_list()) {
    text += "    '" + tool.name + ":" + escaped(tool.summary, ":\\") + "'\n";
  }
  return text +
         "    'help:show the help of a tool'\n  )\n"
         "  if (( CURRENT == 2 )); then\n    _describe tool tools\n    return\n  fi\n"
         "  local name=mae-${words[2]}\n"
         "  if [[ ${words[2]} == help ]]; then\n    _describe tool tools\n"
         "  elif (( $+functions[_${name//-/_}] )); then\n"
         "    shift words\n    (( CURRENT-- ))\n    words[1]=$name\n    \"_${name//-/_}\"\n  "
         "fi\n}\n"
         "if [[ ${funcstack[1]} == _mae ]]; then\n  _mae \"$@\"\nelse\n  compdef _mae mae\nfi\n";
}

std::string fish_dispatcher() {
  std::string text =
      "# fish completion of mae\n"
      "function __mae_tool_arguments\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -ge 2; or return\n"
      "    set -l rest (string escape -- $words[3..-1])\n"
      "    set -l token (commandline -ct)\n"
      "    complete -C (string join ' ' -- mae-$words[2] $rest \"$token\")\n"
      "end\n"
      "complete -c mae -f\n";
  for (const ToolEntry& tool : tool_list()) {
    text += "complete -c mae -n __fish_use_subcommand -a " + tool.name + " -d '" +
            escaped(tool.summary, "\\") + "'\n";
  }
  return text +
         "complete -c mae -n __fish_use_subcommand -a help -d 'show the help of a tool'\n"
         "complete -c mae -n '__fish_seen_subcommand_from help' -a '" +
         tool_names() +
         "'\n"
         "complete -c mae -n 'not __fish_use_subcommand; and not __fish_seen_subcommand_from help'"
         " -a '(__mae_tool_arguments)'\n";
}

std::string function_name(const std::string& program) {
  std::string name = "_" + program;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string tool_names() {
  std::string names;
  for (const ToolEntry& tool : tool_list()) names += (names.empty() ? "" : " ") + tool.name;
  return names;
}

bool offers_files(const Option& option) {
  return option.spec.choices.empty() &&
         (option.kind == ValueKind::kText || option.kind == ValueKind::kTexts);
}

std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    if (c == '\'') {
      out += "\xe2\x80\x99";  // a typographic apostrophe: no shell gives it a meaning
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace
}  // namespace mae::cli
