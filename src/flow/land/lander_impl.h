// The landing thread's state and steps. lander.cc: the thread, its inbox and its worker; callers.cc: what statements
// and commands ask and wait for; topics.cc: which topics land where; leases.cc: decoding; flush.cc: files and commits;
// replace.cc: columns that become double.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "flow/land/lander.h"
#include "flow/land/work.h"

namespace tarn::flow::land {

inline constexpr Bytes kLeaseBytesMax{4u << 20};       // log bytes of one Decode
inline constexpr std::size_t kLeasesMax = 4;           // Decodes in flight: one running, the rest waiting at the worker
inline constexpr std::size_t kFlushChunksMax = 1000;   // of one flush
inline constexpr std::size_t kTableChunksMax = 128;    // un-landed chunks of a table that ask for a flush: a statement
                                                       // passes each one's descriptor, 250 a message at most
inline constexpr std::int64_t kInferRecords = 10'000;  // a topic's first window, if it comes before infer_wait
inline constexpr std::chrono::milliseconds kSyncEvery{50};  // fsync=never: the log is asked to sync no more often

// A barrier somebody waits for.
struct Barrier {
  std::map<log::TopicPartition, Offset> targets;
  std::condition_variable changed;
  bool done = false;  // guarded by LanderImpl::mutex_
};

// Whether its files are so few that they may be rewritten to replace a column: engine::kReplaceBytesMax.
bool is_small_enough_to_replace(const table::TableMetadata& metadata);

// What others may see of a topic; guarded by LanderImpl::published_mutex_.
struct Published {
  std::string name;
  bool deleted = false;
  bool off = false;
  std::optional<std::string> reason;
  std::optional<catalog::TableName> table;
  TableUuid table_uuid, dlq_uuid;  // zero while unbound
  catalog::BindingFormat format = catalog::BindingFormat::kJson;
  std::vector<Offset> decoded, landed, recovered;
};

class LanderImpl final : public Lander {
 public:
  LanderImpl(host::Host host, catalog::Catalog& catalog, tail::Tail& tail, StartWorker start_worker,
             LandOptions options);
  ~LanderImpl() override { stop(); }

  void start(log::Log& log) override;
  void stop() override;
  Result<void> land(const std::vector<std::string>& topics, host::MonotonicTime deadline,
                    std::stop_token gone) override;
  bool lands(const std::string& topic) const override;
  std::vector<TopicStatus> status() const override;

  void on_progress(const log::TopicPartition& partition, Offset high_watermark) override;
  void on_topics_changed() override;
  std::optional<Offset> landed_end(const log::TopicPartition& partition) const override;
  Waited wait_decoded(const std::vector<TableUuid>& tables, host::MonotonicTime deadline) override;
  bool wait_bound(const std::vector<catalog::TableName>& tables, host::MonotonicTime deadline) override;

 private:
  struct FromWorker {
    std::uint64_t generation = 0;
    std::optional<host::Message> message;  // none: it is gone
    std::string why;
  };
  // Filled by any thread, emptied by ours.
  struct Inbox {
    std::map<log::TopicPartition, Offset> progress;  // coalesced
    bool topics_changed = false;
    std::set<TopicId> bind_now;  // somebody waits for their tables
    std::deque<FromWorker> from_worker;
    std::vector<std::shared_ptr<Barrier>> barriers;
    bool empty() const {
      return progress.empty() && !topics_changed && bind_now.empty() && from_worker.empty() && barriers.empty();
    }
  };
  struct Lease {
    log::TopicPartition partition;
    std::shared_ptr<host::File> file;
    Offset from;
  };

  // lander.cc
  std::optional<TopicId> topic_of_new_table(TableUuid uuid) const;
  void run();
  bool wait_for_work(Inbox& inbox);
  std::optional<host::MonotonicTime> next_deadline();
  void handle(Inbox& inbox);
  void handle(FromWorker& event);
  void handle_reply(host::Message message);
  void worker_gone(const std::string& why);
  void check_worker();
  bool worker_is_asked() const { return worker_ && (!leases_.empty() || !writes_.empty() || is_rewriting()); }
  bool ensure_worker();
  bool send(const engine::LandRequest& request, std::span<const int> descriptors);
  void check_barriers();
  bool reached(const Barrier& barrier);
  bool barrier_wants(const log::TopicPartition& partition) const;
  void publish(const TopicWork& topic);
  TopicWork* find(TopicId id);
  host::MonotonicTime now() { return host_.clock.now(); }

