// Reference vectors through the plain HDF5 C interface; handles close themselves.
#include "support/reference_file.h"

#include <hdf5.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mae::test {
namespace {

class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id < 0) throw std::runtime_error("cannot read " + what);
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

std::vector<int64_t> extents(hid_t space);
std::string string_attribute(hid_t attribute, hid_t type, const std::string& where);

}  // namespace

ReferenceFile::ReferenceFile(const std::string& path) : path_(path) {
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) throw std::runtime_error("cannot open " + path);
}

ReferenceFile::~ReferenceFile() { H5Fclose(file_); }

std::vector<double> ReferenceFile::numbers(const std::string& dataset) const {
  const std::string where = path_ + ":" + dataset;
  const Handle data(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose, where);
  const Handle space(H5Dget_space(data), H5Sclose, where);
  std::vector<double> out(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  if (H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) < 0)
    throw std::runtime_error("cannot read numbers of " + where);
  return out;
}

std::vector<int64_t> ReferenceFile::shape(const std::string& dataset) const {
  const std::string where = path_ + ":" + dataset;
  const Handle data(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose, where);
  const Handle space(H5Dget_space(data), H5Sclose, where);
  return extents(space);
}

std::string ReferenceFile::attribute(const std::string& object, const std::string& name) const {
  const std::string where = path_ + ":" + object + "@" + name;
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      where);
  const Handle type(H5Aget_type(attribute), H5Tclose, where);
  if (H5Tget_class(type) == H5T_STRING) return string_attribute(attribute, type, where);
  const Handle space(H5Aget_space(attribute), H5Sclose, where);
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  // numpy's booleans are an enumeration, which HDF5 does not convert to a floating type by itself.
  if (H5Tget_class(type) == H5T_ENUM) {
    if (values.size() != 1 || H5Tget_size(type) != 1)
      throw std::runtime_error("unexpected enumeration at " + where);
    signed char flag = 0;
    if (H5Aread(attribute, type, &flag) < 0) throw std::runtime_error("cannot read " + where);
    values[0] = flag;
  } else if (H5Aread(attribute, H5T_NATIVE_DOUBLE, values.data()) < 0) {
    throw std::runtime_error("cannot read " + where);
  }
  std::string text;
  for (const double value : values) {
    const bool whole = value == static_cast<double>(static_cast<int64_t>(value));
    text += (text.empty() ? "" : ",");
    text += whole ? std::to_string(static_cast<int64_t>(value)) : nlohmann::json(value).dump();
  }
  return text;
}

double ReferenceFile::attribute_number(const std::string& object, const std::string& name) const {
  return std::stod(attribute(object, name));
}

bool ReferenceFile::has(const std::string& object) const {
  // Each step of the path is asked for: HDF5 reports a missing parent as an error and prints it.
  for (size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    const std::string part = object.substr(0, end);
    if (part != "/" && H5Lexists(file_, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<std::string> ReferenceFile::children(const std::string& group) const {
  const std::string where = path_ + ":" + group;
  const Handle handle(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose, where);
  H5G_info_t info;
  if (H5Gget_info(handle, &info) < 0) throw std::runtime_error("cannot list " + where);
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t length =
        H5Lget_name_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) throw std::runtime_error("cannot list " + where);
    std::string name(static_cast<size_t>(length), '\0');
    H5Lget_name_by_idx(handle, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1,
                       H5P_DEFAULT);
    names.push_back(name);
  }
  return names;
}

namespace {

std::vector<int64_t> extents(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> sizes(static_cast<size_t>(std::max(rank, 0)));
  if (rank > 0) H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
}

std::string string_attribute(hid_t attribute, hid_t type, const std::string& where) {
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute, type, &text) < 0) throw std::runtime_error("cannot read " + where);
    const std::string out = text ? text : "";
    H5free_memory(text);
    return out;
  }
  std::string out(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, out.data()) < 0) throw std::runtime_error("cannot read " + where);
  return out.c_str();  // ends at the padding
}

}  // namespace
}  // namespace mae::test
