// Features of one batch of pictures: what the encoder says about them, pooled or token by token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mae/jobs/inference.h"
#include "mae/jobs/mask_source.h"
#include "mae/models/masked_model.h"
#include "mae/train/host_copy.h"

namespace mae {

/// "cls" or "mean", or "auto" for what the encoder was trained for; UsageError otherwise
std::optional<Pool> parse_pool(const std::string& name);

struct FeatureRequest {
  std::optional<Pool> pool;  ///< nothing: the model's default_pool(), which settle_request fills in
  bool patches = false;      ///< every patch token
  bool half_patches = false;    ///< these, and maps, as float16
  std::vector<int64_t> blocks;  ///< 1-based blocks whose output is pooled, before the final norm
  bool attention = false;       ///< the class token's attention to the patches, last block
  bool maps = false;            ///< feature maps of hierarchical models; nothing may be hidden
};

/// On the CPU, contiguous, float32 unless said otherwise. Parts that were not asked for are
/// undefined.
struct FeatureBatch {
  Tensor features;        ///< [B, D], after the final norm
  Tensor patch_features;  ///< [B, L, D] raster order, zeros where hidden; float16 with half_patches
  Tensor block_features;  ///< [B, K, D]
  Tensor
      attention;  ///< [B, N, L], zeros where hidden; the class token's share to itself is left out
  std::vector<Tensor> maps;  ///< each [B, C, H / stride, W / stride], by MaskedModel::map_strides
};

/// The request with nothing left open. Throws UsageError for a block, a class token or an attention
/// the model does not have, and for feature maps where it has none.
FeatureRequest settle_request(const FeatureRequest& request, const MaskedModel& model);

/// A batch that was asked for.
struct StartedFeatures {
  std::vector<int64_t> indices;  ///< of its samples in the dataset
  FeatureBatch features;         ///< not to be read before finish_features()
  HostCopy copies;
};
/// Begins what extract_features() does. A GPU is at work, and copies back, when this returns; on
/// the CPU all is done. Batches that are begun one behind the other are computed so.
StartedFeatures start_features(const Inference& inference, const FeatureRequest& request,
                               const ImageBatch& batch, const MaskList& masks);
/// Waits for it. throws NumericError as extract_features()
FeatureBatch finish_features(const Inference& inference, const FeatureRequest& request,
                             StartedFeatures started);

/// request  settled
/// masks    empty: nothing is hidden; else one a picture, which may hide different numbers of
/// patches throws NumericError naming the sample whose features are not finite
FeatureBatch extract_features(const Inference& inference, const FeatureRequest& request,
                              const ImageBatch& batch, const MaskList& masks);

/// What one blank picture gives: the shapes of all parts, whose widths and grids differ among the
/// stages of hierarchical models.
FeatureBatch blank_features(const Inference& inference, const FeatureRequest& request);

/// Rows of masks as a tensor [B, L] uint8.
Tensor mask_tensor(const MaskList& masks, const std::vector<int64_t>& rows);

}  // namespace mae
