// Files that PyTorch wrote (tests/golden/pth, see make_pth.py there).
#include "mae/pth/torch_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "mae/base/error.h"
#include "mae/base/input_file.h"

namespace mae::pth {
namespace {

const std::string kFolder = MAE_TESTS_DIR "/golden/pth/";

double bfloat16_value(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value = 0;
  std::memcpy(&value, &wide, 4);
  return value;
}

// Only what the fixtures hold: normal numbers and zero.
double float16_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double value = exponent == 0 ? 0 : std::ldexp(1024 + (bits & 1023), exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

template <typename T>
double value_at(const std::string& bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

double element(const std::string& bytes, ElementType type, size_t index) {
  switch (type) {
    case ElementType::kFloat32:
      return value_at<float>(bytes, index);
    case ElementType::kFloat64:
      return value_at<double>(bytes, index);
    case ElementType::kFloat16:
      return float16_value(static_cast<uint16_t>(value_at<uint16_t>(bytes, index)));
    case ElementType::kBfloat16:
      return bfloat16_value(static_cast<uint16_t>(value_at<uint16_t>(bytes, index)));
    case ElementType::kInt64:
      return value_at<int64_t>(bytes, index);
    default:
      return value_at<uint8_t>(bytes, index);
  }
}

void expect_tensors(const std::string& name, const TorchFile& file) {
  const nlohmann::json expected = nlohmann::json::parse(read_file(kFolder + "expected.json"));
  ASSERT_EQ(file.entries().size(), expected.size()) << name;
  for (const auto& [tensor, values] : expected.items()) {
    const TorchFile::Entry& entry = file.entries().at(tensor);
    EXPECT_EQ(element_name(entry.type), values["type"]) << name << ":" << tensor;
    EXPECT_EQ(entry.shape, values["shape"].get<std::vector<int64_t>>()) << name << ":" << tensor;
    const int64_t count = element_count(entry.shape, tensor);
    std::string bytes(static_cast<size_t>(count * element_size(entry.type)), '\0');
    file.read(tensor, bytes.data());
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      EXPECT_EQ(element(bytes, entry.type, i), values["values"][i].get<double>())
          << name << ":" << tensor << " " << i;
  }
}

TEST(TorchFile, ReadsBothContainers) {
  for (const char* name : {"zip.pth", "legacy.pth"}) {
    const TorchFile file(kFolder + name);
    EXPECT_EQ(file.key(), "model");
    expect_tensors(name, file);
    EXPECT_EQ(file.rest().at("epoch"), 7);
    const nlohmann::json& args = file.rest().at("args");
    EXPECT_EQ(args.at("model"), "mae_vit_micro");
    EXPECT_EQ(args.at("norm_pix_loss"), true);
    EXPECT_EQ(args.at("betas"), nlohmann::json({0.9, 0.95}));
    EXPECT_EQ(args.at("output_dir"), "<pathlib PosixPath>");
    EXPECT_EQ(args.at("lr"), nullptr);
  }
}

TEST(TorchFile, ReadsABareStateDict) {
  const TorchFile file(kFolder + "bare.pth");
  EXPECT_EQ(file.key(), "");
  expect_tensors("bare.pth", file);
}

TEST(TorchFile, TakesTheDictionaryItIsTold) {
  EXPECT_EQ(TorchFile(kFolder + "zip.pth", "model").entries().size(), 13U);
  try {
    TorchFile(kFolder + "zip.pth", "model_ema");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("it has model, optimizer, epoch"), std::string::npos)
        << error.what();
  }
}

TEST(TorchFile, NamesTheForeignGlobal) {
  try {
    TorchFile(kFolder + "foreign.pth");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("posix.system"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace mae::pth
