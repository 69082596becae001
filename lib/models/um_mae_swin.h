// UM-MAE on the Swin transformer (arXiv 2205.10063; spec of variants 1.4 and 1.6).
#pragma once

#include <memory>

#include "mae/models/model_kind.h"
#include "mae/models/swin.h"
#include "mae/models/um_mae.h"

namespace mae {

struct UmMaeSwinOptions : SwinOptions, UmMaeOptions {};
void check_options(const UmMaeSwinOptions& options);
void to_json(nlohmann::json& json, const UmMaeSwinOptions& options);
void from_json(const nlohmann::json& json, UmMaeSwinOptions& options);

/// window_size is that of the closed-up grid; a whole picture has windows of twice the side.
class UmMaeSwin : public UmMae {
 public:
  explicit UmMaeSwin(const UmMaeSwinOptions& options);
  nlohmann::json config() const override;

 protected:
  Tensor encode_cells(const Visible& visible, StageWalk& walk) override;

 private:
  UmMaeSwinOptions options_;
  std::shared_ptr<ConvEmbed> patch_embed_;
  std::shared_ptr<SwinBlocks> blocks_;
};

/// "um_mae_swin", with the names um-mae-swin-tiny, -base and -large. Base is Swin's own size, which
/// the paper does not have.
MaskedModelKind um_mae_swin_kind();

}  // namespace mae
