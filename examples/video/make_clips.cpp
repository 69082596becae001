// Videos of one Fashion-MNIST picture each that moves over a coloured ground, as real video files
// whose folder is the direction: what moves says nothing, only how it moves does.
//
//   gunzip -c train-images-idx3-ubyte.gz | ./make_clips FOLDER COUNT SEED
//
// FOLDER/{down,left,right,up}/NNNNN.avi, Motion JPEG, 32 frames of 48 x 48 pixels.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int kSide = 48, kPicture = 28, kFrames = 32;

struct Direction {
  const char* name;
  int dx, dy;
};
constexpr Direction kDirections[] = {
    {"down", 0, 1}, {"left", -1, 0}, {"right", 1, 0}, {"up", 0, -1}};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "make_clips: error: " << what << '\n';
  std::exit(3);
}

/// Where a picture that runs out of one side comes in at the other.
int wrapped(int position) { return ((position % kSide) + kSide) % kSide; }

/// A ramp from one random dark colour to another, left to right and down.
cv::Mat coloured_ground(std::mt19937& random) {
  int corner[3], across[3], down[3];
  for (int c = 0; c < 3; ++c) {
    corner[c] = static_cast<int>(random() % 60);
    across[c] = static_cast<int>(random() % 60);
    down[c] = static_cast<int>(random() % 60);
  }
  cv::Mat ground(kSide, kSide, CV_8UC3);
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      for (int c = 0; c < 3; ++c)
        ground.at<cv::Vec3b>(row, column)[c] =
            static_cast<uint8_t>(corner[c] + (across[c] * column + down[c] * row) / kSide);
    }
  }
  return ground;
}

void write_clip(const std::string& path, const std::vector<uint8_t>& picture,
                const Direction& direction, std::mt19937& random) {
  const int x = static_cast<int>(random() % kSide), y = static_cast<int>(random() % kSide);
  const int speed = 1 + static_cast<int>(random() % 2);
  const cv::Mat ground = coloured_ground(random);
  cv::VideoWriter video(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 16,
                        cv::Size(kSide, kSide));
  if (!video.isOpened()) fail(path + ": cannot be written");
  for (int t = 0; t < kFrames; ++t) {
    cv::Mat frame = ground.clone();
    for (int row = 0; row < kPicture; ++row) {
      for (int column = 0; column < kPicture; ++column) {
        const uint8_t grey = picture[static_cast<size_t>(row * kPicture + column)];
        if (grey < 32) continue;
        frame.at<cv::Vec3b>(wrapped(y + direction.dy * speed * t + row),
                            wrapped(x + direction.dx * speed * t + column)) =
            cv::Vec3b(grey, grey, grey);
      }
    }
    video.write(frame);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("expected FOLDER COUNT SEED, with the pictures on standard input");
  const std::string folder = argv[1];
  const int count = std::atoi(argv[2]);
  std::mt19937 random(static_cast<uint32_t>(std::atoi(argv[3])));
  for (const Direction& direction : kDirections)
    std::filesystem::create_directories(folder + "/" + direction.name);
  std::vector<uint8_t> header(16), picture(kPicture * kPicture);
  if (std::fread(header.data(), 1, header.size(), stdin) != header.size() || header[2] != 8 ||
      header[3] != 3 || header[11] != kPicture || header[15] != kPicture)
    fail("standard input is no file of 28 x 28 pictures (images-idx3-ubyte, unpacked)");
  for (int i = 0; i < count; ++i) {
    if (std::fread(picture.data(), 1, picture.size(), stdin) != picture.size())
      fail("standard input has only " + std::to_string(i) + " pictures");
    const Direction& direction = kDirections[i % 4];
    char name[32];
    std::snprintf(name, sizeof(name), "/%05d.avi", i);
    write_clip(folder + "/" + direction.name + name, picture, direction, random);
  }
  return 0;
}
