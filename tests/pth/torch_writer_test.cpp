#include "mae/pth/torch_writer.h"

#include <gtest/gtest.h>

#include <vector>

#include "../base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/pth/torch_file.h"

namespace mae::pth {
namespace {

struct Model {
  std::vector<float> weight = {1, 2, 3, 4, 5, 6};
  std::vector<uint16_t> half = {0x3c00, 0xc000};
  std::vector<int64_t> counts = {-5};
  std::map<std::string, TensorView> tensors = {
      {"blocks.0.weight", {ElementType::kFloat32, {2, 3}, weight.data()}},
      {"half", {ElementType::kBfloat16, {2}, half.data()}},
      {"scalar", {ElementType::kInt64, {}, counts.data()}},
      {"none", {ElementType::kFloat32, {0, 7}, nullptr}}};
};

TEST(TorchWriter, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const Model model;
  write_torch_file(folder / "m.pth", model.tensors, {{"mae.config", "{\"a\":1}"}});
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m.pth"});
  EXPECT_TRUE(is_torch_file(folder / "m.pth"));
  const TorchFile file(folder / "m.pth");
  EXPECT_EQ(file.key(), "model");
  EXPECT_EQ(file.rest(), nlohmann::json({{"mae.config", "{\"a\":1}"}}));
  ASSERT_EQ(file.entries().size(), model.tensors.size());
  for (const auto& [name, view] : model.tensors) {
    const TorchFile::Entry& entry = file.entries().at(name);
    EXPECT_EQ(entry.type, view.type) << name;
    EXPECT_EQ(entry.shape, view.shape) << name;
    const auto bytes =
        static_cast<size_t>(element_count(view.shape, name) * element_size(view.type));
    std::string read(bytes, '?');
    file.read(name, read.data());
    EXPECT_EQ(read, std::string(static_cast<const char*>(view.data), bytes)) << name;
  }
}

TEST(TorchWriter, EqualInputGivesEqualBytes) {
  const TemporaryFolder folder;
  const Model a, b;
  write_torch_file(folder / "a", a.tensors, {});
  write_torch_file(folder / "b", b.tensors, {});
  EXPECT_EQ(read_file(folder / "a"), read_file(folder / "b"));
}

// torch.load maps storages into memory where they are aligned.
TEST(TorchWriter, StoragesAreAligned) {
  const TemporaryFolder folder;
  const Model model;
  write_torch_file(folder / "m", model.tensors, {});
  const std::string bytes = read_file(folder / "m");
  const std::string weight(reinterpret_cast<const char*>(model.weight.data()), 24);
  const size_t at = bytes.find(weight);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(at % 64, 0U);
}

TEST(TorchWriter, RefusesTypesWithoutAStorage) {
  const TemporaryFolder folder;
  const std::vector<uint16_t> values = {1};
  EXPECT_THROW(
      write_torch_file(folder / "m", {{"t", {ElementType::kUint16, {1}, values.data()}}}, {}),
      UsageError);
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace mae::pth
