// mae-finetune with a list of --train-blocks: accuracy over the number of blocks that learn (MAE,
// section 4.3 and figure 9).
#pragma once

#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/jobs/finetune_job.h"

namespace mae {

struct PartialCurveJob {
  FinetuneJob finetune;  ///< output.path holds a run a number: RUN/blocks-0, RUN/blocks-0.5
  std::vector<std::string> blocks;  ///< as parse_train_blocks takes them
  std::string chart;                ///< SVG of top-1 over the blocks; empty: none
};

struct PartialCurvePoint {
  std::string blocks;
  double learning = 0;     ///< blocks that learn; with "all" as many as the model has
  int64_t parameters = 0;  ///< trained ones
  double top1 = 0,
         top5 = 0;  ///< per cent of the validation set after the last epoch; NaN on a dry run
  std::string run;  ///< its folder
};

/// The words of "0,0.5,1,all".
std::vector<std::string> split_train_blocks(const std::string& list);

/// Fine-tunes once for each number, in order, each into a run of its own. With finetune.resume a
/// finished run is not done again but reported from what it saved, and one that was interrupted
/// goes on, so that the points are those of a list that was never interrupted. Everything is
/// checked before the first run starts; the chart is written when all are done.
/// throws UsageError  a number twice, no validation set, tables of predictions asked for, runs in
///                    the folder without finetune.resume; and as run_finetune_job()
std::vector<PartialCurvePoint> run_partial_curve(const PartialCurveJob& job, Progress& progress);

}  // namespace mae
