// From label texts, as folders and tables give them, to class indices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

struct ClassLabels {
  std::vector<int64_t> labels;           ///< -1 where the text is empty
  std::vector<std::string> class_names;  ///< sorted; empty when the texts are numbers
};

/// How a text such as "7" is to be read.
enum class LabelText { kAlwaysNames, kNumbersWhereAllAre };

/// kAlwaysNames: distinct texts, sorted by bytes as ImageFolder sorts folders, become 0, 1, ...
/// kNumbersWhereAllAre: if every text is an integer from -1 up, the labels are these integers.
/// throws DataError  naming `where`: a number too large to be a class index
ClassLabels resolve_labels(const std::vector<std::string>& texts, LabelText kind,
                           const std::string& where);

}  // namespace mae
