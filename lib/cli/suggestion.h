// "Did you mean": the nearest of a list of names to a mistyped one.
#pragma once

#include <string>
#include <vector>

namespace mae::cli {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
int edit_distance(const std::string& a, const std::string& b);

/// The nearest candidate when it is near enough to be what was meant, else empty.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// "did you mean X?", or empty.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace mae::cli
