# ccache and mold are used when present: on two cores they decide whether a rebuild takes seconds or minutes.
find_program(MAE_CCACHE ccache)
if(MAE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${MAE_CCACHE})
endif()
find_program(MAE_MOLD mold)
if(MAE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
if(MAE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

if(MAE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

add_library(mae_warnings INTERFACE)
target_compile_options(mae_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra $<$<BOOL:${MAE_WARNINGS_AS_ERRORS}>:-Werror>>)
