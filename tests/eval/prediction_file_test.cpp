// The tables that other programs read.
#include "mae/eval/prediction_file.h"

#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
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

TEST_F(PredictionFile, AccuracyOfEachClass) {
  // Of three cats one is right, the only dog is; nobody is a fish, one sample has no label.
  const Tensor labels = at::tensor(std::vector<int64_t>{0, 0, 0, 1, -1}, at::kLong);
  const Tensor votes = at::tensor(std::vector<int64_t>{0, 1, 2, 1, 1}, at::kLong);
  const Tensor probabilities = at::one_hot(votes, 3).to(at::kDouble);
  const std::vector<std::string> names(5, "x"), classes{"cat", "dog", "fish"};
  const PredictionTable table{names, labels, probabilities, classes};
  write_class_accuracy(path_, table);
  EXPECT_EQ(read_file(path_),
            "class\tsamples\tcorrect\taccuracy\n"
            "cat\t3\t1\t33.3333\n"
            "dog\t1\t1\t100.0000\n"
            "fish\t0\t0\t-\n");
  EXPECT_DOUBLE_EQ(mean_class_accuracy(table), (100.0 / 3 + 100) / 2);
  const Tensor unknown = at::tensor(std::vector<int64_t>(5, -1), at::kLong);
  EXPECT_TRUE(std::isnan(mean_class_accuracy({names, unknown, probabilities, classes})));
}

}  // namespace
}  // namespace mae
