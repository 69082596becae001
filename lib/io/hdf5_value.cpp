// Strings are stored with a fixed length because variable ones live in HDF5's global heap, which
// has no checksum.
#include "mae/io/hdf5_value.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "mae/base/error.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "shards are read and written in memory order, which must be little-endian"
#endif

namespace mae {
namespace {

constexpr ElementType kStoredTypes[] = {
    ElementType::kUint8,   ElementType::kInt8,    ElementType::kUint16,
    ElementType::kInt16,   ElementType::kInt32,   ElementType::kInt64,
    ElementType::kFloat16, ElementType::kFloat32, ElementType::kFloat64};

constexpr int64_t kMaxAttributeBytes = int64_t{64} << 20;

// IEEE half precision; HDF5 before 1.14 has no predefined type for it.
Hdf5Handle half_type() {
  Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  // The fields must lie inside the new size before it shrinks, and the bias follows the exponent.
  if (H5Tset_fields(type.get(), 15, 10, 5, 0, 10) < 0 || H5Tset_size(type.get(), 2) < 0 ||
      H5Tset_ebias(type.get(), 15) < 0) {
    throw std::logic_error("the HDF5 library refuses a half precision type");
  }
  return type;
}

hid_t predefined_type(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return H5T_STD_U8LE;
    case ElementType::kInt8:
      return H5T_STD_I8LE;
    case ElementType::kUint16:
      return H5T_STD_U16LE;
    case ElementType::kInt16:
      return H5T_STD_I16LE;
    case ElementType::kInt32:
      return H5T_STD_I32LE;
    case ElementType::kInt64:
      return H5T_STD_I64LE;
    case ElementType::kFloat32:
      return H5T_IEEE_F32LE;
    case ElementType::kFloat64:
      return H5T_IEEE_F64LE;
    default:
      return -1;
  }
}

void write_raw(hid_t object, const std::string& name, const Hdf5Handle& type,
               const Hdf5Handle& space, const void* data, const std::string& where) {
  const Hdf5Handle attribute(
      H5Acreate2(object, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  if (!attribute.valid() || H5Awrite(attribute.get(), type.get(), data) < 0) {
    throw ResourceError("attribute " + name + " cannot be written: " + last_hdf5_failure().reason,
                        where);
  }
}

Hdf5Handle scalar_space() { return {H5Screate(H5S_SCALAR), H5Sclose}; }

template <typename T>
void write_list(hid_t object, const std::string& name, const nlohmann::json& value,
                ElementType type, const std::string& where) {
  auto list = value.get<std::vector<T>>();
  const hsize_t size = list.size();
  list.reserve(1);  // HDF5 refuses a null pointer even for nothing
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  write_raw(object, name, hdf5_type(type), space, list.data(), where);
}

[[noreturn]] void refuse(const std::string& name, const std::string& what,
                         const std::string& where) {
  throw DataError("attribute " + name + " " + what, where);
}

struct AttributeShape {
  int64_t elements = 0, bytes = 0;  // bytes in the file
  bool is_scalar = false;
};

// Sizes are checked before anything is allocated: a few bytes of header can claim terabytes.
AttributeShape checked_shape(const Hdf5Handle& attribute, const Hdf5Handle& type,
                             const std::string& name, int64_t file_bytes,
                             const std::string& where) {
  const Hdf5Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!space.valid() || !type.valid())
    refuse(name, "is damaged: " + last_hdf5_failure().reason, where);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || rank > 1 || H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
    refuse(name, "is neither a scalar nor a list", where);
  }
  const hssize_t elements = H5Sget_simple_extent_npoints(space.get());
  const size_t size = H5Tget_size(type.get());
  const int64_t limit = std::min(file_bytes, kMaxAttributeBytes);
  int64_t bytes = 0;
  if (elements < 0 || size == 0 || size > static_cast<size_t>(limit) ||
      __builtin_mul_overflow(static_cast<int64_t>(elements), static_cast<int64_t>(size), &bytes) ||
      bytes > limit) {
    refuse(name, "claims more bytes than the file has", where);
  }
  return {static_cast<int64_t>(elements), bytes, rank == 0};
}

std::string read_string(const Hdf5Handle& attribute, const Hdf5Handle& type,
                        const AttributeShape& shape, const std::string& name,
                        const std::string& where) {
  if (H5Tis_variable_str(type.get()) > 0 || !shape.is_scalar) {
    throw DataError("attribute " + name + " is not one string of fixed length", where,
                    "in h5py write it as numpy.bytes_(text)");
  }
  std::string text(static_cast<size_t>(shape.bytes), '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) {
    refuse(name, "cannot be read: " + last_hdf5_failure().reason, where);
  }
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

template <typename T>
nlohmann::json read_numbers(const Hdf5Handle& attribute, hid_t memory_type,
                            const AttributeShape& shape, const std::string& name,
                            const std::string& where) {
  std::vector<T> numbers(static_cast<size_t>(shape.elements));
  if (shape.elements > 0 && H5Aread(attribute.get(), memory_type, numbers.data()) < 0) {
    refuse(name, "cannot be read: " + last_hdf5_failure().reason, where);
  }
  if (shape.is_scalar) return numbers.at(0);
  return numbers;
}

}  // namespace

Hdf5Handle hdf5_type(ElementType type) {
  if (type == ElementType::kFloat16) return half_type();
  const hid_t predefined = predefined_type(type);
  return predefined < 0 ? Hdf5Handle() : Hdf5Handle(H5Tcopy(predefined), H5Tclose);
}

std::optional<ElementType> element_type_of(hid_t type) {
  for (const ElementType candidate : kStoredTypes) {
    if (H5Tequal(type, hdf5_type(candidate).get()) > 0) return candidate;
  }
  return std::nullopt;
}

Hdf5Handle hdf5_text_type(size_t bytes) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  if (H5Tset_size(type.get(), std::max<size_t>(1, bytes)) < 0 ||
      H5Tset_strpad(type.get(), H5T_STR_NULLPAD) < 0 ||
      H5Tset_cset(type.get(), H5T_CSET_UTF8) < 0) {
    throw std::logic_error("the HDF5 library refuses a string type");
  }
  return type;
}

