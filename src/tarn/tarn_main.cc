#include <cstdio>
#include <string_view>

#include "tarn/commands.h"
#include "tarn/version.h"
#include "worker/run_worker.h"

namespace tarn::app {
namespace {

int run(const CommandLine& line) {
  if (auto* up = std::get_if<UpCommand>(&line.command)) return run_up(*up);
  if (auto* init = std::get_if<InitCommand>(&line.command)) return run_init(*init);
  if (auto* build = std::get_if<BuildCommand>(&line.command)) return run_build(*build);
  if (std::holds_alternative<VersionCommand>(line.command)) {
    std::printf("tarn %.*s\n", static_cast<int>(kVersion.size()), kVersion.data());
    return 0;
  }
  if (auto* completion = std::get_if<CompletionCommand>(&line.command)) return run_completion(*completion);
  if (auto* sql = std::get_if<SqlCommand>(&line.command)) return run_sql(line, *sql);
  if (auto* doctor = std::get_if<DoctorCommand>(&line.command)) return run_doctor(line, *doctor);
  return run_client(line);
}

}  // namespace
}  // namespace tarn::app

int main(int argc, char** argv) {
  // A worker's arguments are main's own words to it, not a person's.
  if (argc > 1 && std::string_view(argv[1]) == "worker") return tarn::worker::run_worker(argc, argv);
  auto parsed = tarn::app::parse_command_line(argc, argv);
  if (auto* code = std::get_if<int>(&parsed)) return *code;
  return tarn::app::run(std::get<tarn::app::CommandLine>(parsed));
}
