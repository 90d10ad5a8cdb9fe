#include "worker/run_worker.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "engine/worker_process.h"
#include "host/channel.h"
#include "host/files.h"
#include "host/logging.h"
#include "host/sandbox.h"
#include "worker/land/land_worker.h"
#include "worker/sql/sql_worker.h"

namespace tarn::worker {
namespace {

constexpr int kExitUsage = 2;

struct Arguments {
  std::string kind, data, temp;
  Bytes memory_max;
  int threads = 1;
};

template <class T>
bool parse_number(std::string_view text, T& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

std::optional<Arguments> parse(int argc, char** argv) {
  if (argc < 3) return std::nullopt;
  Arguments arguments{.kind = argv[2]};
  std::uint64_t memory = 0;
  for (int i = 3; i + 1 < argc; i += 2) {
    std::string_view name = argv[i], value = argv[i + 1];
    if (name == "--data") arguments.data = value;
    if (name == "--temp") arguments.temp = value;
    if (name == "--memory" && !parse_number(value, memory)) return std::nullopt;
    if (name == "--threads" && !parse_number(value, arguments.threads)) return std::nullopt;
  }
  arguments.memory_max = Bytes(memory);
  bool whole = !arguments.data.empty() && !arguments.temp.empty() && memory > 0 && arguments.threads > 0;
  return whole ? std::optional(arguments) : std::nullopt;
}

// DuckDB's share; the rest is for stacks, frames and what its buffer manager does not count.
Bytes duckdb_share(Bytes memory_max) { return Bytes(memory_max.count() / 4 * 3); }

Result<void> confine(host::Files& files, const Arguments& arguments) {
  host::Path lake = host::join(arguments.data, "lake");
  TARN_TRY(files.make_dirs(lake));  // made by the catalog too; a worker may be first
  host::Sandbox sandbox{.data_max = arguments.memory_max};
  sandbox.read_write.push_back(arguments.temp);
  // A landing worker writes data files; a SQL worker only reads them.
  (arguments.kind == "land" ? sandbox.read_write : sandbox.read_only).push_back(lake);
  if (arguments.kind == "land") sandbox.read_only.push_back(host::join(arguments.data, "log"));
  // DuckDB asks how much memory and how many processors it may have, and breaks if it can't.
  for (const char* path : {"/proc/self", "/proc/meminfo", "/sys/fs/cgroup"}) {
    TARN_ASSIGN(bool there, files.exists(path));
    if (there) sandbox.read_only.push_back(path);
  }
  TARN_ASSIGN(host::Confinement confinement, host::enter_sandbox(sandbox));
  host::log_debug("worker", "confined", {{"kind", arguments.kind}, {"landlock", confinement.landlock_version}});
  return {};
}

}  // namespace

int run_worker(int argc, char** argv) {
  std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments || (arguments->kind != "sql" && arguments->kind != "land")) {
    host::log_error("worker", "arguments_bad");
    return kExitUsage;
  }
  std::unique_ptr<host::Files> files = host::real_files();
  if (auto confined = confine(*files, *arguments); !confined) {
    host::log_error("worker", "confine_failed", {{"why", confined.error().message}});
    return EXIT_FAILURE;
  }
  host::Channel channel{host::Descriptor(engine::kWorkerChannelDescriptor)};
  if (arguments->kind == "land") {
    return land::run_land_worker(*files, channel,
                                 {.temp = arguments->temp, .memory_max = duckdb_share(arguments->memory_max)});
  }
  return sql::run_sql_worker(*files, channel,
                             {.lake = host::join(arguments->data, "lake"),
                              .temp = arguments->temp,
                              .memory_max = duckdb_share(arguments->memory_max),
                              .threads = arguments->threads});
}

}  // namespace tarn::worker
