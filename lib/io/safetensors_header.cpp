// Parsed event by event: the header may have 100 MB, of which a hostile one could make a tree of
// gigabytes.
#include "mae/io/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "mae/base/error.h"

namespace mae::safetensors {
namespace {

using nlohmann::json;

constexpr char kMetadata[] = "__metadata__";
constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxRank = 32;

const std::map<std::string, ElementType>& element_types() {
  static const std::map<std::string, ElementType> types = {
      {"BOOL", ElementType::kBool},     {"U8", ElementType::kUint8},
      {"I8", ElementType::kInt8},       {"U16", ElementType::kUint16},
      {"I16", ElementType::kInt16},     {"I32", ElementType::kInt32},
      {"I64", ElementType::kInt64},     {"F16", ElementType::kFloat16},
      {"BF16", ElementType::kBfloat16}, {"F32", ElementType::kFloat32},
      {"F64", ElementType::kFloat64}};
  return types;
}

std::string type_name(ElementType type) {
  for (const auto& [name, value] : element_types()) {
    if (value == type) return name;
  }
  return {};
}

// What one tensor of the header says, until its closing brace.
struct Draft {
  std::optional<ElementType> type;
  std::optional<std::vector<int64_t>> shape, offsets;
};

// {"name": {"dtype": text, "shape": [n, ...], "data_offsets": [n, n]}, "__metadata__": {"key":
// text}} and nothing else.
class HeaderEvents : public nlohmann::json_sax<json> {
 public:
  HeaderEvents(Header* header, std::string where) : header_(header), where_(std::move(where)) {}

  bool start_object(size_t) override {
    if (list_ != nullptr || depth_ >= 2 || (depth_ == 1 && key_.empty()))
      refuse("has an object where none belongs");
    ++depth_;
    if (depth_ == 2) {
      name_ = key_;
      draft_ = Draft();
    }
    key_.clear();
    return true;
  }
  bool end_object() override {
    if (depth_ == 2 && !in_metadata()) finish_tensor();
    --depth_;
    key_.clear();
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1) {
      if (name.empty() || name.size() > kMaxNameBytes)
        refuse("has a tensor name of " + std::to_string(name.size()) + " bytes");
      if (header_->entries.count(name) > 0 ||
          (name == kMetadata && std::exchange(has_metadata_, true))) {
        refuse("has the key " + name + " twice");
      }
    } else if (in_metadata() && header_->metadata.count(name) > 0) {
      refuse("has the metadata key " + name + " twice");
    }
    key_ = name;
    return true;
  }
  bool string(std::string& value) override {
    if (depth_ != 2 || list_ != nullptr) refuse("has text where none belongs");
    if (in_metadata()) {
      header_->metadata.emplace(key_, std::move(value));
    } else {
      if (key_ != "dtype" || draft_.type)
        refuse("has an unexpected field " + key_ + " in tensor " + name_);
      const auto found = element_types().find(value);
      if (found == element_types().end())
        refuse("has tensor " + name_ + " of unknown element type " + value);
      draft_.type = found->second;
    }
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ != 2 || in_metadata() || list_ != nullptr) refuse("has a list where none belongs");
    auto* target = key_ == "shape"          ? &draft_.shape
                   : key_ == "data_offsets" ? &draft_.offsets
                                            : nullptr;
    if (target == nullptr || target->has_value())
      refuse("has an unexpected field " + key_ + " in tensor " + name_);
    list_ = &target->emplace();
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool number_unsigned(uint64_t value) override {
    if (list_ == nullptr || value > static_cast<uint64_t>(INT64_MAX))
      refuse("has a number where none belongs");
    if (list_->size() >= kMaxRank) refuse("has more than 32 dimensions in tensor " + name_);
    list_->push_back(static_cast<int64_t>(value));
    return true;
  }
  bool number_integer(int64_t) override { refuse("has a negative number"); }
  bool number_float(double, const std::string&) override {
    refuse("has a fraction where an integer belongs");
  }
  bool boolean(bool) override { refuse("has true or false where neither belongs"); }
  bool null() override { refuse("has null where it does not belong"); }
  bool binary(json::binary_t&) override { refuse("has binary data"); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    refuse("is not valid JSON at byte " + std::to_string(position));
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError("safetensors header " + what, where_,
                    "the file is damaged or no safetensors file");
  }
  bool in_metadata() const { return depth_ == 2 && name_ == kMetadata; }

  void finish_tensor() {
    if (!draft_.type || !draft_.shape || !draft_.offsets || draft_.offsets->size() != 2) {
      refuse("lacks dtype, shape or data_offsets of tensor " + name_);
    }
    SafetensorsFile::Entry entry;
    entry.type = *draft_.type;
    entry.shape = std::move(*draft_.shape);
    entry.offset = draft_.offsets->at(0);
    entry.bytes = draft_.offsets->at(1) - entry.offset;
    int64_t expected = 0;
    const int64_t count = element_count(entry.shape, where_ + ": tensor " + name_);
    if (__builtin_mul_overflow(count, element_size(entry.type), &expected) ||
        entry.bytes != expected) {
      refuse("gives tensor " + name_ + " " + std::to_string(entry.bytes) +
             " bytes, but its shape is " + shape_text(entry.shape));
    }
    header_->entries.emplace(name_, std::move(entry));
  }

  Header* header_;
  std::string where_;
  int depth_ = 0;
  bool has_metadata_ = false;
  std::string name_, key_;
  Draft draft_;
  std::vector<int64_t>* list_ = nullptr;  // the array being read
};

// Tensors must lie one behind the other from 0 to the end: no holes that hide data, no overlaps.
void check_layout(const Header& header, int64_t data_bytes, const std::string& where) {
  std::vector<std::pair<int64_t, int64_t>> ranges;
  for (const auto& [name, entry] : header.entries)
    ranges.emplace_back(entry.offset, entry.offset + entry.bytes);
  std::sort(ranges.begin(), ranges.end());
  int64_t end = 0;
  for (const auto& [first, last] : ranges) {
    if (first != end)
      throw DataError(
          "has holes or overlaps between its tensors at data byte " + std::to_string(end), where,
          "the file is damaged");
    end = last;
  }
  if (end > data_bytes) {
    throw DataError("is truncated: " + std::to_string(data_bytes) + " of " + std::to_string(end) +
                        " data bytes are there",
                    where, "copy it again or make it again");
  }
  if (end < data_bytes)
    throw DataError("is damaged: " + std::to_string(data_bytes - end) + " bytes follow its end",
                    where);
}

}  // namespace

Header parse_header(const std::string& text, int64_t data_bytes, const std::string& where) {
  Header header;
  HeaderEvents events(&header, where);
  const size_t last =
      text.find_last_not_of(' ');  // only spaces may pad it; the parser would also take a zero byte
  if (text.empty() || text[0] != '{' || text[last] != '}') {
    throw DataError("is not a safetensors file", where, "mae-info tells what a file is");
  }
  json::sax_parse(text, &events);
  check_layout(header, data_bytes, where);
  return header;
}

std::string header_text(const Header& header) {
  json all = json::object();
  for (const auto& [name, entry] : header.entries) {
    all[name] = {{"dtype", type_name(entry.type)},
                 {"shape", entry.shape},
                 {"data_offsets", {entry.offset, entry.offset + entry.bytes}}};
  }
  if (!header.metadata.empty()) all[kMetadata] = header.metadata;
  std::string text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace mae::safetensors
