# cmake --install: programs, libraries and headers, the CMake package, man pages, completions, recipes and documents.
include(CMakePackageConfigHelpers)

install(EXPORT maeTargets NAMESPACE mae:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mae)
configure_package_config_file(share/cmake/maeConfig.cmake.in ${PROJECT_BINARY_DIR}/maeConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mae)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/maeConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/maeConfig.cmake ${PROJECT_BINARY_DIR}/maeConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mae)
foreach(section 1 5 7)
  install(DIRECTORY man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} FILES_MATCHING PATTERN "*.${section}")
endforeach()
install(DIRECTORY share/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/mae)
install(FILES share/completions/mae.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mae)
install(FILES share/completions/_mae DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES share/completions/mae.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# bash and fish look for a file named after the command, so each tool gets the same one under its name.
foreach(tool patchify mask pretrain encode reconstruct probe finetune convert info)
  install(FILES share/completions/mae.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME mae-${tool})
  install(FILES share/completions/mae.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    RENAME mae-${tool}.fish)
endforeach()
install(FILES README.md LICENSE share/doc/ARCHITECTURE.md share/doc/CHANGELOG.md
  share/doc/RELIABILITY.md share/doc/SCALING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
