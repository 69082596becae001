// The published preprocessing, pixel by pixel: decoding, resizing and cropping photographs as
// Pillow and torchvision do.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>

#include "mae/media/resample.h"
#include "pictures.h"

namespace mae {
namespace {

void expect_same_pixels(const Image& image, const std::vector<uint8_t>& expected,
                        const std::string& what) {
  ASSERT_EQ(image.bytes.size(), expected.size()) << what;
  int64_t different = 0;
  for (size_t i = 0; i < expected.size(); ++i) different += image.bytes[i] != expected[i] ? 1 : 0;
  EXPECT_EQ(different, 0) << what;
}

TEST(Reference, EvaluationOfPhotographs) {
  for (const std::string name : {"sidewinder", "bearskin"}) {
    const Image photo = golden_image("preprocess/" + name + ".jpg");
    expect_same_pixels(resize_and_center_crop(photo, 256, {224, 224}),
                       golden_image("preprocess/" + name + "_eval_224.png").bytes, name);
  }
}

TEST(Reference, CropsOfPhotographs) {
  const std::pair<std::string, Box> crops[] = {{"sidewinder", {30, 20, 116, 99}},
                                               {"bearskin", {16, 7, 48, 39}}};
  for (const auto& [name, box] : crops) {
    const Image photo = golden_image("preprocess/" + name + ".jpg");
    expect_same_pixels(crop_and_resample(photo, box, {224, 224}),
                       golden_image("preprocess/" + name + "_crop_224.png").bytes, name);
  }
}

template <typename T>
std::vector<T> read_all(hid_t object, bool is_attribute) {
  const hid_t space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
  std::vector<T> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  const hid_t type = sizeof(T) == 1 ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT64;
  if (is_attribute) {
    H5Aread(object, type, values.data());
  } else {
    H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }
  H5Sclose(space);
  return values;
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->push_back(name);
  return 0;
}

void check_photo(hid_t file, const std::string& photos, const std::string& name) {
  const Image photo = decode_image(read_file(photos + "/" + name), name, {});
  const hid_t eval = H5Dopen2(file, (name + "/eval_224").c_str(), H5P_DEFAULT);
  const hid_t crop = H5Dopen2(file, (name + "/crop_224").c_str(), H5P_DEFAULT);
  const hid_t attribute = H5Aopen(crop, "box", H5P_DEFAULT);
  const std::vector<int64_t> b = read_all<int64_t>(attribute, true);
  expect_same_pixels(resize_and_center_crop(photo, 256, {224, 224}), read_all<uint8_t>(eval, false),
                     name + " eval");
  expect_same_pixels(crop_and_resample(photo, Box{b[0], b[1], b[2], b[3]}, {224, 224}),
                     read_all<uint8_t>(crop, false), name + " crop");
  H5Aclose(attribute);
  H5Dclose(crop);
  H5Dclose(eval);
}

// MAE_REFERENCE_DIR holds mae/preprocess.h5 and mae/checkpoint/expected.h5; the photographs lie in
// ../data/photos.
TEST(Reference, AllPhotographsOfTheReferenceFolder) {
  const char* folder = std::getenv("MAE_REFERENCE_DIR");
  if (folder == nullptr) GTEST_SKIP() << "MAE_REFERENCE_DIR is not set";
  const std::string photos = std::string(folder) + "/../data/photos";
  const hid_t file =
      H5Fopen((std::string(folder) + "/mae/preprocess.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  std::vector<std::string> names;
  H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names);
  EXPECT_EQ(names.size(), 6u);
  for (const std::string& name : names) check_photo(file, photos, name);
  H5Fclose(file);
}

TEST(Reference, SmallPixelsOfTheReferenceCheckpoint) {
  const char* folder = std::getenv("MAE_REFERENCE_DIR");
  if (folder == nullptr) GTEST_SKIP() << "MAE_REFERENCE_DIR is not set";
  const char* names[] = {"n01498041_stingray",           "n01629819_European_fire_salamander",
                         "n01665541_leatherback_turtle", "n01667114_mud_turtle",
                         "n01692333_Gila_monster",       "n01695060_Komodo_dragon"};
  const hid_t file = H5Fopen((std::string(folder) + "/mae/checkpoint/expected.h5").c_str(),
                             H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  const hid_t pixels = H5Dopen2(file, "pixels_uint8", H5P_DEFAULT);
  const std::vector<uint8_t> all = read_all<uint8_t>(pixels, false);
  constexpr size_t kImage = 64 * 64 * 3;
  for (size_t i = 0; i < 6; ++i) {
    const std::string path = std::string(folder) + "/../data/photos/" + names[i] + ".JPEG";
    const Image photo = decode_image(read_file(path), path, {});
    expect_same_pixels(resize_and_center_crop(photo, 64 * 256 / 224, {64, 64}),
                       {all.begin() + i * kImage, all.begin() + (i + 1) * kImage}, names[i]);
  }
  H5Dclose(pixels);
  H5Fclose(file);
}

}  // namespace
}  // namespace mae
