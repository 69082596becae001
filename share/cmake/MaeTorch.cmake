# mae::torch, the CPU half of LibTorch: libtorch_cpu and libc10.
#
# find_package(Torch) of a CUDA wheel needs the whole CUDA Toolkit at configure time and links every CUDA library, so the
# two libraries are imported directly; it configures in a fifth of a second and works with no toolkit at all.
# Searched in this order: CMAKE_PREFIX_PATH, then build/deps/libtorch, where tests/run and examples/quickstart put it.

find_path(MAE_TORCH_ROOT include/torch/csrc/api/include/torch/torch.h
  PATHS ${CMAKE_PREFIX_PATH} ${PROJECT_SOURCE_DIR}/build/deps/libtorch
  PATH_SUFFIXES . torch libtorch lib/python3/dist-packages/torch
  NO_DEFAULT_PATH
  DOC "Folder of LibTorch that holds include/ and lib/")
if(NOT MAE_TORCH_ROOT)
  message(FATAL_ERROR "LibTorch was not found. Run examples/quickstart or tests/run once, which install it into "
    "build/deps/libtorch, or give its folder with -DCMAKE_PREFIX_PATH=/path/to/libtorch.")
endif()
message(STATUS "LibTorch: ${MAE_TORCH_ROOT}")

add_library(mae_torch INTERFACE)
add_library(mae::torch ALIAS mae_torch)
target_include_directories(mae_torch SYSTEM INTERFACE
  $<BUILD_INTERFACE:${MAE_TORCH_ROOT}/include>
  $<BUILD_INTERFACE:${MAE_TORCH_ROOT}/include/torch/csrc/api/include>)
# at::parallel_for is header code: without -fopenmp it silently runs on one thread.
target_compile_options(mae_torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
# Without AT_PER_OPERATOR_HEADERS, one operator's header includes those of all two thousand: 3 s more a file.
target_compile_definitions(mae_torch INTERFACE AT_PER_OPERATOR_HEADERS USE_DISTRIBUTED USE_C10D_GLOO)
# libtorch_cpu must come before anything that reaches libblas (OpenCV does): it exports MKL's sgemm_, and the reference
# BLAS is 17 times slower. mae::torch therefore stands first in every target that links both; a test asserts it.
find_library(MAE_TORCH_CPU torch_cpu PATHS ${MAE_TORCH_ROOT}/lib NO_DEFAULT_PATH REQUIRED)
find_library(MAE_C10 c10 PATHS ${MAE_TORCH_ROOT}/lib NO_DEFAULT_PATH REQUIRED)
file(GLOB MAE_TORCH_GOMP ${MAE_TORCH_ROOT}/lib/libgomp*.so*)
target_link_libraries(mae_torch INTERFACE -Wl,--no-as-needed ${MAE_TORCH_CPU} ${MAE_C10} ${MAE_TORCH_GOMP} -Wl,--as-needed)
install(TARGETS mae_torch EXPORT maeTargets)
list(APPEND CMAKE_INSTALL_RPATH ${MAE_TORCH_ROOT}/lib)

# c10d's Gloo comes inside libtorch_cpu, but its header asks for Gloo's own ones, which the wheel lacks. Any version of
# them will do: they only declare what is passed through. Without them everything works but several processes.
find_path(MAE_GLOO_INCLUDE gloo/rendezvous/store.h)
if(MAE_GLOO_INCLUDE)
  message(STATUS "Several processes: yes, with the headers of Gloo in ${MAE_GLOO_INCLUDE}")
else()
  message(STATUS "Several processes: no, for want of Gloo's headers (Debian: libgloo-dev)")
endif()
