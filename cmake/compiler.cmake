# Warnings are errors; asserts stay on (our own, see base/assert.h); paths in the build never name this machine.
add_compile_options(
  -Wall -Wextra -Werror -Wshadow -Wno-c23-extensions -Wno-missing-designated-field-initializers -Wno-missing-field-initializers
  -fno-omit-frame-pointer
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
add_link_options(-fuse-ld=lld)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

# TARN_SANITIZE: empty, "address,undefined", "thread", or "fuzzer-no-link,address,undefined".
set(TARN_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them")
if(TARN_SANITIZE)
  add_compile_options(-fsanitize=${TARN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TARN_SANITIZE})
endif()
option(TARN_FUZZ "build the fuzz targets (*_fuzz.cc)" OFF)

# Beast and Asio: compiled once in doors/http/asio_impl.cc, declared elsewhere.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)

