// Files made with HDF5 itself that are well-formed but no shard: each feature outside the profile
// is refused by name.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>

#include "../base/parse_in_process.h"
#include "../base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/io/shard_reader.h"

namespace mae {
namespace {

void put_text(hid_t object, const char* name, const std::string& text) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, text.size());
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, text.c_str());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void put_integer(hid_t object, const char* name, int value) {
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_INT, &value);
  H5Aclose(attribute);
  H5Sclose(space);
}

void put_root(hid_t file, int version = 1, int complete = 1) {
  put_text(file, "format", "mae-shard");
  put_integer(file, "format_version", version);
  put_integer(file, "complete", complete);
}

hid_t create_v110(const std::string& path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  return file;
}

// How a dataset differs from a good one.
struct Plan {
  hid_t type = H5T_STD_U8LE;
  std::vector<hsize_t> shape = {4, 16}, chunk = {2, 16};
  bool write = true, has_checksum = true;
  std::function<void(hid_t)> creation = [](hid_t) {};
};

hid_t put_dataset(hid_t file, const char* name, const Plan& plan) {
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (!plan.chunk.empty()) {
    H5Pset_chunk(creation, static_cast<int>(plan.chunk.size()), plan.chunk.data());
    if (plan.has_checksum) H5Pset_fletcher32(creation);
  }
  plan.creation(creation);
  const hid_t space =
      H5Screate_simple(static_cast<int>(plan.shape.size()), plan.shape.data(), nullptr);
  const hid_t dataset =
      H5Dcreate2(file, name, plan.type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  EXPECT_GE(dataset, 0);
  if (plan.write) {
    const std::vector<uint8_t> values(4096, 7);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }
  H5Sclose(space);
  H5Pclose(creation);
  return dataset;
}

// What the reader says about a file with these contents, when all of it is read.
std::string verdict(const std::string& path) {
  try {
    const ShardReader shard(path);
    shard.verify();
    return "accepted";
  } catch (const DataError& error) {
    return error.line().substr(path.size());
  }
}

std::string verdict_on(const std::function<void(hid_t)>& contents) {
  const TemporaryFolder folder;
  const hid_t file = create_v110(folder / "s.h5");
  contents(file);
  H5Fclose(file);
  return verdict(folder / "s.h5");
}

std::string verdict_on(const Plan& plan) {
  return verdict_on([&](hid_t file) {
    put_root(file);
    H5Dclose(put_dataset(file, "x", plan));
  });
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
#define EXPECT_SAYS(verdict, part) EXPECT_PRED2(has, verdict, part)

TEST(ShardProfile, PlainFilesOfOtherWritersAreAccepted) {
  EXPECT_EQ(verdict_on(Plan{}), "accepted");
}

TEST(ShardProfile, OtherHdf5FilesAreTold) {
  EXPECT_SAYS(verdict_on([](hid_t) {}), "is an HDF5 file, but not a shard");
  EXPECT_SAYS(verdict_on([](hid_t file) { put_text(file, "format", "netcdf"); }),
              "has format \"netcdf\", expected");
  EXPECT_SAYS(verdict_on([](hid_t file) { put_integer(file, "format", 3); }),
              "has format 3, expected");
  const TemporaryFolder folder;
  H5Fclose(H5Fcreate((folder / "old.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  EXPECT_SAYS(verdict(folder / "old.h5"), "superblock version 0, expected 3");
}

TEST(ShardProfile, VersionAndCompleteness) {
  EXPECT_EQ(verdict_on([](hid_t file) { put_root(file, 2); }),
            ": was written by a newer version, format 2; this program reads up to 1");
  EXPECT_SAYS(verdict_on([](hid_t file) { put_root(file, 0); }), "format_version 0");
  EXPECT_SAYS(verdict_on([](hid_t file) { put_root(file, 1, 0); }),
              "is incomplete: its writer did not finish");
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_text(file, "format", "mae-shard");
                put_integer(file, "format_version", 1);
              }),
              "is incomplete: its writer did not finish");
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_text(file, "format", "mae-shard");
                put_text(file, "format_version", "one");
              }),
              "attribute format_version is not an integer");
}

TEST(ShardProfile, AFileStillBeingWrittenIsRefused) {
  const TemporaryFolder folder;
  const hid_t file = create_v110(folder / "s.h5");
  put_root(file);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  put_bytes(folder / "copy.h5", bytes_of(folder / "s.h5"));
  H5Fclose(file);
  EXPECT_SAYS(verdict(folder / "copy.h5"), "is incomplete");
}

TEST(ShardProfile, LinksAreNotFollowed) {
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_root(file);
                H5Dclose(put_dataset(file, "x", {}));
                H5Lcreate_soft("/x", file, "y", H5P_DEFAULT, H5P_DEFAULT);
              }),
              ":/y: is a soft or external link");
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_root(file);
                H5Lcreate_external("/etc/passwd", "/", file, "y", H5P_DEFAULT, H5P_DEFAULT);
              }),
              ":/y: is a soft or external link");
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_root(file);
                H5Gclose(H5Gcreate2(file, "folder", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
              }),
              ":/folder: is not a dataset");
}

TEST(ShardProfile, OtherLayoutsAreRefused) {
  Plan plan;
  plan.chunk.clear();
  EXPECT_SAYS(verdict_on(plan), "is not stored in chunks");  // contiguous
  plan.creation = [](hid_t creation) { H5Pset_layout(creation, H5D_COMPACT); };
  EXPECT_SAYS(verdict_on(plan), "is not stored in chunks");
  plan.write = false;
  plan.creation = [](hid_t creation) { H5Pset_external(creation, "/etc/passwd", 0, 64); };
  EXPECT_SAYS(verdict_on(plan), "is not stored in chunks");
  plan.creation = [](hid_t creation) {
    const hsize_t shape[] = {4, 16};
    const hid_t space = H5Screate_simple(2, shape, nullptr);
    H5Pset_virtual(creation, space, "/etc/passwd", "/x", space);
    H5Sclose(space);
  };
  EXPECT_SAYS(verdict_on(plan), "is not stored in chunks");
}

