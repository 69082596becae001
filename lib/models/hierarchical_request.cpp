#include "mae/models/hierarchical_request.h"

#include "mae/base/error.h"

namespace mae {

void check_request(const EncodeRequest& request, bool hides) {
  if (request.attention)
    throw UsageError("this model has no class token whose attention could be shown", "",
                     "leave out --attention");
  if (request.maps && hides)
    throw UsageError("feature maps need the whole picture", "", "leave out the masking options");
}

}  // namespace mae
