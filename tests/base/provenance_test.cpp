#include "mae/base/provenance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mae/base/version.h"

namespace mae {
namespace {

TEST(Provenance, IsCompactJsonWithSortedKeys) {
  Provenance provenance;
  provenance.program = "mae-mask";
  provenance.version = "0.1.0";
  provenance.arguments = {"in.h5", "--mask-ratio", "0.75"};
  provenance.config = {{"strategy", "random"}, {"mask_ratio", 0.75}};
  provenance.seed = 7;
  provenance.inputs = {{"in.h5", "xxh3:00"}};
  provenance.parents = {{{"program", "mae-patchify"}}};
  EXPECT_EQ(
      provenance.to_json(),
      R"({"arguments":["in.h5","--mask-ratio","0.75"],"config":{"mask_ratio":0.75,"strategy":"random"},)"
      R"("inputs":[{"digest":"xxh3:00","name":"in.h5"}],"parents":[{"program":"mae-patchify"}],)"
      R"("program":"mae-mask","seed":7,"version":"0.1.0"})");
}

TEST(Provenance, BytesThatAreNotUtf8DoNotThrow) {
  Provenance provenance;
  provenance.arguments = {"caf\xe9.png"};
  EXPECT_NE(provenance.to_json().find("caf\xef\xbf\xbd.png"), std::string::npos);
}

TEST(Provenance, OfTheProcessIsKept) {
  Provenance provenance;
  provenance.program = "mae-test";
  set_process_provenance(provenance);
  EXPECT_EQ(process_provenance().program, "mae-test");
}

TEST(Version, HasThreeNumbers) {
  const std::string number = version();
  EXPECT_EQ(std::count(number.begin(), number.end(), '.'), 2) << number;
}

}  // namespace
}  // namespace mae
