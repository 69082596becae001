#include "mae/media/confined_decode.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "pictures.h"

namespace mae {
namespace {

DecodeOptions confined(int64_t channels = 3) {
  DecodeOptions options;
  options.channels = channels;
  options.confined = true;
  return options;
}

// Processes whose parent is this one.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string number, name, state;
    pid_t parent = 0;
    if (stat >> number >> name >> state >> parent && parent == ::getpid())
      found.push_back(std::stoi(number));
  }
  return found;
}

TEST(DecodeConfined, PixelsAreTheSame) {
  for (const char* file : {"baseline_420.jpg", "progressive.jpg", "rgb.png", "rgb16.png",
                           "rgba.png", "rgb_lossless.webp", "rgb_lzw.tif", "rgb.bmp", "rgb.ppm"}) {
    for (const int64_t channels : {1, 3, 4}) {
      const std::string bytes = golden_bytes("pictures/" + std::string(file));
      DecodeOptions here = confined(channels);
      here.confined = false;
      const Image expected = decode_image(bytes, file, here);
      const Image image = decode_image(bytes, file, confined(channels));
      EXPECT_EQ(image.bytes, expected.bytes) << file;
      EXPECT_EQ(image.height, expected.height) << file;
      EXPECT_EQ(image.channels, expected.channels) << file;
      EXPECT_EQ(image.bit_depth, expected.bit_depth) << file;
    }
  }
  EXPECT_EQ(children().size(), 1U);  // kept for the next picture
}

TEST(DecodeConfined, ErrorsAreTheSame) {
  const std::string png = golden_bytes("pictures/rgb.png");
  for (const std::string& bytes :
       {png.substr(0, png.size() - 6), std::string("text"), std::string()}) {
    std::string here, there;
    DecodeOptions options = confined();
    for (std::string* line : {&there, &here}) {
      try {
        decode_image(bytes, "x.png", options);
      } catch (const DataError& error) {
        *line = error.line() + error.hint();
      }
      options.confined = false;
    }
    EXPECT_NE(there, "");
    EXPECT_EQ(there, here);
  }
}

TEST(DecodeConfined, ACrashIsAnErrorOfThePicture) {
  const std::string bytes = golden_bytes("pictures/rgb.png");
  decode_image(bytes, "a", confined());
  const std::vector<pid_t> before = children();
  ASSERT_EQ(before.size(), 1U);
  ::kill(before[0], SIGSEGV);
  try {
    decode_image(bytes, "a", confined());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.line(), "a: the process that was to decode it crashed (SIGSEGV)");
  }
  EXPECT_TRUE(children().empty());
  EXPECT_EQ(decode_image(bytes, "a", confined()).height, 19);  // by a new child
}

TEST(DecodeConfined, EachThreadHasItsOwn) {
  const std::string bytes = golden_bytes("pictures/baseline_420.jpg");
  const Image expected = decode_image(bytes, "a", confined());
  std::vector<std::thread> threads;
  std::atomic<int> equal{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k)
        equal += decode_image(bytes, "a", confined()).bytes == expected.bytes ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, 80);
  EXPECT_LE(children().size(), 4U);
}

// Bytes between two segments, which libjpeg skips with a warning.
std::string jpeg_that_warns() {
  std::string bytes = golden_bytes("pictures/baseline_420.jpg");
  const size_t scan = bytes.find("\xFF\xDA");
  return bytes.insert(scan, "junk");
}

TEST(Strict, WarningsAreCountedAndWithStrictErrors) {
  std::vector<std::string> lines;
  for (const bool in_child : {false, true}) {
    set_log_sink([&](LogLevel level, const std::string& line) {
      if (level == LogLevel::kWarning) lines.push_back(line);
    });
    DecodeOptions options = confined();
    options.confined = in_child;
    const Image image = decode_image(jpeg_that_warns(), "odd.jpg", options);
    EXPECT_EQ(image.bytes, golden_image("pictures/baseline_420.jpg").bytes);
    log_repeated_totals();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].rfind("1 pictures made their decoder warn; the first: odd.jpg: ", 0), 0U)
        << lines[0];
    lines.clear();
    options.strict = true;
    EXPECT_THROW(decode_image(jpeg_that_warns(), "odd.jpg", options), DataError);
    EXPECT_NO_THROW(decode_image(golden_bytes("pictures/baseline_420.jpg"), "fine.jpg", options));
    log_repeated_totals();
    EXPECT_TRUE(lines.empty());
  }
  set_log_sink({});
}

TEST(InputPolicy, IsTheDefaultOfDecoding) {
  InputPolicy policy;
  policy.max_pixels = 100;
  policy.strict = policy.untrusted = true;
  set_input_policy(policy);
  const DecodeOptions options;
  set_input_policy({});
  EXPECT_EQ(options.max_pixels, 100);
  EXPECT_TRUE(options.strict);
  EXPECT_TRUE(options.confined);
  EXPECT_FALSE(DecodeOptions().confined);
}

}  // namespace
}  // namespace mae
