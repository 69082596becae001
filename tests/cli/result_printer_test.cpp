#include "mae/cli/result_printer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae::cli {
namespace {

TEST(ReportText, IsTabSeparatedInTheGivenOrder) {
  const nlohmann::ordered_json values = {
      {"samples", 12}, {"accuracy", 98.82000000000001}, {"file", "a\tb\n"}, {"loss", std::nan("")}};
  EXPECT_EQ(report_text(values, false), "samples\t12\naccuracy\t98.82\nfile\ta\\tb\\n\nloss\tnan\n");
  EXPECT_EQ(report_text(values, true),
            "{\"samples\":12,\"accuracy\":98.82000000000001,\"file\":\"a\\tb\\n\",\"loss\":null}\n");
}

TEST(TableText, HasAHeaderOrNamedFields) {
  const std::vector<std::vector<nlohmann::json>> rows = {{"a.h5", 1}, {"b.h5", nullptr}};
  EXPECT_EQ(table_text({"path", "n"}, rows, false), "path\tn\na.h5\t1\nb.h5\t\n");
  EXPECT_EQ(nlohmann::json::parse(table_text({"path", "n"}, rows, true)),
            nlohmann::json::parse(R"([{"path":"a.h5","n":1},{"path":"b.h5","n":null}])"));
  EXPECT_EQ(table_text({"path"}, {}, true), "[]\n");
}

TEST(ReportText, BytesThatAreNotUtf8DoNotStopJson) {
  EXPECT_NO_THROW(report_text({{"name", "\xff\xfe"}}, true));
}

}  // namespace
}  // namespace mae::cli
