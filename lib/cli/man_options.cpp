#include "mae/cli/man_options.h"

#include <cctype>

#include "mae/cli/text_layout.h"

namespace mae::cli {
namespace {

constexpr int kSourceWidth = 72;  // columns of the page's source, before escaping

std::string item(const Option& option);
std::string sentence(const std::string& words);

}  // namespace

std::string man_options(const Program& program) {
  std::string text = ".Sh OPTIONS\n";
  for (const std::string& group : program.options.groups()) {
    text += ".Ss " + mdoc_escape(group) + "\n.Bl -tag -width Ds\n";
    for (const Option& option : program.options.options()) {
      if (option.spec.group == group && !option.hidden) text += item(option);
    }
    text += ".El\n";
  }
  return text;
}

std::string mdoc_escape(const std::string& text) {
  std::string out;
  bool starts_line = true;
  for (const char c : text) {
    if (starts_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";  // a bare one may be printed as a typographic hyphen, which cannot be pasted
                     // into a shell
    } else {
      out += c;
    }
    starts_line = c == '\n';
  }
  return out;
}

namespace {

std::string item(const Option& option) {
  std::string text = ".It";
  if (option.letter) text += std::string(" Fl ") + option.letter + " ,";
  text += " Fl " + mdoc_escape("-" + option.name);
  if (option.shows_negation()) {
    text += " , Fl " + mdoc_escape("-" + option.negation());
  }
  if (option.takes_value()) text += " Ar \"" + mdoc_escape(option.metavar()) + "\"";
  return text + "\n" + sentence(option_description(option));
}

std::string sentence(const std::string& words) {
  std::string text = words;
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return mdoc_escape(wrap(text + ".", kSourceWidth, 0, 0)) + "\n";
}

}  // namespace
}  // namespace mae::cli
