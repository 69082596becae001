// Provenance as JSON, and the one of this process.
#include "mae/base/provenance.h"

#include <utility>

namespace mae {
namespace {

Provenance& storage() {
  static Provenance provenance;
  return provenance;
}

}  // namespace

std::string Provenance::to_json() const {
  nlohmann::json input_list = nlohmann::json::array();
  for (const Input& input : inputs)
    input_list.push_back({{"name", input.name}, {"digest", input.digest}});
  const nlohmann::json all = {{"program", program},     {"version", version},
                              {"arguments", arguments}, {"config", config},
                              {"seed", seed},           {"inputs", std::move(input_list)},
                              {"parents", parents}};
  // File names are bytes, JSON is UTF-8: what is not UTF-8 becomes the replacement character
  // instead of an exception.
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const Provenance& process_provenance() { return storage(); }
void set_process_provenance(Provenance provenance) { storage() = std::move(provenance); }

}  // namespace mae
