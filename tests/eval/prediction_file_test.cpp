// The tables that other programs read.
#include "mae/eval/prediction_file.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "mae/base/input_file.h"

namespace mae {
namespace {

class PredictionFile : public ::testing::Test {
 protected:
  std::string path_ = (std::filesystem::path(::testing::TempDir()) / "predictions.tsv").string();
  std::vector<std::string> names_{"a.png", "bad\tname.png", "c.png"};
  Tensor labels_ = at::tensor(std::vector<int64_t>{1, 0, -1}, at::kLong);
  Tensor probabilities_ =
      at::tensor(std::vector<float>{0.25F, 0.75F, 0.25F, 0.75F, 0.5F, 0.5F}).reshape({3, 2});
  std::vector<std::string> class_names_{"cat", "dog"}, none_;
};

TEST_F(PredictionFile, OneRowASample) {
  write_predictions(path_, {names_, labels_, probabilities_, class_names_});
  EXPECT_EQ(read_file(path_),
            "name\tlabel\tprediction\tcat\tdog\n"
            "a.png\tdog\tdog\t0.250000\t0.750000\n"
            "bad\\tname.png\tcat\tdog\t0.250000\t0.750000\n"
            "c.png\t-\tcat\t0.500000\t0.500000\n");
}

TEST_F(PredictionFile, ClassesWithoutNamesAreNumbers) {
  write_predictions(path_, {names_, labels_, probabilities_, none_});
  const std::string text = read_file(path_);
  EXPECT_EQ(text.substr(0, text.find('\n')), "name\tlabel\tprediction\tp0\tp1");
  EXPECT_NE(text.find("a.png\t1\t1\t"), std::string::npos);
}

TEST_F(PredictionFile, ConfusionCountsTrueClassesInRows) {
  write_confusion(path_, {names_, labels_, probabilities_, class_names_});
  EXPECT_EQ(read_file(path_), "label\tcat\tdog\ncat\t0\t1\ndog\t0\t1\n");
}

}  // namespace
}  // namespace mae
