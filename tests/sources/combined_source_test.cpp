// Several operands, ranges, digests.
#include "mae/sources/combined_source.h"

#include "scratch.h"

namespace mae {
namespace {

using CombinedSource = ScratchTest;

TEST_F(CombinedSource, NamesGetTheOperandInFrontAndClassesAreUnited) {
  write("a/cat/1.png", picture(1));
  write("a/dog/1.png", picture(2));
  write("b/ant/1.png", picture(3));
  write("b/dog/2.png", picture(4));
  const auto source = open_image_source({path("a"), path("b/")});
  EXPECT_EQ(names(*source), (Names{"a/cat/1.png", "a/dog/1.png", "b/ant/1.png", "b/dog/2.png"}));
  EXPECT_EQ(source->class_names(), (Names{"ant", "cat", "dog"}));
  EXPECT_EQ(labels(*source), (Labels{1, 2, 0, 2}));
  EXPECT_EQ(grey_of(*source, 3), 4);
  ASSERT_EQ(source->parts().size(), 2u);
  EXPECT_EQ(source->parts()[1].first, 2);
}

TEST_F(CombinedSource, EqualLastPartsGiveWholeOperands) {
  write("a/train/1.png", picture(1));
  write("b/train/1.png", picture(2));
  EXPECT_EQ(names(*open_image_source({path("a/train"), path("b/train")})),
            (Names{path("a/train/1.png"), path("b/train/1.png")}));
}

TEST_F(CombinedSource, NamedAndNumberedLabelsDoNotMix) {
  write("a/cat/1.png", picture(1));
  const std::string table = write("t.csv", "image,label\nx.png,3\n");
  EXPECT_NE(refusal({path("a"), table}).find("the labels are numbers"), std::string::npos);
  write("flat/1.png", picture(1));
  EXPECT_EQ(labels(*open_image_source({path("a"), path("flat")})), (Labels{0, -1}));
}

TEST_F(CombinedSource, TheSameInputTwiceIsRefused) {
  write("a/1.png", picture(1));
  EXPECT_NE(refusal({path("a"), path("a")}).find("given twice"), std::string::npos);
}

TEST_F(CombinedSource, RangesKeepNamesAndSkipWholeParts) {
  for (int i = 0; i < 5; ++i) {
    write("a/" + std::to_string(i) + ".png", picture(static_cast<uint8_t>(i)));
    write("b/" + std::to_string(i) + ".png", picture(static_cast<uint8_t>(10 + i)));
  }
  SourceOptions options;
  parse_range("3:7", &options);
  const auto some = open_image_source({path("a"), path("b")}, options);
  EXPECT_EQ(names(*some), (Names{"a/3.png", "a/4.png", "b/0.png", "b/1.png"}));
  EXPECT_EQ(grey_of(*some, 2), 10);
  parse_range("6:", &options);
  options.limit = 2;
  const auto rest = open_image_source({path("a"), path("b")}, options);
  EXPECT_EQ(names(*rest), (Names{"b/1.png", "b/2.png"}));
  ASSERT_EQ(rest->parts().size(), 1u);
  EXPECT_EQ(rest->parts()[0].operand, path("b"));
  parse_range("8:11", &options);
  EXPECT_NE(refusal({path("a"), path("b")}, options).find("within the 10 samples"),
            std::string::npos);
}

TEST(ParseRange, ReadsBothEndsAndRefusesTheRest) {
  SourceOptions options;
  parse_range("8:", &options);
  EXPECT_EQ(options.first, 8);
  EXPECT_EQ(options.last, -1);
  parse_range(":3", &options);
  EXPECT_EQ(options.first, 0);
  EXPECT_EQ(options.last, 3);
  for (const char* text :
       {"", "5", "a:b", "3:3", "4:2", "-1:2", "1:2:3", "1:99999999999999999999"}) {
    EXPECT_THROW(parse_range(text, &options), UsageError) << text;
  }
}

TEST_F(CombinedSource, DigestsDependOnContentAndNotOnPlaceOrThreads) {
  for (const char* folder : {"a/x", "b/x"}) {
    for (int i = 0; i < 9; ++i) {
      write(std::string(folder) + "/" + std::to_string(i) + ".png",
            picture(static_cast<uint8_t>(i)));
    }
  }
  const auto digest = [&](const std::string& operand, int threads) {
    return digest_source(*open_image_source({path(operand)}), threads)[0].digest;
  };
  EXPECT_EQ(digest("a/x", 1), digest("a/x", 4));
  EXPECT_EQ(digest("a/x", 1), digest("b/x", 1));
  write("b/x/4.png", picture(99));
  EXPECT_NE(digest("a/x", 1), digest("b/x", 1));
  write("b/x/4.png", picture(4));
  std::filesystem::rename(path("b/x/8.png"), path("b/x/9.png"));
  EXPECT_NE(digest("a/x", 1), digest("b/x", 1));
}

TEST_F(CombinedSource, DigestOfPartsNamesTheOperands) {
  write("a/1.png", picture(1));
  write("b/1.png", picture(1));
  const auto inputs = digest_source(*open_image_source({path("a"), path("b")}), 2);
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].name, path("a"));
  EXPECT_EQ(inputs[1].digest.substr(0, 5), "xxh3:");
}

}  // namespace
}  // namespace mae
