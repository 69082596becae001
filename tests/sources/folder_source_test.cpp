// Class folders, flat folders and single pictures.
#include "scratch.h"

namespace mae {
namespace {

using FolderSource = ScratchTest;

TEST_F(FolderSource, SubfoldersWithPicturesAreClassesInByteOrder) {
  write("d/dog/b.png", picture(1));
  write("d/dog/a.jpg.png", picture(2));
  write("d/Cat/deep/er/z.PNG", picture(3));
  write("d/10/x.png", picture(4));
  write("d/2/x.png", picture(5));
  const auto source = open_image_source({path("d/")});
  EXPECT_EQ(names(*source),
            (Names{"10/x.png", "2/x.png", "Cat/deep/er/z.PNG", "dog/a.jpg.png", "dog/b.png"}));
  EXPECT_EQ(source->class_names(), (Names{"10", "2", "Cat", "dog"}));
  EXPECT_EQ(labels(*source), (Labels{0, 1, 2, 3, 3}));
  EXPECT_EQ(grey_of(*source, 3), 2);
  EXPECT_EQ(source->where(4), path("d/dog/b.png"));
}

TEST_F(FolderSource, FlatFolderIsSortedAndHasNoLabels) {
  write("d/b.png", picture(1));
  write("d/a.png", picture(2));
  write("d/notes.md", "text");
  write("d/.hidden.png", picture(3));
  write("d/empty/notes.md", "text");
  const auto source = open_image_source({path("d")});
  EXPECT_EQ(names(*source), (Names{"a.png", "b.png"}));
  EXPECT_EQ(labels(*source), (Labels{-1, -1}));
  EXPECT_FALSE(source->has_labels());
  EXPECT_TRUE(source->class_names().empty());
}

TEST_F(FolderSource, PicturesBesideClassFoldersAreLeftOut) {
  write("d/cat/a.png", picture(1));
  write("d/preview.png", picture(2));
  EXPECT_EQ(names(*open_image_source({path("d")})), (Names{"cat/a.png"}));
}

TEST_F(FolderSource, SplitsAreNotClasses) {
  write("d/train/cat/a.png", picture(1));
  write("d/val/cat/a.png", picture(2));
  EXPECT_NE(refusal({path("d")}).find("splits (train, val)"), std::string::npos);
  EXPECT_EQ(open_image_source({path("d/train")})->class_names(), (Names{"cat"}));
}

TEST_F(FolderSource, LinksInACircleEnd) {
  write("d/cat/a.png", picture(1));
  std::filesystem::create_directory_symlink(path("d"), path("d/cat/again"));
  std::filesystem::create_directory_symlink(path("d/cat"), path("d/kitten"));
  const auto source = open_image_source({path("d")});
  EXPECT_EQ(source->class_names(), (Names{"cat", "kitten"}));
  EXPECT_LE(source->size(), 4);
}

TEST_F(FolderSource, EmptyAndMissingFoldersAreErrors) {
  std::filesystem::create_directory(path("empty"));
  EXPECT_NE(refusal({path("empty")}).find("no pictures are in this folder"), std::string::npos);
  EXPECT_NE(refusal({path("missing")}).find("no such file or folder"), std::string::npos);
}

TEST_F(FolderSource, SinglePicturesAreRecognisedByContent) {
  const std::string plain = write("x/photo", picture(7));
  const std::string other = write("y/b.png", picture(8));
  const auto source = open_image_source({plain, other});
  EXPECT_EQ(names(*source), (Names{"photo", "b.png"}));
  EXPECT_EQ(grey_of(*source, 0), 7);
  ASSERT_EQ(source->parts().size(), 1u);
  EXPECT_EQ(source->parts()[0].operand, "2 pictures");
}

TEST_F(FolderSource, PicturesOfEqualNameKeepTheirPaths) {
  const std::string a = write("x/p.png", picture(7)), b = write("y/p.png", picture(8));
  EXPECT_EQ(names(*open_image_source({a, b})), (Names{a, b}));
}

TEST_F(FolderSource, VanishedFilesFailWhenTheyAreRead) {
  write("d/a.png", picture(1));
  const auto source = open_image_source({path("d")});
  std::filesystem::remove(path("d/a.png"));
  EXPECT_THROW(source->read(0), DataError);
}

TEST_F(FolderSource, OtherFilesAreRefusedByName) {
  EXPECT_NE(refusal({write("a.h5", "\x89HDF\r\n\x1a\n")}).find("HDF5"), std::string::npos);
  EXPECT_NE(refusal({write("a.mp4", std::string("\0\0\0\x18", 4) + "ftypmp42")}).find("MP4 video"),
            std::string::npos);
  EXPECT_NE(refusal({write("a.tar.zst", "\x28\xB5\x2F\xFD....")}).find("zstd -d"),
            std::string::npos);
  EXPECT_NE(refusal({write("a.bin", "what is this")}).find("this kind of file is not a source"),
            std::string::npos);
  EXPECT_NE(refusal({write("empty.bin", "")}).find("is not a source"), std::string::npos);
  EXPECT_NE(refusal({"-"}).find("--files-from"), std::string::npos);
}

}  // namespace
}  // namespace mae
