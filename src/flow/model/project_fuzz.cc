#include <cstddef>
#include <cstdint>
#include <string_view>

#include "flow/model/project.h"
#include "host/faulty_files.h"

// The input as a project's dbt_project.yml and as the .yml beside a model: whatever it says is told, never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (std::string_view project_yml : {std::string_view("name: fuzz\n"), text}) {
    host::FaultyFiles files(1);
    auto write = [&](const char* path, std::string_view content) {
      if (!files.make_dirs(host::parent(path)) || !host::write_file_atomically(files, path, as_bytes(content)))
        __builtin_trap();
    };
    write("/project/dbt_project.yml", project_yml);
    write("/project/models/m.sql", "select 1");
    write("/project/models/schema.yml", text);
    auto project = flow::model::read_project(files, "/project");
    if (!project && project.error().message.empty()) __builtin_trap();
  }
  return 0;
}
