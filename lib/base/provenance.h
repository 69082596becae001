// Where a file comes from: program, version, arguments, effective configuration, seed, inputs with
// digests, parents.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae {

/// Written into every output as JSON. It holds nothing that changes between two runs with the same
/// inputs, options and seed: no time, no host, no output name, no thread count. Parents are the
/// full provenance of input files of ours.
struct Provenance {
  std::string program;  ///< "mae-mask"
  std::string version;
  std::vector<std::string>
      arguments;  ///< operands and options as given, without those that cannot change the result
  nlohmann::json config;  ///< effective value of every option
  std::int64_t seed = 0;
  struct Input {
    std::string name, digest;
  };
  std::vector<Input> inputs;
  std::vector<nlohmann::json> parents;

  std::string to_json() const;  ///< compact, keys sorted
};

/// The provenance of the running tool: cli/ sets program, arguments, config and seed before the job
/// starts; jobs copy it and add inputs and parents.
const Provenance& process_provenance();
void set_process_provenance(Provenance provenance);

}  // namespace mae