  // topics.cc
  void reload_topics();
  void add_topic(const log::Topic& topic, bool deleted);
  void catch_up(TopicWork& topic);
  void adopt(TopicWork& topic, const catalog::Binding& binding);
  void forget_if_landed(TopicWork& topic);
  bool bind_without_looking(TopicWork& topic);
  Result<void> bind(TopicWork& topic, catalog::BindingFormat format, std::vector<table::Field> fields, bool declared);
  Result<std::shared_ptr<const catalog::TableState>> make_table(const catalog::TableName& name,
                                                                std::vector<table::Field> fields,
                                                                std::string_view property, const Uuid& owner);
  Result<void> ensure_dead_letters(TopicWork& topic);
  Result<void> widen(TopicWork& topic, std::vector<table::Field> fields);
  catalog::TableName table_name(const std::string& topic) const;
  void topic_failed(TopicWork& topic, const std::string& why);

  // leases.cc
  void lease_all();
  bool lease(TopicWork& topic, PartitionId id);
  bool ready_to_infer(TopicWork& topic, const PartitionWork& partition);
  Result<Offset> readable_end(TopicWork& topic, PartitionId id, PartitionWork& partition);
  Result<engine::Decode> decode_request(TopicWork& topic, PartitionId id, PartitionWork& partition);
  void on_decoded(const engine::Decoded& reply, std::vector<host::Descriptor> descriptors);
  void on_proposed(const engine::Proposed& reply);
  void on_failed(const engine::LandFailed& reply);
  std::optional<Lease> end_lease(LandRequestId id);
  Offset first_to_decode(const TopicWork& topic, PartitionId id) const;
  void restart_partition(TopicWork& topic, PartitionId id);
  tail::Source source_of(const TopicWork& topic, PartitionId id) const;

  // flush.cc
  void flush_all();
  void measure(TableUuid uuid, TableWork& work);
  bool due(TableUuid uuid, const TableWork& work);
  std::optional<TableUuid> largest_under_pressure() const;
  void begin_flush(TableUuid uuid, TableWork& work);
  Offset take_ranges(TableUuid uuid, TopicWork& topic, PartitionId id, const tail::TailState& tail, Flush& flush);
  Result<void> send_writes(Flush& flush);
  void on_written(const engine::Written& reply);
  void commit_flush(TableUuid uuid, TableWork& work);
  void flush_done(TableUuid uuid, TableWork& work);
  void flush_failed(TableUuid uuid, TableWork& work, const Error& error, bool files_may_be_live);
  bool write_failed(const engine::LandFailed& reply);

  // replace.cc
  bool note_replaced(const TopicWork& topic, const std::vector<table::Field>& proposed);
  bool is_replacing(const TopicWork& topic) const;
  bool is_rewriting() const;
  bool is_at_rest(TableUuid uuid);
  void replace_all();
  void begin_replacement(TableUuid uuid);
  Result<std::optional<Rewriting>> plan_rewriting(TableUuid uuid, const std::set<FieldId>& columns);
  void rewrite_next(TableUuid uuid);
  bool file_rewritten(const engine::Written& reply);
  bool rewrite_failed(const engine::LandFailed& reply);
  std::optional<TableUuid> table_of_rewrite(LandRequestId id) const;
  void commit_replacement(TableUuid uuid);
  void replacement_done(TableUuid uuid);
  void replacement_failed(TableUuid uuid, const Error& error);

  host::Host host_;
  catalog::Catalog& catalog_;
  tail::Tail& tail_;
  StartWorker start_worker_;
  LandOptions options_;
  log::Log* log_ = nullptr;

  // ---- of the landing thread
  std::map<TopicId, TopicWork> topics_;
  std::map<TableUuid, TableWork> tables_;
  std::set<log::TopicPartition> behind_;  // something to decode
  std::set<TableUuid> dirty_;             // something to flush
  std::map<LandRequestId, Lease> leases_;
  std::map<LandRequestId, TableUuid> writes_;
  std::map<TableUuid, Replacement> replacements_;
  std::optional<log::TopicPartition> last_leased_;  // for round robin
  std::uint64_t last_request_ = 0;
  std::unique_ptr<engine::WorkerProcess> worker_;
  std::uint64_t worker_generation_ = 0;
  host::MonotonicTime worker_heard_{};  // its last answer, or when it last had nothing to do
  Retry worker_retry_;
  std::vector<std::shared_ptr<Barrier>> barriers_;

  mutable std::mutex mutex_;  // inbox_, stopping_, Barrier::done
  std::condition_variable wake_;
  Inbox inbox_;
  bool stopping_ = false;

  mutable std::mutex published_mutex_;
  std::condition_variable decoded_moved_;
  std::map<TopicId, Published> published_;
  bool stopped_ = false;  // nothing will move any more

  std::thread thread_;
};

}  // namespace tarn::flow::land
