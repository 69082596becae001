#include "mae/io/shard_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>

#include <functional>
#include <stdexcept>

#include "mae/base/error.h"
#include "mae/io/shard_reader.h"
#include "small_shard.h"

namespace mae {
namespace {

using Names = std::vector<std::string>;

DatasetSpec spec_of(const std::string& name, ElementType type, std::vector<int64_t> sample_shape) {
  DatasetSpec spec;
  spec.name = name;
  spec.type = type;
  spec.sample_shape = std::move(sample_shape);
  return spec;
}

int code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.exit_code();
  }
  return 0;
}

TEST(ShardWriter, ReaderGetsBackWhatWasWritten) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  EXPECT_EQ(folder.names(), Names{"s.h5"});
  const ShardReader shard(folder / "s.h5");
  EXPECT_EQ(shard.samples(), 5);
  EXPECT_EQ(shard.format_version(), 1);
  EXPECT_EQ(shard.read<uint8_t>("patches", 0, 5), small_patches(5));
  EXPECT_EQ(shard.read<int64_t>("labels", 1, 3), (std::vector<int64_t>{-1, 2, -1}));
  EXPECT_EQ(shard.read_text("names"), (Names{"class0/.png", "class1/n.png", "class0/nn.png",
                                             "class1/nnn.png", "class0/nnnn.png"}));
  EXPECT_EQ(shard.read_text("class_names"), (Names{"class0", "Zürich"}));
  const DatasetInfo& patches = shard.info("patches");
  EXPECT_EQ(patches.shape, (std::vector<int64_t>{5, 4, 12}));
  EXPECT_EQ(patches.dimensions, (Names{"sample", "patch", "value"}));
  EXPECT_EQ(patches.attributes, small_datasets()[0].attributes);
  EXPECT_FALSE(shard.info("class_names").has_samples());
  EXPECT_EQ(shard.provenance()["program"], "mae-patchify");
  EXPECT_EQ(shard.provenance()["seed"], 7);
}

TEST(ShardWriter, EveryElementTypeKeepsItsBits) {
  const TemporaryFolder folder;
  const ElementType types[] = {ElementType::kUint8,   ElementType::kInt8,    ElementType::kUint16,
                               ElementType::kInt16,   ElementType::kInt32,   ElementType::kInt64,
                               ElementType::kFloat16, ElementType::kFloat32, ElementType::kFloat64};
  std::vector<DatasetSpec> specs;
  for (const ElementType type : types) specs.push_back(spec_of(element_name(type), type, {3}));
  std::vector<uint8_t> bits(2 * 3 * 8);
  for (size_t i = 0; i < bits.size(); ++i)
    bits[i] = static_cast<uint8_t>(255 - i * 11);  // NaN patterns among them
  ShardWriter writer(folder / "s.h5", 2, specs);
  for (const DatasetSpec& spec : specs) writer.append(spec.name, bits.data(), 2);
  writer.commit({});
  const ShardReader shard(folder / "s.h5");
  for (const DatasetSpec& spec : specs) {
    EXPECT_EQ(shard.info(spec.name).type, spec.type);
    std::vector<uint8_t> back(static_cast<size_t>(2 * shard.info(spec.name).row_bytes()));
    shard.read(spec.name, 0, 2, back.data());
    EXPECT_TRUE(std::equal(back.begin(), back.end(), bits.begin())) << spec.name;
  }
}

TEST(ShardWriter, ManyChunksInAnyPortions) {
  const TemporaryFolder folder;
  const int64_t rows = 23, row = 100000;  // ten rows a chunk
  std::vector<float> values(static_cast<size_t>(rows * row / 4));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  std::string first_bytes;
  for (const int64_t portion : {1, 7, 10, 23}) {
    ShardWriter writer(folder / "s.h5", rows, {spec_of("x", ElementType::kFloat32, {row / 4})});
    for (int64_t i = 0; i < rows; i += portion) {
      writer.append("x", values.data() + i * row / 4, std::min(portion, rows - i));
    }
    writer.commit({});
    const std::string bytes = bytes_of(folder / "s.h5");
    if (first_bytes.empty()) first_bytes = bytes;
    EXPECT_TRUE(bytes == first_bytes) << "portions of " << portion << " make another file";
  }
  const ShardReader shard(folder / "s.h5");
  EXPECT_TRUE(shard.read<float>("x", 0, rows) == values);
  const std::vector<float> across = shard.read<float>("x", 8, 5);  // across a chunk border
  EXPECT_TRUE(std::equal(across.begin(), across.end(), values.begin() + 8 * row / 4));
}

