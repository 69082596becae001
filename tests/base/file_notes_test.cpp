#include "mae/base/file_notes.h"

#include "temporary_folder.h"

namespace mae {
namespace {

TEST(FileNotes, BelongToAFileAndNotToItsName) {
  const TemporaryFolder folder;
  put_bytes(folder / "a", "1");
  FileNotes notes;
  EXPECT_FALSE(notes.find(folder / "a"));
  notes.note(folder / "a", "seen");
  EXPECT_EQ(notes.find(folder / "a"), "seen");
  std::filesystem::create_hard_link(folder / "a", folder / "b");
  // Making the link changed the file's time of change; noted anew it is known by both names.
  notes.note(folder / "b", "linked");
  EXPECT_EQ(notes.find(folder / "a"), "linked");
  put_bytes(folder / "c", "1");
  std::filesystem::rename(folder / "c", folder / "a");
  EXPECT_FALSE(notes.find(folder / "a"));
}

TEST(FileNotes, NothingIsKeptOfWhatIsNoFile) {
  const TemporaryFolder folder;
  FileNotes notes;
  for (const std::string& path : {folder.path(), folder / "missing", std::string("-")}) {
    notes.note(path, "seen");
    EXPECT_FALSE(notes.find(path)) << path;
  }
}

}  // namespace
}  // namespace mae
