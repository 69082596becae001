#include "mae/sources/tar_source.h"

#include <cstdio>
#include <cstring>

#include "mae/sources/tar_archive.h"
#include "scratch.h"

namespace mae {
namespace {

/// One header block with its checksum.
std::string header(const std::string& name, size_t size, char type = '0',
                   const std::string& prefix = "") {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  char octal[16];
  std::snprintf(octal, sizeof(octal), "%011zo", size);
  block.replace(124, 11, octal);
  block[156] = type;
  block.replace(257, 8, std::string("ustar\00000", 8));
  block.replace(345, prefix.size(), prefix);
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  std::snprintf(octal, sizeof(octal), "%06o", sum);
  block.replace(148, 7, std::string(octal, 7));
  return block;
}

std::string member(const std::string& name, const std::string& bytes, char type = '0',
                   const std::string& prefix = "") {
  std::string padded = bytes;
  padded.resize((bytes.size() + 511) / 512 * 512);
  return header(name, bytes.size(), type, prefix) + padded;
}

const std::string kEnd(1024, '\0');

using TarSource = ScratchTest;

TEST_F(TarSource, WebdatasetNamingGivesLabelsAndCaptions) {
  const std::string tar = write(
      "d.tar", member("a/0001.jpg.png", picture(1)) + member("a/0001.cls", "7\n") +
                   member("a/0001.txt", "a red bird\n") + member("a/0002.cls", "3") +
                   member("a/0002.PNG", picture(2)) + member("a/0003.png", picture(3)) + kEnd);
  const auto source = open_image_source({tar});
  EXPECT_EQ(names(*source), (Names{"a/0001.jpg.png", "a/0002.PNG", "a/0003.png"}));
  EXPECT_EQ(labels(*source), (Labels{7, 3, -1}));
  EXPECT_EQ(source->item(0).caption, "a red bird");
  EXPECT_EQ(source->item(1).caption, "");
  EXPECT_EQ(grey_of(*source, 1), 2);
  EXPECT_EQ(source->where(2), tar + ":a/0003.png");
}

TEST_F(TarSource, FoldersAreClassesAndAPartCanBeChosen) {
  const std::string tar =
      write("c.tar", member("train/", "", '5') + member("./train/dog/1.png", picture(1)) +
                         member("train/cat/1.png", picture(2)) +
                         member("test/cat/9.png", picture(3)) + kEnd);
  const auto all = open_image_source({tar});
  EXPECT_EQ(names(*all), (Names{"train/dog/1.png", "train/cat/1.png", "test/cat/9.png"}));
  EXPECT_EQ(all->class_names(), (Names{"cat", "dog"}));
  EXPECT_EQ(labels(*all), (Labels{1, 0, 0}));
  const auto train = open_image_source({tar + "/train/"});
  EXPECT_EQ(names(*train), (Names{"dog/1.png", "cat/1.png"}));
  EXPECT_EQ(labels(*train), (Labels{1, 0}));
  EXPECT_NE(refusal({tar + "/nowhere"}).find("no pictures"), std::string::npos);
}

TEST_F(TarSource, OneFolderIsNoClass) {
  const auto source =
      open_image_source({write("c.tar", member("photos/1.png", picture(1)) + kEnd)});
  EXPECT_EQ(labels(*source), (Labels{-1}));
}

TEST_F(TarSource, LongNamesOfAllThreeKinds) {
  const std::string name = std::string(150, 'n') + ".png";
  const std::string record = " path=" + name + "\n";
  const std::string pax = std::to_string(record.size() + 3) + record;
  const std::string tar =
      write("c.tar", member("././@LongLink", "gnu/" + name + '\0', 'L') +
                         member("short.png", picture(1)) +
                         member("pax", "30 mtime=1700000000.123456789\n" + pax, 'x') +
                         member("short.png", picture(2)) +
                         member("u.png", picture(3), '0', "prefix/folder") + kEnd);
  EXPECT_EQ(names(*open_image_source({tar})), (Names{"gnu/" + name, name, "prefix/folder/u.png"}));
}

TEST_F(TarSource, LaterMembersOfANameCount) {
  const auto source =
      open_image_source({write("c.tar", member("a.png", picture(1)) + member("b.png", picture(2)) +
                                            member("a.png", picture(3)) + kEnd)});
  EXPECT_EQ(names(*source), (Names{"a.png", "b.png"}));
  EXPECT_EQ(grey_of(*source, 0), 3);
}

TEST_F(TarSource, LinksAndDevicesAreLeftOut) {
  const auto source =
      open_image_source({write("c.tar", member("l.png", "", '2') + member("h.png", "", '1') +
                                            member("a.png", picture(1)) + kEnd)});
  EXPECT_EQ(names(*source), (Names{"a.png"}));
}

TEST_F(TarSource, EveryCutIsAnError) {
  const std::string whole = member("a.png", picture(1)) + member("b.png", picture(2));
  for (size_t length = 0; length <= whole.size(); length += 32) {
    EXPECT_NE(refusal({write("c.tar", whole.substr(0, length))}), "") << length;
  }
}

TEST_F(TarSource, DamagedHeadersAreErrors) {
  const std::string whole = member("a.png", picture(1)) + kEnd;
  for (const size_t at : {0u, 3u, 100u, 124u, 130u, 148u, 150u, 156u, 300u}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    EXPECT_NE(refusal({write("c.tar", damaged)}), "") << at;
  }
  EXPECT_NE(refusal({write("c.tar", member("a.png", "x", 'S') + kEnd)}).find("sparse"),
            std::string::npos);
  EXPECT_NE(refusal({write("c.tar", header("a.png", 1 << 20) + picture(1))}).find("ends inside"),
            std::string::npos);
  EXPECT_NE(refusal({write("c.tar", member("p", "99 path=x\n", 'x') + member("a.png", "x") + kEnd)})
                .find("pax"),
            std::string::npos);
  EXPECT_NE(refusal({write("c.tar", member("p", "garbage", 'x') + member("a.png", "x") + kEnd)})
                .find("pax"),
            std::string::npos);
  EXPECT_NE(refusal({write("c.tar", kEnd)}).find("no pictures"), std::string::npos);
}

TEST_F(TarSource, SizesOfBothEncodingsAreRead) {
  std::string block = header("a.png", 0);
  const std::string bytes = picture(5);
  block.replace(124, 12,
                std::string("\x80", 1) + std::string(10, '\0') + static_cast<char>(bytes.size()));
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  char octal[16];
  std::snprintf(octal, sizeof(octal), "%06o", sum);
  block.replace(148, 7, std::string(octal, 7));
  std::string padded = bytes;
  padded.resize(512);
  ASSERT_LT(bytes.size(), 128u);
  EXPECT_EQ(grey_of(*open_image_source({write("c.tar", block + padded + kEnd)}), 0), 5);
}

}  // namespace
}  // namespace mae
