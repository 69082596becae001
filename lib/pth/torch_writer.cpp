// The pickle that torch.save would write, protocol 2, without memoised values.
#include "mae/pth/torch_writer.h"

#include "mae/base/error.h"
#include "mae/pth/little_endian.h"
#include "mae/pth/zip_writer.h"

namespace mae::pth {
namespace {

// torch.load expects a folder of any name around its records.
constexpr char kFolder[] = "archive/";

std::string storage_class(ElementType type, const std::string& name) {
  switch (type) {
    case ElementType::kFloat32:
      return "FloatStorage";
    case ElementType::kFloat64:
      return "DoubleStorage";
    case ElementType::kFloat16:
      return "HalfStorage";
    case ElementType::kBfloat16:
      return "BFloat16Storage";
    case ElementType::kInt64:
      return "LongStorage";
    case ElementType::kInt32:
      return "IntStorage";
    case ElementType::kInt16:
      return "ShortStorage";
    case ElementType::kInt8:
      return "CharStorage";
    case ElementType::kUint8:
      return "ByteStorage";
    case ElementType::kBool:
      return "BoolStorage";
    case ElementType::kUint16:
      break;
  }
  throw UsageError("a .pth file cannot hold elements of type " + element_name(type), name);
}

class PickleText {
 public:
  PickleText() : bytes_("\x80\x02") {}

  void text(const std::string& value) {
    bytes_ += 'X';
    append_little(&bytes_, value.size(), 4);
    bytes_ += value;
  }
  void integer(int64_t value) {
    bytes_ += "\x8a\x08";  // LONG1 of 8 bytes
    append_little(&bytes_, static_cast<uint64_t>(value), 8);
  }
  void integers(const std::vector<int64_t>& values) {
    bytes_ += '(';
    for (const int64_t value : values) integer(value);
    bytes_ += 't';
  }
  void global(const std::string& module, const std::string& name) {
    bytes_ += 'c' + module + '\n' + name + '\n';
  }
  void opcodes(const char* codes) { bytes_ += codes; }
  std::string take() { return std::move(bytes_) + '.'; }

 private:
  std::string bytes_;
};

void add_tensor(PickleText* pickle, const TensorView& tensor, const std::string& name,
                int64_t storage) {
  const int64_t count = element_count(tensor.shape, name);
  std::vector<int64_t> stride(tensor.shape.size(), 1);
  for (size_t i = stride.size(); i-- > 1;) stride[i - 1] = stride[i] * tensor.shape[i];
  pickle->global("torch._utils", "_rebuild_tensor_v2");
  pickle->opcodes("((");
  pickle->text("storage");
  pickle->global("torch", storage_class(tensor.type, name));
  pickle->text(std::to_string(storage));
  pickle->text("cpu");
  pickle->integer(count);
  pickle->opcodes("tQ");
  pickle->integer(0);
  pickle->integers(tensor.shape);
  pickle->integers(stride);
  pickle->opcodes("\x89");  // requires_grad: False
  pickle->global("collections", "OrderedDict");
  pickle->opcodes(")RtR");
}

std::string pickle_of(const std::map<std::string, TensorView>& tensors,
                      const std::map<std::string, std::string>& texts) {
  PickleText pickle;
  pickle.opcodes("}(");
  pickle.text("model");
  pickle.global("collections", "OrderedDict");
  pickle.opcodes(")R(");
  int64_t storage = 0;
  for (const auto& [name, tensor] : tensors) {
    pickle.text(name);
    add_tensor(&pickle, tensor, name, storage++);
  }
  pickle.opcodes("u");
  for (const auto& [key, value] : texts) {
    pickle.text(key);
    pickle.text(value);
  }
  pickle.opcodes("u");
  return pickle.take();
}

}  // namespace

void write_torch_file(const std::string& path, const std::map<std::string, TensorView>& tensors,
                      const std::map<std::string, std::string>& texts, Overwrite overwrite) {
  const std::string folder = kFolder, pickle = pickle_of(tensors, texts);
  AtomicFile file(path, overwrite);
  ZipWriter zip(&file);
  zip.add(folder + "data.pkl", pickle);
  zip.add(folder + "byteorder", "little");
  int64_t storage = 0;
  for (const auto& [name, tensor] : tensors) {
    const int64_t bytes = element_count(tensor.shape, name) * element_size(tensor.type);
    zip.add(folder + "data/" + std::to_string(storage++),
            {static_cast<const char*>(tensor.data), static_cast<size_t>(bytes)});
  }
  zip.add(folder + "version", "3\n");
  zip.finish();
  file.commit();
}

}  // namespace mae::pth
