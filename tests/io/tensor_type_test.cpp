#include "mae/io/tensor_type.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

TEST(TensorType, SizesAndNames) {
  EXPECT_EQ(element_size(ElementType::kBool), 1);
  EXPECT_EQ(element_size(ElementType::kBfloat16), 2);
  EXPECT_EQ(element_size(ElementType::kFloat32), 4);
  EXPECT_EQ(element_size(ElementType::kInt64), 8);
  EXPECT_EQ(element_name(ElementType::kBfloat16), "bfloat16");
  EXPECT_EQ(element_name(ElementType::kUint16), "uint16");
}

TEST(TensorType, CountsDoNotOverflow) {
  EXPECT_EQ(element_count({}, "x"), 1);
  EXPECT_EQ(element_count({8, 196, 768}, "x"), 1204224);
  EXPECT_EQ(element_count({8, 0, 768}, "x"), 0);
  EXPECT_THROW(element_count({-1}, "x"), DataError);
  EXPECT_THROW(element_count({int64_t{1} << 32, int64_t{1} << 31}, "x"), DataError);
}

TEST(TensorType, ShapesAsText) {
  EXPECT_EQ(shape_text({8, 196, 768}), "8 x 196 x 768");
  EXPECT_EQ(shape_text({}), "scalar");
}

}  // namespace
}  // namespace mae