void write_attribute(hid_t object, const std::string& name, const nlohmann::json& value,
                     const std::string& where) {
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    throw std::logic_error("attribute " + name + " does not fit int64");
  }
  if (value.is_boolean() || value.is_number_integer()) {
    const int64_t number = value.is_boolean() ? value.get<bool>() : value.get<int64_t>();
    write_raw(object, name, hdf5_type(ElementType::kInt64), scalar_space(), &number, where);
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    write_raw(object, name, hdf5_type(ElementType::kFloat64), scalar_space(), &number, where);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    // c_str() has at least one byte, which an empty string needs.
    write_raw(object, name, hdf5_text_type(text.size()), scalar_space(), text.c_str(), where);
  } else if (value.is_array() && std::all_of(value.begin(), value.end(), [](const auto& item) {
               return item.is_number_integer();
             })) {
    write_list<int64_t>(object, name, value, ElementType::kInt64, where);
  } else if (value.is_array() && std::all_of(value.begin(), value.end(),
                                             [](const auto& item) { return item.is_number(); })) {
    write_list<double>(object, name, value, ElementType::kFloat64, where);
  } else {
    throw std::logic_error("attribute " + name +
                           " is neither a number, a string nor a list of numbers");
  }
}

nlohmann::json read_attribute(hid_t object, const std::string& name, int64_t file_bytes,
                              const std::string& where) {
  const htri_t exists = H5Aexists(object, name.c_str());
  if (exists == 0) refuse(name, "is missing", where);
  const Hdf5Handle attribute(exists < 0 ? -1 : H5Aopen(object, name.c_str(), H5P_DEFAULT),
                             H5Aclose);
  if (!attribute.valid()) refuse(name, "is damaged: " + last_hdf5_failure().reason, where);
  const Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const AttributeShape shape = checked_shape(attribute, type, name, file_bytes, where);
  switch (H5Tget_class(type.get())) {
    case H5T_STRING:
      return read_string(attribute, type, shape, name, where);
    case H5T_INTEGER:
      return read_numbers<int64_t>(attribute, H5T_NATIVE_INT64, shape, name, where);
    case H5T_FLOAT:
      return read_numbers<double>(attribute, H5T_NATIVE_DOUBLE, shape, name, where);
    default:
      refuse(name, "is neither text nor a number", where);
  }
}

std::vector<std::string> attribute_names(hid_t object, const std::string& where) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, collect, &names) < 0) {
    throw DataError("its attributes are damaged: " + last_hdf5_failure().reason, where);
  }
  return names;
}

}  // namespace mae
