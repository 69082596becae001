// What the jobs share: where output goes and whether it must be made at all, and the record of
// inputs in provenance.
#pragma once

#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/provenance.h"
#include "mae/data/sample_dataset.h"
#include "mae/io/shard_reader.h"
#include "mae/models/checkpoint.h"

namespace mae {

/// Where a job writes and what it does about an older output.
struct JobOutput {
  std::string path;                           ///< "-" for standard output
  Overwrite overwrite = Overwrite::kReplace;  ///< --no-clobber refuses
  bool if_changed = false;                    ///< --if-changed: nothing is done when is_up_to_date
  bool dry_run = false;                       ///< --dry-run: check everything, write nothing
};

/// What kind of thing an output name asks for.
enum class OutputKind { kShard, kPng, kHtml, kFolder };

/// By suffix: .h5 or .hdf5 (or "-"), .png, .html or .htm; a folder when it exists as one or ends in
/// "/". throws UsageError listing the choices
OutputKind output_kind(const std::string& path);

/// Whether `output` holds what a run with this provenance would write: same program, version,
/// arguments, configuration, seed, inputs (by digest) and parents. False when it is missing, "-",
/// unreadable or damaged. Known for shards, checkpoints, run folders, pictures and pages
/// (embedded_provenance.h) and folders with a record_provenance.
bool is_up_to_date(const std::string& output, const Provenance& provenance);

/// For outputs that cannot hold provenance, such as a folder of pictures: writes
/// FOLDER/provenance.json.
void record_provenance(const std::string& folder, const Provenance& provenance);

/// Copies of process_provenance() with what was read added.
Provenance provenance_of(const SampleDataset& dataset);
Provenance provenance_of(const std::vector<const ShardReader*>& shards);
/// Adds a shard as input and its own provenance as parent.
void add_shard(Provenance& provenance, const ShardReader& shard);
/// Adds a plain file (a list, a painted mask) as input.
void add_file(Provenance& provenance, const std::string& path);
/// Adds a checkpoint file or run folder as input and its own provenance as parent.
void add_checkpoint(Provenance& provenance, const std::string& path, const nlohmann::json& parent);

/// How pictures, or clips, are read for a model that was trained on such.
DatasetOptions dataset_options_for(const Checkpoint& checkpoint);

/// Frames of a clip by a model's configuration, 1 for models of pictures and damaged ones.
int64_t frames_of_config(const nlohmann::json& config);
/// throws DataError  samples have other than the model's number of frames
void check_frames(const SampleDataset& dataset, int64_t num_frames, const std::string& which);

/// Whether both names lead to one existing file.
bool is_same_path(const std::string& a, const std::string& b);

}  // namespace mae
