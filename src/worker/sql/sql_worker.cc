#include "worker/sql/sql_worker.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

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
  SqlWorker(host::Files& files, host::Channel& channel, Database& database, CatalogTables& catalog)
      : channel_(channel),
        zones_(database),
        service_{files,
                 database,
                 catalog,
                 zones_,
                 [this](const engine::SqlReply& reply) { send(reply); },
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

  // What `statement` is to see of pg_catalog.
  Image image_for(const engine::Statement& statement) const { return statement.reads_catalog ? image_ : nullptr; }

  void handle(engine::Describe& request, Descriptors) {
    Image image = image_for(request.statement);
    runners_.run([this, request = std::move(request), image] { describe(service_, request, image); });
  }
  void handle(engine::Attach& request, Descriptors descriptors) {
    Descriptors& list = attached_[request.id];
    for (host::Descriptor& descriptor : descriptors) list.push_back(std::move(descriptor));
  }
  void handle(engine::Execute& request, Descriptors descriptors) { begin(request, std::move(descriptors)); }
  void handle(engine::Store& request, Descriptors descriptors) {
    stored_[request.id] = request.path;
    begin(request, std::move(descriptors));
  }
  template <class Request>
  void begin(Request& request, Descriptors descriptors) {
    engine::ExecutionId id = request.id;
    Descriptors chunks = std::move(attached_[id]);
    attached_.erase(id);
    for (host::Descriptor& descriptor : descriptors) chunks.push_back(std::move(descriptor));
    Image image = image_for(request.statement);
    auto execution = std::make_shared<Execution>(service_, std::move(request), std::move(chunks), std::move(image));
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
    auto stored = stored_.find(request.id);
    if (stored == stored_.end()) return;
    std::ignore = service_.files.remove(stored->second);  // gone already, if main took it
    stored_.erase(stored);
  }
  void handle(engine::CatalogImage& request, Descriptors) {
    image_ = std::make_shared<const engine::CatalogImage>(std::move(request));
  }

  host::Channel& channel_;
  TimeZones zones_;
  Service service_;
  // The receiving thread's.
  std::map<engine::ExecutionId, Descriptors> attached_;
  std::map<engine::ExecutionId, std::string> stored_;  // files of Stores until they are closed
  Image image_;                                        // the last that came
  std::mutex mutex_;
  std::map<engine::ExecutionId, std::shared_ptr<Execution>> executions_;
  Runners runners_;
};

}  // namespace

int run_sql_worker(host::Files& files, host::Channel& channel, const DatabaseOptions& options) {
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
  return SqlWorker(files, channel, **database, catalog).serve();
}

}  // namespace tarn::worker::sql