TEST(ShardWriter, EqualCallsGiveEqualBytes) {
  const TemporaryFolder folder;
  write_small_shard(folder / "a.h5");
  ::sleep(1);  // object times have a resolution of one second
  ::setenv("MALLOC_PERTURB_", "77", 1);
  write_small_shard(folder / "b.h5", 5, -1, 5);
  EXPECT_TRUE(bytes_of(folder / "a.h5") == bytes_of(folder / "b.h5"));
}

TEST(ShardWriter, FewerRowsThanAnnounced) {
  const TemporaryFolder folder;
  for (const int64_t rows : {0, 1, 4}) {
    write_small_shard(folder / "s.h5", rows, 100);
    const ShardReader shard(folder / "s.h5");
    EXPECT_EQ(shard.samples(), rows);
    EXPECT_EQ(shard.info("patches").shape[0], rows);
    EXPECT_EQ(shard.read<uint8_t>("patches", 0, rows), small_patches(rows));
  }
  write_small_shard(folder / "empty.h5", 0);
  EXPECT_EQ(ShardReader(folder / "empty.h5").samples(), 0);
}

TEST(ShardWriter, AttributesOfEveryKind) {
  const TemporaryFolder folder;
  const nlohmann::json attributes = {{"integer", -3},
                                     {"real", 0.75},
                                     {"text", "blöck"},
                                     {"empty_text", ""},
                                     {"integers", {14, 14}},
                                     {"reals", {0.5, 1}},
                                     {"none", nlohmann::json::array()},
                                     {"a", 1},
                                     {"b", 2},
                                     {"c", 3},
                                     {"d", 4}};  // more than eight change HDF5's storage
  ShardWriter writer(folder / "s.h5", 1, {spec_of("x", ElementType::kUint8, {2})});
  for (const auto& [name, value] : attributes.items()) writer.set_attribute("x", name, value);
  writer.append("x", "ab", 1);
  writer.commit({});
  EXPECT_EQ(ShardReader(folder / "s.h5").info("x").attributes, attributes);
}

TEST(ShardWriter, ProvenanceMayPassTheAttributeLimitOf64KiB) {
  const TemporaryFolder folder;
  Provenance provenance;
  for (int i = 0; i < 3000; ++i)
    provenance.inputs.push_back({"input-" + std::to_string(i), "xxh3:0123456789abcdef"});
  ASSERT_GT(provenance.to_json().size(), size_t{1} << 17);
  ShardWriter writer(folder / "s.h5", 1, {spec_of("x", ElementType::kUint8, {2})});
  writer.append("x", "ab", 1);
  writer.commit(provenance);
  EXPECT_EQ(ShardReader(folder / "s.h5").provenance(), nlohmann::json::parse(provenance.to_json()));
}

TEST(ShardWriter, AllDataAreChunkedAndChecksummed) {
  const TemporaryFolder folder;
  write_small_shard(folder / "s.h5");
  const hid_t file = H5Fopen((folder / "s.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (const char* name : {"patches", "labels", "names", "class_names"}) {
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t creation = H5Dget_create_plist(dataset);
    EXPECT_EQ(H5Pget_layout(creation), H5D_CHUNKED) << name;
    EXPECT_EQ(H5Pget_nfilters(creation), 1) << name;
    EXPECT_GE(H5Pget_filter_by_id2(creation, H5Z_FILTER_FLETCHER32, nullptr, nullptr, nullptr, 0,
                                   nullptr, nullptr),
              0)
        << name;
    H5Pclose(creation);
    H5Dclose(dataset);
  }
  H5Fclose(file);
}

TEST(ShardWriter, WithoutCommitNothingIsLeft) {
  const TemporaryFolder folder;
  put_bytes(folder / "s.h5", "old");
  {
    ShardWriter writer(folder / "s.h5", 2, small_datasets());
    writer.append("patches", small_patches(2).data(), 2);
  }
  EXPECT_EQ(folder.names(), Names{"s.h5"});
  EXPECT_EQ(bytes_of(folder / "s.h5"), "old");
}

TEST(ShardWriter, MistakesOfTheCallerAreNamed) {
  const TemporaryFolder folder;
  ShardWriter writer(folder / "s.h5", 2, small_datasets());
  EXPECT_THROW(writer.append("mask", "x", 1), std::logic_error);
  EXPECT_THROW(writer.append("patches", small_patches(3).data(), 3), std::logic_error);
  writer.append("patches", small_patches(2).data(), 2);
  EXPECT_THROW(writer.commit({}), std::logic_error) << "two patches, no labels";
  EXPECT_THROW(writer.append_text("names", {std::string("a\0b", 3)}), DataError);
}

TEST(ShardWriter, RefusesWhatAShardCannotHold) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] {
              ShardWriter(folder / "s.h5", 1, {spec_of("x", ElementType::kBfloat16, {2})});
            }),
            2);
  EXPECT_EQ(
      code_of([&] { ShardWriter(folder / "s.h5", 1, {spec_of("x", ElementType::kUint8, {0})}); }),
      2);
  EXPECT_EQ(code_of([&] {
              ShardWriter(folder / "s.h5", 1, {spec_of("x", ElementType::kUint8, {1 << 27})});
            }),
            2);
  write_small_shard(folder / "s.h5");
  EXPECT_EQ(code_of([&] { ShardWriter(folder / "s.h5", 1, small_datasets(), Overwrite::kRefuse); }),
            2);
}

