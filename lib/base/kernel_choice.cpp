// The environment is asked once, at the first use.
#include "mae/base/kernel_choice.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

bool choice_of_environment() {
  const char* value = std::getenv("MAE_KERNELS");
  const std::string choice = value == nullptr ? "auto" : value;
  if (choice != "auto" && choice != "plain")
    throw UsageError("MAE_KERNELS is '" + choice + "'; expected auto or plain");
  return choice == "auto";
}

std::atomic<bool>& choice() {
  static std::atomic<bool> choice{choice_of_environment()};
  return choice;
}

}  // namespace

bool use_own_kernels() { return choice(); }

void set_own_kernels(bool use) { choice() = use; }

}  // namespace mae
