#include "mae/base/disk_space.h"

#include "mae/base/error.h"
#include "temporary_folder.h"

namespace mae {
namespace {

TEST(RequireFreeSpace, SaysWhatIsNeededAndThere) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(require_free_space(folder.path(), 1, "out"));
  EXPECT_NO_THROW(require_free_space(folder / "new/deep/out.h5", 1, "out"));
  EXPECT_NO_THROW(require_free_space("a-name-without-folder", 1, "out"));
  for (const std::string& place : {folder.path(), folder / "new", folder / "new/deep"}) {
    try {
      require_free_space(place, int64_t{1} << 60, "out");
      FAIL() << place;
    } catch (const ResourceError& error) {
      EXPECT_EQ(error.line().rfind("out: needs 1152921504606846976 bytes, but the disk has ", 0),
                0U)
          << error.line();
    }
  }
}

TEST(BytesOfFile, AreZeroWhereThereIsNone) {
  const TemporaryFolder folder;
  put_bytes(folder / "a", "12345");
  EXPECT_EQ(bytes_of_file(folder / "a"), 5);
  EXPECT_EQ(bytes_of_file(folder / "b"), 0);
  EXPECT_EQ(bytes_of_file(folder.path()), 0);
}

}  // namespace
}  // namespace mae
