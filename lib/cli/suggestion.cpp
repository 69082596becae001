// Optimal string alignment distance; words here are short, so the plain table is fine.
#include "mae/cli/suggestion.h"

#include <algorithm>

namespace mae::cli {

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string best = nearest(word, candidates);
  return best.empty() ? "" : "did you mean " + best + "?";
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  // A third of the letters may differ; beyond that a suggestion is noise.
  int best_distance = std::max<int>(1, static_cast<int>(word.size()) / 3) + 1;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(word, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  if (!best.empty()) return best;
  // A prefix ("--mask" for "--mask-ratio") is far in letters and yet clearly meant, if it fits only
  // one.
  for (const std::string& candidate : candidates) {
    if (word.size() < 3 || candidate.rfind(word, 0) != 0) continue;
    if (!best.empty()) return "";
    best = candidate;
  }
  return best;
}

int edit_distance(const std::string& a, const std::string& b) {
  const size_t n = a.size(), m = b.size();
  std::vector<std::vector<int>> cost(n + 1, std::vector<int>(m + 1));
  for (size_t i = 0; i <= n; ++i) cost[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= m; ++j) cost[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= n; ++i) {
    for (size_t j = 1; j <= m; ++j) {
      const int replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[n][m];
}

}  // namespace mae::cli
