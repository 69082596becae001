# Helpers, one for each kind of target. Sources are listed, never globbed.

# A file that sees LibTorch spends two thirds of its time in headers, so that some are compiled as one. Names without linkage must
# then differ within a folder. -DMAE_UNITY=OFF compiles each alone: what tells a missing #include, and what editors want.
function(mae_compile_together target together)
  if(together AND MAE_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# mae_library(NAME [TOGETHER] SOURCES a.cpp ... [PUBLIC targets] [PRIVATE targets]) makes mae_NAME from lib/NAME.
# What a folder may include is what its target links: a wrong arrow does not compile against a missing include path.
function(mae_library name)
  cmake_parse_arguments(ARG "TOGETHER" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(mae_${name} STATIC ${ARG_SOURCES})
  mae_compile_together(mae_${name} ${ARG_TOGETHER})
  add_library(mae::${name} ALIAS mae_${name})
  set_target_properties(mae_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(mae_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include/${name}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Headers are seen as "mae/NAME/header.h" through one link per folder, so that only linked folders can be included.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/${name}/mae)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/include/${name}/mae/${name} SYMBOLIC)
  target_compile_features(mae_${name} PUBLIC cxx_std_17)
  target_link_libraries(mae_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:mae_warnings>)
  install(TARGETS mae_${name} EXPORT maeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mae/${name}
    FILES_MATCHING PATTERN "*.h")
endfunction()

list(APPEND CMAKE_BUILD_RPATH ${PROJECT_BINARY_DIR}/lib)
list(APPEND CMAKE_INSTALL_RPATH $ORIGIN/../${CMAKE_INSTALL_LIBDIR}/mae)

# mae_plugin(mae_video SOURCES a.cpp LINK targets) makes libmae_video.so, which programs find by their run path.
function(mae_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_BINARY_DIR}/include/media)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} mae_warnings)
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mae)
endfunction()

# mae_tool(mae-mask) makes the program from tools/mae-mask.cpp.
function(mae_tool name)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE ${ARGN} $<BUILD_INTERFACE:mae_warnings>)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# mae_test(masking [TOGETHER] random_masking_test ... LINK mae::masking) makes one program per folder of tests/.
function(mae_test folder)
  cmake_parse_arguments(ARG "TOGETHER" "" "LINK" ${ARGN})
  list(TRANSFORM ARG_UNPARSED_ARGUMENTS APPEND .cpp OUTPUT_VARIABLE sources)
  add_executable(${folder}_test ${sources})
  mae_compile_together(${folder}_test ${ARG_TOGETHER})
  set_target_properties(${folder}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${folder}_test PRIVATE ${ARG_LINK} GTest::gtest_main $<BUILD_INTERFACE:mae_warnings>)
  target_compile_definitions(${folder}_test PRIVATE MAE_TESTS_DIR="${PROJECT_SOURCE_DIR}/tests"
    MAE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  add_test(NAME ${folder} COMMAND ${folder}_test)
  set_tests_properties(${folder} PROPERTIES LABELS fast TIMEOUT 600)
endfunction()
