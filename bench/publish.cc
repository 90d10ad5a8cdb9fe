// catalog_bench FOLDER [ROUNDS]: what publishing, branches and history cost, on real files. Prints one line a figure:
// name, then milliseconds of each round.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "catalog/catalog.h"
#include "host/clock.h"
#include "host/files.h"
#include "host/random.h"

namespace {

using namespace tarn;

constexpr int kTables = 50;
constexpr int kOthers = 500;  // tables that stand by
constexpr int kRuns = 1000, kNodes = 20;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Bench {
 public:
  Bench(std::string folder, int rounds) : folder_(std::move(folder)), rounds_(rounds) {}

  void run() {
    open();
    figure("create_branch beside 1 table", [&](int round) { branch(round, "a"); });
    for (int i = 0; i < kOthers; ++i) build("main", "other" + std::to_string(i));
    figure("create_branch beside 500 tables", [&](int round) { branch(round, "b"); });
    figure(
        "publish of 50 tables, unchanged on main", [&](int) { must(catalog_->publish({.branch = "run"})); },
        [&](int) {
          must(catalog_->create_branch("run"));
          for (int i = 0; i < kTables; ++i) build("run", "model" + std::to_string(i));
        });
    history();
    catalog_.reset();
    figure("open with 1,000 runs of 20 nodes and 550 tables", [&](int) { open(); }, [&](int) { catalog_.reset(); });
    figure("the last 20 runs", [&](int) { must(catalog_->runs(20)); });
    figure("a node's state", [&](int) { must(catalog_->put_node(last_, {.name = "model1"})); });
  }

 private:
  void open() { catalog_ = must(catalog::Catalog::open({*files_, *clock_, *random_}, folder_)); }

  void branch(int round, const char* prefix) { must(catalog_->create_branch(prefix + std::to_string(round))); }

  void build(const std::string& branch, const std::string& name) {
    catalog::ReplaceTable replace{.name = {"public", name}, .or_replace = true};
    replace.fields = {{.name = "id", .type = {.kind = table::TypeKind::kLong}},
                      {.name = "name", .type = {.kind = table::TypeKind::kString}}};
    replace.files.push_back({.file_path = "file:///lake/" + name + "-" + std::to_string(++file_) + ".parquet",
                             .record_count = 1000,
                             .file_size_in_bytes = Bytes(100'000)});
    must(catalog_->commit({.branch = branch, .replaces = {replace}}));
  }

  void history() {
    for (int i = 0; i < kRuns; ++i) {
      last_ = must(catalog_->start_run("bench")).id;
      std::vector<catalog::RunNode> nodes(kNodes);
      for (int n = 0; n < kNodes; ++n)
        nodes[static_cast<std::size_t>(n)] = {.name = "model" + std::to_string(n),
                                              .compiled_sql = std::string(1000, 's')};
      must(catalog_->put_nodes(last_, nodes));
      if (i + 1 < kRuns) must(catalog_->finish_run({.id = last_, .state = catalog::RunState::kFailed}));
    }
  }

  void figure(const char* name, const std::function<void(int)>& timed, const std::function<void(int)>& before = {}) {
    std::printf("%s:", name);
    for (int round = 0; round < rounds_; ++round) {
      if (before) before(round);
      host::MonotonicTime begin = clock_->now();
      timed(round);
      std::printf(" %.3f", std::chrono::duration<double, std::milli>(clock_->now() - begin).count());
    }
    std::printf("\n");
  }

  std::string folder_;
  int rounds_;
  int file_ = 0;
  catalog::RunId last_;
  std::unique_ptr<host::Files> files_ = host::real_files();
  std::unique_ptr<host::Clock> clock_ = host::real_clock();
  std::unique_ptr<host::Random> random_ = host::real_random();
  std::unique_ptr<catalog::Catalog> catalog_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "catalog_bench FOLDER [ROUNDS]\n");
    return 2;
  }
  Bench(argv[1], argc > 2 ? std::max(std::atoi(argv[2]), 1) : 20).run();
}