TEST(ShardWriter, LacksOfSpaceAreSaidBeforeTheWork) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] {
              ShardWriter(folder / "s.h5", int64_t{1} << 40,
                          {spec_of("x", ElementType::kUint8, {4096})});
            }),
            4);
  EXPECT_EQ(folder.names(), Names{});
}

// Writes three chunks under a limit on the file size, which fails like a full disk at any point of
// the work.
int write_with_limit(const std::string& path, rlim_t bytes) {
  return in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::vector<uint8_t> row(400000, 5);
    return code_of([&] {
      ShardWriter writer(path, 5, {spec_of("x", ElementType::kUint8, {400000})});
      for (int i = 0; i < 5; ++i) writer.append("x", row.data(), 1);
      writer.commit({});
    });
  });
}

TEST(ShardWriter, AFullDiskIsOneErrorWhereverItHappens) {
  const TemporaryFolder folder;
  ASSERT_EQ(write_with_limit(folder / "s.h5", 100 << 20), 0);
  const std::string whole = bytes_of(folder / "s.h5");
  for (const rlim_t limit :
       {rlim_t{1}, rlim_t{47}, rlim_t{100}, rlim_t{2000}, rlim_t{400000}, rlim_t{900000},
        rlim_t{1700000}, static_cast<rlim_t>(whole.size() - 700),
        static_cast<rlim_t>(whole.size() - 1)}) {
    EXPECT_EQ(write_with_limit(folder / "s.h5", limit), 4) << limit;
    EXPECT_EQ(folder.names(), Names{"s.h5"}) << limit;
    EXPECT_TRUE(bytes_of(folder / "s.h5") == whole) << limit;
  }
}

TEST(ShardWriter, AKilledWriterIsTakenOver) {
  const TemporaryFolder folder;
  const int end = in_child([&] {
    ShardWriter writer(folder / "s.h5", 2, small_datasets());
    writer.append("patches", small_patches(2).data(), 2);
    return ::raise(SIGKILL);
  });
  EXPECT_EQ(end, -SIGKILL);
  EXPECT_THROW(ShardReader(folder / ".s.h5.tmp"), DataError);
  write_small_shard(folder / "s.h5");
  EXPECT_EQ(folder.names(), Names{"s.h5"});
}

TEST(ShardWriter, TwoWritersOfOneShard) {
  const TemporaryFolder folder;
  const ShardWriter first(folder / "s.h5", 2, small_datasets());
  EXPECT_EQ(code_of([&] { ShardWriter(folder / "s.h5", 2, small_datasets()); }), 4);
}

TEST(ShardWriter, PassesThroughAPipe) {
  const TemporaryFolder folder;
  const int end = in_child([&] {
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    const int out = ::open((folder / "piped.h5").c_str(), O_RDWR | O_CREAT, 0600);
    ::dup2(out, 1);
    write_small_shard("-");
    ::lseek(out, 0, SEEK_SET);
    ::dup2(out, 0);
    const ShardReader shard("-");
    shard.verify();
    return shard.path() == "standard input" &&
                   shard.read<uint8_t>("patches", 0, 5) == small_patches(5)
               ? 0
               : 1;
  });
  EXPECT_EQ(end, 0);
  write_small_shard(folder / "file.h5");
  EXPECT_TRUE(bytes_of(folder / "piped.h5") == bytes_of(folder / "file.h5"));
  EXPECT_EQ(ShardReader(folder / "file.h5").digest(), ShardReader(folder / "piped.h5").digest());
}

}  // namespace
}  // namespace mae
