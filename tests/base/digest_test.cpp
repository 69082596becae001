#include "mae/base/digest.h"

#include <sys/stat.h>

#include "mae/base/error.h"
#include "temporary_folder.h"

namespace mae {
namespace {

TEST(Digest, KnownValues) {
  // XXH3-128 with seed 0, as printed by xxhsum -H2.
  EXPECT_EQ(digest_of("", 0), "xxh3:99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(digest_of("a", 1), "xxh3:a96faf705af16834e6c632b61e964e1f");
}

TEST(Digest, PiecesEqualTheWhole) {
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(i * 131 >> 3);
  for (const size_t piece : {size_t{1}, size_t{63}, size_t{4096}}) {
    Digest digest;
    for (size_t i = 0; i < bytes.size(); i += piece)
      digest.update(bytes.data() + i, std::min(piece, bytes.size() - i));
    EXPECT_EQ(digest.text(), digest_of(bytes.data(), bytes.size())) << piece;
  }
}

TEST(Digest, TextMayBeAskedBeforeTheEnd) {
  Digest digest;
  digest.update("ab", 2);
  EXPECT_EQ(digest.text(), digest_of("ab", 2));
  digest.update("c", 1);
  EXPECT_EQ(digest.text(), digest_of("abc", 3));
}

TEST(Digest, OfAFileEqualsItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes((3 << 20) + 7, 'x');  // more than the buffer
  put_bytes(folder / "a", bytes);
  EXPECT_EQ(digest_of_file(folder / "a"), digest_of(bytes.data(), bytes.size()));
}

TEST(Digest, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(digest_of_file(folder / "fifo"), DataError);  // and does not wait for a writer
  EXPECT_THROW(digest_of_file(folder / "missing"), DataError);
}

}  // namespace
}  // namespace mae
