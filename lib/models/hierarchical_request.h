// What can be asked of an encoder without class token whose feature maps need the whole picture.
#pragma once

#include "mae/models/masked_model.h"

namespace mae {

/// throws UsageError  attention, which there is none of; feature maps while patches are hidden
void check_request(const EncodeRequest& request, bool hides);

}  // namespace mae
