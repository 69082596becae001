// UM-MAE on the Pyramid Vision Transformer (arXiv 2205.10063; spec of variants 1.4 and 1.5).
#pragma once

#include <memory>

#include "mae/models/model_kind.h"
#include "mae/models/pvt.h"
#include "mae/models/um_mae.h"

namespace mae {

struct UmMaePvtOptions : PvtOptions, UmMaeOptions {
  double decoder_mlp_ratio = 4;
};
void check_options(const UmMaePvtOptions& options);
void to_json(nlohmann::json& json, const UmMaePvtOptions& options);
void from_json(const nlohmann::json& json, UmMaePvtOptions& options);

/// sr_ratios are those of the closed-up grid; a whole picture is pooled as whole_picture_sr_ratios
/// says.
class UmMaePvt : public UmMae {
 public:
  explicit UmMaePvt(const UmMaePvtOptions& options);
  nlohmann::json config() const override;

 protected:
  Tensor encode_cells(const Visible& visible, StageWalk& walk) override;

 private:
  UmMaePvtOptions options_;
  Tensor pos_embed_;  ///< [1, cells, D0], frozen
  std::shared_ptr<PatchEmbed> patch_embed_;
  std::shared_ptr<PvtBlocks> blocks_;
};

/// "um_mae_pvt", with the name um-mae-pvt-small.
MaskedModelKind um_mae_pvt_kind();

}  // namespace mae
