// A folder of its own for a test, and files in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "mae/base/error.h"
#include "mae/media/image_decode.h"
#include "mae/sources/image_source.h"

namespace mae {

class ScratchTest : public testing::Test {
 protected:
  ScratchTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mae-sources-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~ScratchTest() override { std::filesystem::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  /// A one-pixel PNG whose grey tells pictures apart.
  static std::string picture(uint8_t grey) {
    Image image;
    image.height = image.width = image.channels = 1;
    image.bytes = {grey};
    return encode_png(image);
  }
  static int grey_of(const ImageSource& source, int64_t i) {
    DecodeOptions options;
    options.channels = 1;
    return source.load(i, options).bytes[0];
  }
  static std::vector<std::string> names(const ImageSource& source) {
    std::vector<std::string> names;
    for (int64_t i = 0; i < source.size(); ++i) names.push_back(source.item(i).name);
    return names;
  }
  static std::vector<int64_t> labels(const ImageSource& source) {
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < source.size(); ++i) labels.push_back(source.item(i).label);
    return labels;
  }
  /// The error's line, or "" when opening works.
  static std::string refusal(const std::vector<std::string>& operands,
                             const SourceOptions& options = {}) {
    try {
      open_image_source(operands, options);
    } catch (const Error& error) {
      return error.line() + " | " + error.hint();
    }
    return "";
  }

  std::string root_;
};

using Names = std::vector<std::string>;
using Labels = std::vector<int64_t>;

}  // namespace mae
