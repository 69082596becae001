// mae: `mae X ...` runs `mae-X ...`, found beside this program or on PATH.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/version.h"
#include "mae/cli/completion.h"
#include "mae/cli/console.h"
#include "mae/cli/result_printer.h"
#include "mae/cli/suggestion.h"
#include "mae/cli/tool_list.h"

namespace {

std::vector<std::string> tool_names() {
  std::vector<std::string> names;
  for (const auto& tool : mae::cli::tool_list()) names.push_back(tool.name);
  return names;
}

std::string help_text() {
  std::string text =
      "usage: mae TOOL [ARGUMENT]...\nMasked autoencoders as small command-line tools.\n\nTools:\n";
  for (const auto& tool : mae::cli::tool_list()) {
    std::string name = "  " + tool.name;
    name.resize(16, ' ');
    text += name + tool.summary + "\n";
  }
  return text +
         "\nmae TOOL -h shows the help of a tool, mae help TOOL all of it; mae-TOOL is the same as "
         "mae TOOL.\n\n"
         "Example:\n  mae patchify photos -o photos.h5\n  mae reconstruct --model mae.safetensors "
         "photos.h5 -o seen.png\n";
}

// The folder of this program, with a slash at the end.
std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string text(path, length > 0 ? static_cast<size_t>(length) : 0);
  return text.substr(0, text.rfind('/') + 1);
}

// Returns only when the tool cannot be run.
void run_tool(const std::string& name, const std::vector<std::string>& arguments) {
  const std::string program = "mae-" + name;
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv((own_folder() + program).c_str(), argv.data());
  if (errno != ENOENT) {
    throw mae::ResourceError("cannot be run: " + mae::system_reason(errno), own_folder() + program);
  }
  ::execvp(program.c_str(), argv.data());
}

[[noreturn]] void refuse(const std::string& name) {
  const auto names = tool_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    throw mae::ResourceError("is not installed beside mae nor on PATH", "mae-" + name);
  }
  const std::string hint = mae::cli::did_you_mean(name, names);
  throw mae::UsageError("no such tool", name, hint.empty() ? "mae help lists the tools" : hint);
}

void print(const std::string& text) {
  std::signal(SIGPIPE, SIG_IGN);  // only here: a tool that is run must not inherit it
  mae::cli::write_standard_output(text);
}

void dispatch(const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "help" : words[0];
  if (first == "-h" || first == "--help" || (first == "help" && words.size() < 2))
    return print(help_text());
  if (first == "--version") return print("mae " + mae::version() + "\n");
  if (first == "--completion") {
    const std::string shell = words.size() > 1 ? words[1] : "";
    if (shell != "bash" && shell != "zsh" && shell != "fish") {
      throw mae::UsageError("expected bash, zsh or fish, got \"" + shell + "\"", "--completion");
    }
    return print(mae::cli::dispatcher_completion(shell));
  }
  if (first[0] == '-') throw mae::UsageError("unknown option", first, "mae help lists the tools");
  const bool is_help = first == "help";
  const std::string name = is_help ? words[1] : first;
  if (name.empty() || name.find('/') != std::string::npos) refuse(name);
  run_tool(name, is_help ? std::vector<std::string>{"--help"}
                         : std::vector<std::string>(words.begin() + 1, words.end()));
  refuse(name);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dispatch({argv + std::min(argc, 1), argv + argc});
    return 0;
  } catch (const mae::ClosedPipe&) {
    return 0;
  } catch (const mae::Error& error) {
    auto console = mae::cli::Console::standard_error();
    console.print_line("mae: error: " + error.line());
    if (!error.hint().empty()) console.print_line("hint: " + mae::printable(error.hint()));
    return error.exit_code();
  }
}
