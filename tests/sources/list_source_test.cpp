// Lists of paths and tables with labels and captions.
#include "scratch.h"

namespace mae {
namespace {

using ListSource = ScratchTest;

TEST_F(ListSource, PathsAreRelativeToTheList) {
  write("d/sub/a.png", picture(1));
  write("d/b.png", picture(2));
  const auto source = open_image_source({write("d/list.txt", "sub/a.png\r\n\nb.png")});
  EXPECT_EQ(names(*source), (Names{"sub/a.png", "b.png"}));
  EXPECT_EQ(grey_of(*source, 1), 2);
}

TEST_F(ListSource, PathsThatLeaveTheFolderNeedPermission) {
  write("secret.png", picture(9));
  for (const std::string& line :
       {std::string("../secret.png"), std::string("x/../../secret.png"), path("secret.png")}) {
    const std::string list = write("d/list.txt", "ok.png\n" + line + "\n");
    EXPECT_NE(refusal({list}).find("list.txt:2: the path"), std::string::npos) << line;
    EXPECT_NE(refusal({list}).find("--allow-outside"), std::string::npos);
  }
  SourceOptions allowed;
  allowed.allow_outside = true;
  const auto source = open_image_source({write("d/list.txt", "../secret.png")}, allowed);
  EXPECT_EQ(grey_of(*source, 0), 9);
}

TEST_F(ListSource, ZeroBytesAndEmptyListsAreErrors) {
  EXPECT_NE(refusal({write("l.txt", std::string("a\0.png", 6))}).find("zero byte"),
            std::string::npos);
  EXPECT_NE(refusal({write("l.txt", "\n\n")}).find("no pictures"), std::string::npos);
}

TEST_F(ListSource, TableWithNamesAsLabelsAndCaptions) {
  write("a.png", picture(1));
  const auto source = open_image_source(
      {write("t.csv",
             "Caption,Path,Class\n\"a dog, "
             "\"\"Rex\"\"\",a.png,dog\nnothing,b.png,\ntwo\xC3\xA9,c.png,cat\n")});
  EXPECT_EQ(names(*source), (Names{"a.png", "b.png", "c.png"}));
  EXPECT_EQ(source->class_names(), (Names{"cat", "dog"}));
  EXPECT_EQ(labels(*source), (Labels{1, -1, 0}));
  EXPECT_EQ(source->item(0).caption, "a dog, \"Rex\"");
  EXPECT_TRUE(source->has_captions());
}

TEST_F(ListSource, TableWithNumbersAsLabels) {
  const auto source =
      open_image_source({write("t.tsv", "image\tlabel\na.png\t7\nb.png\t0\nc.png\t-1\n")});
  EXPECT_EQ(labels(*source), (Labels{7, 0, -1}));
  EXPECT_TRUE(source->class_names().empty());
  EXPECT_FALSE(source->has_captions());
}

TEST_F(ListSource, OnePictureWithSeveralCaptionsGetsSeveralNames) {
  const auto source =
      open_image_source({write("t.csv", "image,caption\na.png,one\na.png,two\na.png,three\n")});
  EXPECT_EQ(names(*source), (Names{"a.png", "a.png#2", "a.png#3"}));
}

TEST_F(ListSource, BadTablesNameTheLine) {
  EXPECT_NE(refusal({write("t.csv", "a,b\n1,2\n")}).find("names no column"), std::string::npos);
  EXPECT_NE(refusal({write("t.csv", "image,label\na.png,1\nb.png\n")})
                .find("t.csv:3: the row has 1 fields; expected 2"),
            std::string::npos);
  EXPECT_NE(
      refusal({write("t.csv", "image,label\n\"a.png,1\n")}).find("t.csv:2: a quote never closes"),
      std::string::npos);
  EXPECT_NE(
      refusal({write("t.csv", "image,label\na.png,99999999999999999999\n")}).find("too large"),
      std::string::npos);
  EXPECT_NE(refusal({write("t.csv", "image\n../x.png\n")}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({write("t.csv", "image,label\n")}).find("no pictures"), std::string::npos);
  EXPECT_NE(refusal({write("t.csv", "")}).find("empty"), std::string::npos);
}

}  // namespace
}  // namespace mae
