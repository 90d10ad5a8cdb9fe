#include "catalog/catalog.h"

#include <fmt/format.h>

#include "catalog/lake.h"
#include "catalog/queue.h"

namespace tarn::catalog {
namespace {

class SqliteCatalog final : public Catalog {
 public:
  explicit SqliteCatalog(host::Files& files) : reader_(files) {}

  Result<void> open(host::Host host, const host::Path& data, const CatalogOptions& options) {
    TARN_ASSIGN(queue_, Queue::open(host, data, options, reader_));
    return {};
  }

  std::shared_ptr<const State> state() const override { return queue_->state(); }
  Result<void> health() const override { return queue_->health(); }

  Result<void> create_namespace(const std::string& name) override {
    return run([&](Draft& draft) { return draft.create_namespace(name); });
  }

  Result<TablePtr> create_table(const TableName& name, std::vector<table::Field> fields,
                                const std::map<std::string, std::string>& properties) override {
    TableUuid uuid;
    TARN_TRY(run([&](Draft& draft) -> Result<void> {
      TARN_ASSIGN(uuid, draft.create_table(name, fields, properties));
      return {};
    }));
    TablePtr table = state()->find(uuid);
    if (!table)
      return fail(Code::kConflict, fmt::format("table {} was made, and dropped at once by another", to_string(name)));
    return table;
  }

  Result<void> drop_table(const TableName& name) override {
    return run([&](Draft& draft) { return draft.drop_table(name); });
  }

  Result<Committed> commit(const Commit& commit) override {
    return queue_->run([&](Draft& draft) { return draft.commit(commit); });
  }

  Result<void> bind(const Binding& binding) override {
    return run([&](Draft& draft) { return draft.bind(binding); });
  }

  Result<std::shared_ptr<const std::vector<table::DataFile>>> data_files(const TableState& table) override;

 private:
  template <class Intent>
  Result<void> run(Intent intent) {
    auto done = queue_->run([&](Draft& draft) -> Result<Committed> {
      TARN_TRY(intent(draft));
      return Committed{.version = draft.version()};
    });
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  LakeReader reader_;
  std::unique_ptr<Queue> queue_;
};

Result<std::shared_ptr<const std::vector<table::DataFile>>> SqliteCatalog::data_files(const TableState& table) {
  auto snapshot = table.metadata->current_snapshot();
  if (!snapshot) return std::make_shared<const std::vector<table::DataFile>>();
  auto files = reader_.data_files(*snapshot);
  if (!files) return std::unexpected(std::move(files.error()).with_context("table " + to_string(table.name)));
  return files;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(host::Host host, const host::Path& data, const CatalogOptions& options) {
  if (data.empty() || data.front() != '/' || data.find_first_of("?#%") != host::Path::npos)
    return fail(
        Code::kInvalidArgument,
        fmt::format(
            "data folder {}: it must be absolute, without ?, # and %, which Iceberg readers take for parts of a URI",
            data));
  TARN_TRY(host.files.make_dirs(host::join(data, "lake")));
  auto catalog = std::make_unique<SqliteCatalog>(host.files);
  TARN_TRY(catalog->open(host, data, options));
  return catalog;
}

}  // namespace tarn::catalog
