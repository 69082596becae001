# One imported target per foreign package: mae::torch, mae::opencv, mae::hdf5, mae::jpeg, mae::zlib, mae::xxhash, mae::cli11,
# mae::spdlog, mae::json. Nothing is downloaded here; examples/quickstart and tests/run fetch what is missing.

include(MaeTorch)
include(MaeCuda)

find_package(Threads REQUIRED)

function(mae_imported name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;INCLUDES;DEFINITIONS" ${ARGN})
  add_library(mae_${name} INTERFACE)
  add_library(mae::${name} ALIAS mae_${name})
  target_link_libraries(mae_${name} INTERFACE ${ARG_LIBRARIES})
  target_include_directories(mae_${name} SYSTEM INTERFACE ${ARG_INCLUDES})
  target_compile_definitions(mae_${name} INTERFACE ${ARG_DEFINITIONS})
  install(TARGETS mae_${name} EXPORT maeTargets)
endfunction()

# Only the three modules that read, resize and write pictures, for the plugin that is loaded when they are needed: the others drag in
# protobuf and a slow BLAS, and these GDAL.
# Debian keeps OpenCVConfig.cmake in libopencv-dev, which installs all sixty modules, so the three are looked up by name.
find_path(MAE_OPENCV_INCLUDE opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc imgcodecs)
  find_library(MAE_OPENCV_${module} opencv_${module} REQUIRED)
endforeach()
mae_imported(opencv LIBRARIES ${MAE_OPENCV_imgcodecs} ${MAE_OPENCV_imgproc} ${MAE_OPENCV_core}
  INCLUDES $<BUILD_INTERFACE:${MAE_OPENCV_INCLUDE}>)

# Videos: a hundred libraries stand behind this one, so only the plugin that is loaded with the first video links it.
find_library(MAE_OPENCV_videoio opencv_videoio REQUIRED)
mae_imported(opencv_video LIBRARIES ${MAE_OPENCV_videoio} mae_opencv)

find_package(HDF5 1.10 REQUIRED COMPONENTS C)
mae_imported(hdf5 LIBRARIES ${HDF5_C_LIBRARIES} INCLUDES $<BUILD_INTERFACE:${HDF5_C_INCLUDE_DIRS}>)

find_package(JPEG REQUIRED)
mae_imported(jpeg LIBRARIES JPEG::JPEG)

# Checks PNG data before libpng sees them and reads the .gz files that MNIST and its relatives are shipped as.
find_package(ZLIB REQUIRED)
mae_imported(zlib LIBRARIES ZLIB::ZLIB)

find_path(MAE_XXHASH_INCLUDE xxhash.h REQUIRED)
mae_imported(xxhash INCLUDES $<BUILD_INTERFACE:${MAE_XXHASH_INCLUDE}> DEFINITIONS XXH_INLINE_ALL)

find_package(nlohmann_json 3 REQUIRED)
mae_imported(json LIBRARIES nlohmann_json::nlohmann_json)

find_package(CLI11 2 REQUIRED)
mae_imported(cli11 LIBRARIES CLI11::CLI11)

find_package(spdlog REQUIRED)
mae_imported(spdlog LIBRARIES spdlog::spdlog)

if(MAE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
