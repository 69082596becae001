#include "mae/base/sha256.h"

#include "temporary_folder.h"

namespace mae {
namespace {

std::string sha256(const std::string& bytes, size_t piece) {
  Sha256 digest;
  for (size_t i = 0; i < bytes.size(); i += piece)
    digest.update(bytes.data() + i, std::min(piece, bytes.size() - i));
  return digest.text();
}

// The examples of FIPS 180-4, and lengths around the padding's block.
TEST(Sha256, KnownValues) {
  EXPECT_EQ(Sha256().text(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc", 3),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 5),
            "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a'), 999),
            "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesEqualTheWhole) {
  for (const size_t size : {55, 56, 63, 64, 65, 119, 120, 128, 1000}) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(sha256(bytes, 7), sha256(bytes, size)) << size;
  }
}

TEST(Sha256, OfAFileEqualsItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes((2 << 20) + 3, 'y');
  put_bytes(folder / "a", bytes);
  EXPECT_EQ(sha256_of_file(folder / "a"), sha256(bytes, bytes.size()));
}

}  // namespace
}  // namespace mae
