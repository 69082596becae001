// Libraries of ours that are loaded when they are first needed, since many others stand behind
// them. Private to media.
#pragma once

#include <string>

namespace mae {

/// Never unloaded: OpenCV's and FFmpeg's libraries do not like to go.
class Plugin {
 public:
  /// Looks where the programs' run path says, then where the toolkit is installed.
  /// purpose  for messages: "videos cannot be decoded"
  /// hint     what to install where it cannot be loaded
  /// throws ResourceError  it, or a library behind it, is not there
  Plugin(const std::string& library, const std::string& purpose, const std::string& hint);

  /// Sets *function to what the library calls `name`. Throws ResourceError when it has none.
  template <typename Function>
  void find(const char* name, Function* function) const {
    *function = reinterpret_cast<Function>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;
  [[noreturn]] void fail() const;

  std::string library_, purpose_, hint_;
  void* handle_ = nullptr;
};

}  // namespace mae
