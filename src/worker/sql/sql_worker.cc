#include "worker/sql/sql_worker.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

#include "engine/sql_protocol.h"
#include "host/logging.h"
#include "worker/sql/catalog.h"
#include "worker/sql/execution.h"
#include "worker/sql/runners.h"

namespace tarn::worker::sql {
namespace {

constexpr std::string_view kFolder = "worker/sql";

class SqlWorker {
 public:
  SqlWorker(host::Channel& channel, Database& database, CatalogTables& catalog)
      : channel_(channel),
        catalog_(catalog),
        zones_(database),
        service_{database, zones_, [this](const engine::SqlReply& reply) { send(reply); },
                 [] { std::_Exit(kExitBroken); }} {}

  int serve() {
    send(engine::Ready{});
    while (auto message = channel_.receive()) {
      Result<engine::SqlRequest> request = engine::decode_sql_request(message->payload);
      if (!request) {
        host::log_error(kFolder, "request_bad", {{"why", request.error().message}});
        return EXIT_FAILURE;
      }
      std::visit([&](auto& r) { handle(r, std::move(message->descriptors)); }, *request);
    }
    // Main is gone, or wants us gone: what still runs is of no use to anyone.
    std::lock_guard lock(mutex_);
    for (auto& [id, execution] : executions_) execution->close();
    return EXIT_SUCCESS;
  }

 private:
  using Descriptors = std::vector<host::Descriptor>;

  void send(const engine::SqlReply& reply) {
    (void)channel_.send(engine::encode(reply));  // if main is gone, receive() says so
  }

  std::shared_ptr<Execution> find(engine::ExecutionId id) {
    std::lock_guard lock(mutex_);
    auto found = executions_.find(id);
    return found == executions_.end() ? nullptr : found->second;
  }
  void forget(engine::ExecutionId id) {
    std::shared_ptr<Execution> last;  // destroyed after the lock is gone
    std::lock_guard lock(mutex_);
    auto found = executions_.find(id);
    if (found == executions_.end()) return;
    last = std::move(found->second);
    executions_.erase(found);
  }

  void handle(engine::Describe& request, Descriptors) {
    runners_.run([this, request = std::move(request)] { describe(service_, request); });
  }
  void handle(engine::Attach& request, Descriptors descriptors) {
    Descriptors& list = attached_[request.id];
    for (host::Descriptor& descriptor : descriptors) list.push_back(std::move(descriptor));
  }
  void handle(engine::Execute& request, Descriptors descriptors) {
    engine::ExecutionId id = request.id;
    Descriptors chunks = std::move(attached_[id]);
    attached_.erase(id);
    for (host::Descriptor& descriptor : descriptors) chunks.push_back(std::move(descriptor));
    auto execution = std::make_shared<Execution>(service_, std::move(request), std::move(chunks));
    {
      std::lock_guard lock(mutex_);
      executions_[id] = execution;
    }
    runners_.run([this, id, execution] {
      execution->start();
      if (execution->finished()) forget(id);
    });
  }
  void handle(engine::Fetch& request, Descriptors) {
    std::shared_ptr<Execution> execution = find(request.id);
    if (execution == nullptr || execution->finished()) return;
    runners_.run([this, id = request.id, max = request.max_rows, execution] {
      execution->fetch(max);
      if (execution->finished()) forget(id);
    });
  }
  void handle(engine::Credit& request, Descriptors) {
    if (auto execution = find(request.id)) execution->credit(request.bytes);
  }
  void handle(engine::Cancel& request, Descriptors) {
    if (auto execution = find(request.id)) execution->cancel();
  }
  void handle(engine::Close& request, Descriptors) {
    attached_.erase(request.id);
    if (auto execution = find(request.id)) execution->close();
    forget(request.id);  // one that runs keeps itself until it stopped
  }
  void handle(engine::CatalogImage& request, Descriptors) {
    if (auto filled = catalog_.show(request); !filled) {
      host::log_error(kFolder, "catalog_failed", {{"why", filled.error().message}});
    }
  }

  host::Channel& channel_;
  CatalogTables& catalog_;
  TimeZones zones_;
  Service service_;
  std::map<engine::ExecutionId, Descriptors> attached_;  // the receiving thread's
  std::mutex mutex_;
  std::map<engine::ExecutionId, std::shared_ptr<Execution>> executions_;
  Runners runners_;
};

}  // namespace

int run_sql_worker(host::Channel& channel, const DatabaseOptions& options) {
  Result<std::unique_ptr<Database>> database = Database::open(options);
  if (!database) {
    host::log_error(kFolder, "database_failed", {{"why", database.error().message}});
    return EXIT_FAILURE;
  }
  CatalogTables catalog(**database);
  if (auto made = catalog.make(); !made) {
    host::log_error(kFolder, "catalog_failed", {{"why", made.error().message}});
    return EXIT_FAILURE;
  }
  return SqlWorker(channel, **database, catalog).serve();
}

}  // namespace tarn::worker::sql