TEST(ShardProfile, CompressedChunksAreRefusedBeforeTheyCrashTheLibrary) {
  Plan plan;
  plan.creation = [](hid_t creation) { H5Pset_deflate(creation, 1); };
  EXPECT_SAYS(verdict_on(plan), "is compressed or filtered");
  plan.creation = [](hid_t creation) { H5Pset_shuffle(creation); };
  EXPECT_SAYS(verdict_on(plan), "is compressed or filtered");
  plan.creation = [](hid_t creation) { H5Pset_nbit(creation); };
  EXPECT_SAYS(verdict_on(plan), "is compressed or filtered");
}

TEST(ShardProfile, SizesThatTheFileCannotHold) {
  Plan plan;
  plan.write = false;
  plan.shape = {hsize_t{1} << 42, 16};
  EXPECT_SAYS(verdict_on(plan), "more than the file can hold");
  plan.shape = {hsize_t{1} << 60, hsize_t{1} << 3};
  plan.chunk = {1, 8};
  EXPECT_SAYS(verdict_on(plan), "is not possible");
  plan.shape = {4, hsize_t{1} << 27};
  plan.chunk = {1, hsize_t{1} << 27};
  EXPECT_SAYS(verdict_on(plan), "chunks of more than 64 MiB");
  plan.shape = {4, 16};
  plan.chunk = {4, 8};
  EXPECT_SAYS(verdict_on(plan), "chunks that cut samples apart");
}

TEST(ShardProfile, ChunksThatAreNotWhatTheyShouldBe) {
  Plan plan;
  plan.write = false;
  EXPECT_SAYS(verdict_on(plan), ":/x: rows from 0 are missing");
  const auto with_raw_chunk = [&](uint32_t skipped_filters, size_t bytes) {
    return verdict_on([&](hid_t file) {
      put_root(file);
      plan.write = true;
      const hid_t dataset = put_dataset(file, "x", plan);
      const hsize_t offset[] = {2, 0};
      const std::vector<uint8_t> raw(64, 0);  // for zeros the checksum is zero
      H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped_filters, offset, bytes, raw.data());
      H5Dclose(dataset);
    });
  };
  EXPECT_EQ(with_raw_chunk(0, 36), "accepted");
  EXPECT_SAYS(with_raw_chunk(0, 8), "rows from 2 are damaged");  // would be read past its end
  EXPECT_SAYS(with_raw_chunk(0, 40), "rows from 2 are damaged");
  EXPECT_SAYS(with_raw_chunk(1, 32), "rows from 2 are damaged");  // exempt from the checksum
}

TEST(ShardProfile, ForeignTypesAreRefused) {
  Plan plan;
  plan.write = false;
  plan.type = H5T_IEEE_F32BE;
  EXPECT_SAYS(verdict_on(plan), "element type");
  plan.type = H5T_STD_U32LE;
  EXPECT_SAYS(verdict_on(plan), "element type");
  plan.has_checksum = false;  // HDF5 has none for these
  const hid_t variable = H5Tcopy(H5T_C_S1);
  H5Tset_size(variable, H5T_VARIABLE);
  plan.type = variable;
  EXPECT_SAYS(verdict_on(plan), "element type");
  H5Tclose(variable);
  const hid_t compound = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(compound, "a", 0, H5T_STD_I64LE);
  plan.type = compound;
  EXPECT_SAYS(verdict_on(plan), "element type");
  H5Tclose(compound);
}

TEST(ShardProfile, StringsOfVariableLengthInAttributes) {
  EXPECT_SAYS(verdict_on([](hid_t file) {
                const hid_t type = H5Tcopy(H5T_C_S1);
                H5Tset_size(type, H5T_VARIABLE);
                const hid_t space = H5Screate(H5S_SCALAR);
                const hid_t attribute =
                    H5Acreate2(file, "format", type, space, H5P_DEFAULT, H5P_DEFAULT);
                const char* text = "mae-shard";
                H5Awrite(attribute, type, &text);
                H5Aclose(attribute);
                H5Sclose(space);
                H5Tclose(type);
              }),
              "attribute format is not one string of fixed length");
}

TEST(ShardProfile, SampleCountsMustAgree) {
  EXPECT_EQ(verdict_on([](hid_t file) {
              put_root(file);
              H5Dclose(put_dataset(file, "mask", {}));
              Plan longer;
              longer.shape = {6, 16};
              H5Dclose(put_dataset(file, "patches", longer));
            }),
            ":/patches: has 6 samples, but /mask has 4");
}

TEST(ShardProfile, NamesOfDimensionsMustFit) {
  EXPECT_SAYS(verdict_on([](hid_t file) {
                put_root(file);
                const hid_t dataset = put_dataset(file, "x", {});
                put_text(dataset, "dimensions", "sample,patch,value");
                H5Dclose(dataset);
              }),
              "names 3 dimensions but has 2");
}

TEST(ShardProfile, ProvenanceIsParsedWithoutTrust) {
  const auto with_provenance = [](const std::string& text) {
    return verdict_on([&](hid_t file) {
      put_root(file);
      put_text(file, "provenance", text);
    });
  };
  EXPECT_EQ(with_provenance("{}"), "accepted");
  EXPECT_SAYS(with_provenance("{"), "is not valid JSON");
  EXPECT_SAYS(with_provenance(std::string(30000, '[') + std::string(30000, ']')),
              "nested deeper than");
}

}  // namespace
}  // namespace mae
