// A small program with an option of every kind, which the tests of this folder take apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/cli/option_value.h"
#include "mae/cli/program.h"

namespace mae::cli::test {

struct Values {
  double mask_ratio = 0.75;
  std::int64_t seed = 0;
  int depth = 12;
  std::string strategy = "random", output, note;
  bool resume = false, norm_pix_loss = true;
  Size2d image_size{224, 224};
  std::vector<double> betas{0.9, 0.95};
  std::vector<std::int64_t> blocks;
  std::vector<std::string> train;
};

/// Options are bound to `values`, which must outlive the program.
inline Program sample_program(Values* values) {
  Program program;
  program.name = "mae-mask";
  program.summary = "choose which patches of each sample stay visible";
  program.examples = {"mae-mask in.h5 -o mask.h5", "mae-mask in.h5 -o mask.h5 --seed 3",
                      "mae-mask third"};
  program.operands = {{"SHARD", "patch shard to read", 1, true}};
  OptionSpec output = {"-o,--output", "mask shard to write", "FILE", "Output"};
  output.required = true;
  output.affects_result = false;
  OptionSpec ratio = {"--mask-ratio", "share of patches that are hidden", "RATIO", "Masking"};
  ratio.minimum = 0;
  ratio.maximum = 1;
  ratio.in_short_help = true;
  OptionSpec strategy = {"--strategy", "how hidden patches are chosen", "", "Masking"};
  strategy.choices = {"random", "block", "grid"};
  OptionTable& options = program.options;
  options.add(bind_value(&values->output, output));
  options.add(bind_value(&values->mask_ratio, ratio));
  options.add(bind_value(&values->strategy, strategy));
  options.add(bind_value(&values->seed, {"--seed", "number that random choices are derived from"}));
  options.add(bind_value(&values->depth, {"--depth", "number of blocks"}));
  options.add(bind_value(&values->note, {"--note", "any text"}));
  options.add(bind_value(&values->resume, {"--resume", "go on where an earlier run stopped"}));
  options.add(bind_value(&values->norm_pix_loss, {"--norm-pix-loss", "predict normalised pixels"}));
  options.add(bind_value(&values->image_size, {"--image-size", "height and width in pixels"}));
  options.add(bind_value(&values->betas, {"--betas", "AdamW's two decay rates"}));
  options.add(bind_value(&values->blocks, {"--blocks", "blocks whose output is kept"}));
  options.add(bind_value(&values->train, {"--train", "shards to train on", "FILE"}));
  return program;
}

}  // namespace mae::cli::test
