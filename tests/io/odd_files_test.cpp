// A collection of HDF5 files that crashed libhdf5 once, if MAE_ODD_HDF5 names its folder: each one
// must be refused.
#include <gtest/gtest.h>

#include <cstdlib>

#include "../base/parse_in_process.h"
#include "../base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/io/shard_reader.h"

namespace mae {
namespace {

TEST(OddFiles, AreRefusedWithoutASignal) {
  const char* folder = std::getenv("MAE_ODD_HDF5");
  if (folder == nullptr)
    GTEST_SKIP() << "MAE_ODD_HDF5 does not name a folder of hostile HDF5 files";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const int end = in_child([&] {
      ::alarm(10);
      try {
        ShardReader(entry.path().string()).verify();
      } catch (const DataError&) {
        return 3;
      }
      return 0;
    });
    EXPECT_EQ(end, 3) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace mae
