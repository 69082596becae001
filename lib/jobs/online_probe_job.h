// mae-probe --online: the published linear probe from pictures, which are augmented anew in every
// epoch and pass through the frozen encoder.
#pragma once

#include <optional>
#include <string>

#include "mae/data/augment.h"
#include "mae/jobs/inference.h"
#include "mae/jobs/probe_job.h"

namespace mae {

/// What the online probe needs besides a ProbeJob, whose sets are shards or folders of pictures
/// here. Defaults are the published script's (spec 4).
struct OnlineProbe {
  std::string model;             ///< checkpoint or run folder
  std::optional<Pool> pool;      ///< nothing: the model's default_pool(), MAE's class token
  AugmentOptions augment = [] {  ///< of training pictures; img_size is the model's
    AugmentOptions augment;
    augment.crop.min_scale = 0.08;
    augment.crop.retry = false;  // one draw, cut to the picture
    return augment;
  }();
  Size2d image_size{0, 0};  ///< of pictures of folders; 0x0: the model's
  bool exif_orientation = false;
  std::string channels_policy = "error";
  std::string device = "cpu", dtype = "float32";
};

/// The encoder stays in evaluation mode and is not changed. Each epoch augments every labelled
/// training picture from the stream (seed, "augment", epoch, id) and learns from its features as
/// train_linear_probe does from stored ones; without augmentation the two are the same. The test
/// set is prepared by the published evaluation. job.method, sweep and few_shot must be as they
/// begin.
/// returns  a report of method "online"
/// throws   UsageError    options that contradict each other, a pooling the model does not have
///          DataError     no labels, classes that differ, pictures that do not fit the model
///          NumericError  the loss or a feature is not finite
///          Interrupted
ProbeReport run_online_probe(const ProbeJob& job, const OnlineProbe& online, Progress& progress);

}  // namespace mae
