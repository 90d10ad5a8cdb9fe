# tarn_folder(NAME [DEPS folder...] [LIBS library...])
#
# Makes, from the folder's sources,
#   tarn_<name>        a static library of every .cc that is neither a test nor a fuzz target
#   <name>_test        its unit tests (*_test.cc), registered with ctest
#   <name>_<x>_fuzz    one per x_fuzz.cc when TARN_FUZZ is on
# DEPS are folders below (src/FLOORS holds the order; tools/tidy enforces it). A folder's name is its path, / as _.
function(tarn_folder NAME)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|main)\\.cc$")

  if(sources)
    add_library(tarn_${NAME} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(tarn_${NAME} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(tarn_${NAME} ${scope} ${CMAKE_SOURCE_DIR}/src)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(tarn_${NAME} ${scope} tarn_${dep})
  endforeach()
  target_link_libraries(tarn_${NAME} ${scope} ${ARG_LIBS})

  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE tarn_test_main tarn_${NAME} ${ARG_TEST_LIBS})
    foreach(dep ${ARG_TEST_DEPS})
      target_link_libraries(${NAME}_test PRIVATE tarn_${dep})
    endforeach()
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    set_property(GLOBAL APPEND PROPERTY TARN_UNIT_TESTS ${NAME}_test)
  endif()

  if(TARN_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(stem ${fuzzer} NAME_WE)
      add_executable(${NAME}_${stem} ${fuzzer})
      target_link_libraries(${NAME}_${stem} PRIVATE tarn_${NAME})
      target_link_options(${NAME}_${stem} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY TARN_FUZZERS ${NAME}_${stem})
    endforeach()
  endif()
endfunction()
