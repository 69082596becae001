// One function a paper: whether the file holds its model, then with all of its configuration in
// file->result but the preprocessing. Names of tensors are the published ones, which are ours.
#pragma once

#include "mae/layouts/staged_reader.h"

namespace mae {

bool take_mixmim(StagedReader* file);
bool take_um_mae_pvt(StagedReader* file);
bool take_um_mae_swin(StagedReader* file);
/// ConvMAE, FastConvMAE where the training arguments name it, and their classifier.
bool take_conv_mae(StagedReader* file);
bool take_hivit(StagedReader* file);
/// VideoMAE and its classifier, of Hugging Face's files too.
bool take_video_mae(StagedReader* file);

}  // namespace mae
