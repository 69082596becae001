#include "mae/cli/man_options.h"

#include <gtest/gtest.h>

#include "sample_program.h"

namespace mae::cli {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ManOptions, WritesOneItemAnOption) {
  test::Values values;
  const std::string text = man_options(test::sample_program(&values));
  EXPECT_EQ(text.rfind(".Sh OPTIONS\n.Ss Output\n.Bl -tag -width Ds\n", 0), 0u) << text;
  EXPECT_TRUE(has(text, ".It Fl o , Fl \\-output Ar \"FILE\"\nMask shard to write (required).\n"))
      << text;
  EXPECT_TRUE(has(text,
                  ".It Fl \\-mask\\-ratio Ar \"RATIO\"\n"
                  "Share of patches that are hidden (0 to 1; default: 0.75).\n"))
      << text;
  EXPECT_TRUE(has(text, ".It Fl \\-norm\\-pix\\-loss , Fl \\-no\\-norm\\-pix\\-loss\n")) << text;
}

TEST(ManOptions, KeepsItsSourceLinesShortAndSafe) {
  std::string text;
  const std::string meaning =
      "a meaning of just the length that brings a dot to the start of line two .h5 and more";
  Program program;
  program.options.add(bind_value(&text, {"--name", meaning}));
  const std::string page = man_options(program);
  EXPECT_EQ(page.find("\n.h5"), std::string::npos) << page;
  EXPECT_NE(page.find("\n\\&.h5"), std::string::npos) << page;
}

TEST(MdocEscape, ProtectsWhatTroffWouldRead) {
  EXPECT_EQ(mdoc_escape("a\\b"), "a\\eb");
  EXPECT_EQ(mdoc_escape(".Sh x\n'y\nz.w"), "\\&.Sh x\n\\&'y\nz.w");
  EXPECT_EQ(mdoc_escape("--no-x"), "\\-\\-no\\-x");
}

}  // namespace
}  // namespace mae::cli
