# Everything we link that is not ours: Debian's by name, DuckDB from the pinned package that tools/setup unpacks.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(tarn_system_library NAME)
  add_library(${NAME} INTERFACE)
  target_link_libraries(${NAME} INTERFACE ${ARGN})
endfunction()

tarn_system_library(lib_fmt fmt)
tarn_system_library(lib_spdlog spdlog fmt)
target_compile_definitions(lib_spdlog INTERFACE SPDLOG_COMPILED_LIB SPDLOG_SHARED_LIB SPDLOG_FMT_EXTERNAL)
tarn_system_library(lib_sqlite sqlite3)
tarn_system_library(lib_simdjson simdjson)
tarn_system_library(lib_codecs z zstd lz4 snappy)
tarn_system_library(lib_yaml yaml-cpp)
tarn_system_library(lib_pg_query pg_query protobuf-c)
tarn_system_library(lib_prometheus prometheus-cpp-core)
tarn_system_library(lib_crypto crypto)
tarn_system_library(lib_edit edit)

# DuckDB, statically: tools/setup leaves header and archives here. One folder for all builds of a machine.
if(DEFINED ENV{XDG_CACHE_HOME})
  set(tarn_cache $ENV{XDG_CACHE_HOME}/tarn)
else()
  set(tarn_cache $ENV{HOME}/.cache/tarn)
endif()
set(TARN_DUCKDB ${tarn_cache}/duckdb-1.5.5 CACHE PATH "folder with duckdb.h and libduckdb_static.a")
set(TARN_DUCKDB_SHARED ${tarn_cache}/duckdb-shared-1.5.5 CACHE PATH "folder with libduckdb.so, for TSan builds")
add_library(lib_duckdb INTERFACE)
target_include_directories(lib_duckdb SYSTEM INTERFACE ${TARN_DUCKDB})
if(TARN_SANITIZE MATCHES "thread")
  # TSan takes an uninstrumented archive's locks for races; a shared library it can be told to leave out
  # (ignore_noninstrumented_modules=1).
  target_link_libraries(lib_duckdb INTERFACE ${TARN_DUCKDB_SHARED}/libduckdb.so Threads::Threads)
else()
  target_link_directories(lib_duckdb INTERFACE ${TARN_DUCKDB})
  target_link_libraries(lib_duckdb INTERFACE
    -Wl,--start-group -lduckdb_static -lduckdb_generated_extension_loader -lautocomplete_extension
    -lcore_functions_extension -licu_extension -ljson_extension -lparquet_extension -ltpcds_extension -ltpch_extension
    -lduckdb_fastpforlib -lduckdb_fmt -lduckdb_fsst -lduckdb_hyperloglog -lduckdb_mbedtls -lduckdb_miniz
    -lduckdb_pg_query -lduckdb_re2 -lduckdb_skiplistlib -lduckdb_utf8proc -lduckdb_yyjson -lduckdb_zstd
    -Wl,--end-group dl m Threads::Threads)
endif()
