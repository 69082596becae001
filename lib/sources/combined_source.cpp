#include "mae/sources/combined_source.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "mae/base/error.h"
#include "mae/sources/utf8_name.h"

namespace mae {
namespace {

using Sources = std::vector<std::unique_ptr<ImageSource>>;

/// Which sample of which source stands behind a sample.
struct Origin {
  size_t source = 0;
  int64_t index = 0;
};

class CombinedSource : public ImageSource {
 public:
  CombinedSource(Sources sources, std::vector<SourceItem> items,
                 std::vector<std::string> class_names, std::vector<SourcePart> parts,
                 std::vector<Origin> origins)
      : ImageSource(std::move(items), std::move(class_names), std::move(parts)),
        sources_(std::move(sources)),
        origins_(std::move(origins)) {}

  std::string read(int64_t i) const override { return source(i).read(origin(i).index); }
  Image decode(int64_t i, const std::string& bytes, const DecodeOptions& options) const override {
    return source(i).decode(origin(i).index, bytes, options);
  }
  std::vector<Image> decode_clips(int64_t i, const DecodeOptions& options,
                                  const ClipPlan& plan) const override {
    return source(i).decode_clips(origin(i).index, options, plan);
  }
  std::string where(int64_t i) const override { return source(i).where(origin(i).index); }

 private:
  const Origin& origin(int64_t i) const { return origins_[static_cast<size_t>(i)]; }
  const ImageSource& source(int64_t i) const { return *sources_[origin(i).source]; }

  Sources sources_;
  std::vector<Origin> origins_;
};

std::string trimmed(std::string operand) {
  while (operand.size() > 1 && operand.back() == '/') operand.pop_back();
  return operand;
}

/// What tells the sources apart: nothing for one, else the last part of each operand, or the whole
/// of it.
std::vector<std::string> name_prefixes(const Sources& sources) {
  std::vector<std::string> prefixes(sources.size());
  if (sources.size() == 1) return prefixes;
  std::set<std::string> seen;
  for (size_t s = 0; s < sources.size(); ++s) {
    const std::string operand = trimmed(sources[s]->parts()[0].operand);
    prefixes[s] = operand.substr(operand.rfind('/') + 1) + "/";
    seen.insert(prefixes[s]);
  }
  if (seen.size() < sources.size()) {
    for (size_t s = 0; s < sources.size(); ++s) {
      prefixes[s] = trimmed(sources[s]->parts()[0].operand) + "/";
    }
  }
  return prefixes;
}

/// Gives the second sample of a name "#2" and so on.
class UniqueNames {
 public:
  std::string make(const std::string& name) {
    int64_t& count = count_[name];
    if (++count == 1) return name;
    for (;; ++count) {
      const std::string numbered = name + "#" + std::to_string(count);
      if (count_.emplace(numbered, 1).second) return numbered;
    }
  }

 private:
  std::unordered_map<std::string, int64_t> count_;
};

std::vector<std::string> united_class_names(const Sources& sources) {
  std::set<std::string> names;
  std::string named, numbered;
  for (const auto& source : sources) {
    names.insert(source->class_names().begin(), source->class_names().end());
    const std::string& operand = source->parts()[0].operand;
    if (!source->class_names().empty()) {
      named = operand;
    } else if (source->has_labels()) {
      numbered = operand;
    }
  }
  if (!named.empty() && !numbered.empty()) {
    throw DataError("the labels are numbers, but those of " + named + " are names", numbered,
                    "make one shard of each");
  }
  return {names.begin(), names.end()};
}

void check_range(int64_t total, const SourceOptions& options) {
  const int64_t last = options.last < 0 ? total : options.last;
  if (options.first >= last || last > total) {
    throw UsageError("the range " + std::to_string(options.first) + ":" +
                         (options.last < 0 ? "" : std::to_string(options.last)) +
                         " does not lie within the " + std::to_string(total) + " samples",
                     "--range");
  }
}

}  // namespace

std::unique_ptr<ImageSource> combine_sources(Sources sources, const SourceOptions& options) {
  int64_t total = 0;
  for (const auto& source : sources) total += source->size();
  check_range(total, options);
  int64_t last = options.last < 0 ? total : options.last;
  if (options.limit > 0) last = std::min(last, options.first + options.limit);

  const std::vector<std::string> classes = united_class_names(sources);
  std::map<std::string, int64_t> class_index;
  for (size_t i = 0; i < classes.size(); ++i) class_index[classes[i]] = static_cast<int64_t>(i);
  const std::vector<std::string> prefixes = name_prefixes(sources);

  std::vector<SourceItem> items;
  std::vector<SourcePart> parts;
  std::vector<Origin> origins;
  UniqueNames unique;
  int64_t position = 0;
  for (size_t s = 0; s < sources.size(); ++s) {
    const ImageSource& source = *sources[s];
    SourcePart part{source.parts()[0].operand, static_cast<int64_t>(items.size()), 0};
    for (int64_t i = 0; i < source.size(); ++i, ++position) {
      SourceItem item = source.item(i);
      // Named over all samples, wanted or not, so that a sample has the same name in every range.
      item.name = unique.make(utf8_name(prefixes[s] + item.name));
      if (position < options.first || position >= last) continue;
      std::string& caption = item.caption;  // zero bytes say nothing, and words stay words without
      caption.erase(std::remove(caption.begin(), caption.end(), '\0'), caption.end());
      caption = utf8_name(caption);
      if (item.label >= 0 && !classes.empty()) {
        item.label = class_index[source.class_names()[static_cast<size_t>(item.label)]];
      }
      items.push_back(std::move(item));
      origins.push_back({s, i});
      ++part.count;
    }
    if (part.count > 0) parts.push_back(std::move(part));
  }
  std::vector<std::string> shown_classes;
  for (const std::string& name : classes) shown_classes.push_back(utf8_name(name));
  return std::make_unique<CombinedSource>(std::move(sources), std::move(items),
                                          std::move(shown_classes), std::move(parts),
                                          std::move(origins));
}

}  // namespace mae
