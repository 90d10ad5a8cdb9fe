#include "flow/publish/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <thread>

#include "flow/model/check_sql.h"

namespace tarn::flow::publish {

using catalog::RunNode;
using catalog::RunState;
using model::NodeKind;
using model::PlanNode;

namespace {

std::int64_t ms_between(host::MonotonicTime from, host::MonotonicTime to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Where the SQL has what an error without a position names: column "fair" does not exist. 0 if it names nothing.
std::size_t named_position(const std::string& message, const std::string& sql) {
  std::size_t begin = message.find('"');
  std::size_t end = message.find('"', begin + 1);
  if (begin == std::string::npos || end == std::string::npos) return 0;
  std::string name = message.substr(begin + 1, end - begin - 1);
  if (name.empty()) return 0;
  for (std::size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
    bool starts = at == 0 || !is_word(sql[at - 1]),
         ends = at + name.size() >= sql.size() || !is_word(sql[at + name.size()]);
    if (!starts || !ends) continue;
    auto before = std::string_view(sql).substr(0, at);
    return 1 +
           static_cast<std::size_t>(std::ranges::count_if(before, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
  }
  return 0;
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What is wrong with the call, as opposed to with Tarn.
bool is_callers(Code code) {
  return code == Code::kInvalidArgument || code == Code::kNotFound || code == Code::kUnsupported ||
         code == Code::kDenied;
}

RunNodeState verdict(const PlanNode& test, std::int64_t failing) {
  if (test.severity == model::Severity::kError && test.error_if.holds(failing)) return RunNodeState::kFailed;
  return test.warn_if.holds(failing) ? RunNodeState::kWarn : RunNodeState::kOk;
}

}  // namespace

Run::Run(host::Clock& clock, catalog::Catalog& catalog, Workshop& workshop, const model::Plan& plan, const Tell& tell,
         std::stop_token gone)
    : clock_(clock),
      catalog_(catalog),
      workshop_(workshop),
      plan_(plan),
      tell_(tell),
      gone_(std::move(gone), [this] { stop_.request_stop(); }),
      began_(clock.now()),
      schedule_(plan) {}

End Run::go() {
  if (auto end = prepare()) return *end;
  if (auto end = begin()) return *end;
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < kNodesAtOnce; ++i) threads.emplace_back([this] { work(); });
    work();
  }
  return finish();
}

std::optional<End> Run::prepare() {
  if (plan_.nodes.empty()) return ended("refused", Exit::kRefused, "the plan has nothing to build");
  auto topics = check_before_landing(plan_, *catalog_.state());
  if (!topics) return ended(topics.error());
  // One that is gone or does not land any more: its table is as it is.
  TopicsRead read = topics_read(plan_, *catalog_.state());
  std::set<std::string> named(topics->begin(), topics->end()), all = named;
  for (const std::string& topic : read.landed)
    if (workshop_.lands(topic)) named.insert(topic);
  for (const std::string& topic : read.to_come)
    if (workshop_.lands(topic)) all.insert(topic);
  all.insert(named.begin(), named.end());
  auto land = [&](const std::set<std::string>& names) {
    return workshop_.land({names.begin(), names.end()}, stop_.get_token());
  };
  if (!all.empty()) tell(landing_event({all.begin(), all.end()}));
  auto landed = all.empty() ? Result<void>() : land(all);
  // What may be there only by its name is told later, if it is not there then.
  if (!landed && landed.error().code == Code::kTimeout && all != named)
    landed = named.empty() ? Result<void>() : land(named);
  if (!landed) return ended(std::move(landed).error().with_context("landing the sources"));
  auto unasked = check_after_landing(plan_, *catalog_.state());
  if (!unasked) return ended(unasked.error());
  unasked_ = std::move(*unasked);
  return std::nullopt;
}

Result<void> Run::make_namespaces() {
  std::set<std::string> wanted;
  for (const PlanNode& node : plan_.nodes)
    if (node.kind == NodeKind::kModel) wanted.insert(node.relation.schema);
  for (const std::string& name : catalog_.state()->namespaces()) wanted.erase(name);
  for (const std::string& name : wanted)
    if (auto made = catalog_.create_namespace(name); !made && made.error().code != Code::kAlreadyExists) return made;
  return {};
}

std::optional<End> Run::begin() {
  if (auto made = make_namespaces(); !made) return ended(made.error());
  auto run = catalog_.start_run(plan_.project);
  if (!run) return ended(run.error());
  id_ = run->id;
  branch_ = catalog::branch_of(run->id);
  auto branch = catalog_.create_branch(branch_);
  Result<void> ready = branch ? put_all() : std::unexpected(branch.error());
  if (!ready) {
    (void)catalog_.finish_run({*id_, RunState::kFailed, ready.error().message});
    return ended("failed", Exit::kPlatform, ready.error().message);
  }
  tell(run_event(*id_, plan_.nodes.size()));
  for (const Unasked& each : unasked_) {
    RunNode skipped = record(each.node, RunNodeState::kSkipped);
    skipped.message = each.why;
    tell(node_event(skipped, {}));
  }
  return std::nullopt;
}

Result<void> Run::put_all() {
  for (const Unasked& each : unasked_) schedule_.skip(each.node);
  std::vector<RunNode> nodes;
  for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
    nodes.push_back(record(i, schedule_.state(i)));
    for (const Unasked& each : unasked_)
      if (each.node == i) nodes.back().message = each.why;
  }
  return catalog_.put_nodes(*id_, nodes);
}

RunNode Run::record(std::size_t node, RunNodeState state) const {
  const PlanNode& planned = plan_.nodes[node];
  RunNode record{.name = planned.name,
                 .kind = planned.kind == NodeKind::kModel ? catalog::RunNodeKind::kModel : catalog::RunNodeKind::kTest,
                 .state = state,
                 .compiled_sql = planned.sql,
                 .file = planned.file};
  if (planned.kind == NodeKind::kModel) {
    record.materialized = model::to_string(planned.materialized);
    record.relation = catalog::to_string(catalog::TableName{planned.relation.schema, planned.relation.name});
  }
  return record;
}

// The end of one node and the begin of the next are one transaction: a history costs each node one.
void Run::work() {
  std::vector<RunNode> news;
  while (std::optional<std::size_t> node = next(news)) {
    RunNode mine = record(*node, RunNodeState::kRunning);
    mine.started = clock_.wall_ms();
    news.push_back(mine);
    put(news);
    NodeDetail detail;
    tell(node_event(mine, detail));
    mine = perform(*node, std::move(mine), detail);
    tell(node_event(mine, detail));
    news = {mine};
    bool built = mine.state != RunNodeState::kSkipped;  // cancelled
    std::vector<std::size_t> skipped = end(*node, built ? mine.state : RunNodeState::kFailed);
    for (std::size_t each : skipped) {
      news.push_back(record(each, RunNodeState::kSkipped));
      news.back().message = built ? fmt::format("it needs `{}`, which failed", mine.name) : "cancelled";
      tell(node_event(news.back(), {}));
    }
  }
  if (!news.empty()) put(news);
}

// Waits for a node that may run; nullopt when there is none any more. What is to be written meanwhile is.
std::optional<std::size_t> Run::next(std::vector<RunNode>& news) {
  std::optional<std::size_t> node;
  std::unique_lock lock(mutex_);
  auto decided = [&] {
    if (schedule_.finished() || stop_.stop_requested()) return true;
    node = schedule_.next();
    return node.has_value();
  };
  if (decided()) return node;
  if (!news.empty()) {
    lock.unlock();
    put(news);
    news.clear();
    lock.lock();
  }
  changed_.wait(lock, stop_.get_token(), decided);
  return node;
}

std::vector<std::size_t> Run::end(std::size_t node, RunNodeState state) {
  std::lock_guard lock(mutex_);
  std::vector<std::size_t> skipped = schedule_.end(node, state);
  changed_.notify_all();
  return skipped;
}

void Run::put(const std::vector<RunNode>& nodes) {
  auto done = catalog_.put_nodes(*id_, nodes);
  if (done) return;
  std::lock_guard lock(mutex_);
  if (!broken_) broken_ = std::move(done).error().with_context("writing the run's history");
  stop_.request_stop();
}

RunNode Run::perform(std::size_t node, RunNode record, NodeDetail& detail) {
  const PlanNode& planned = plan_.nodes[node];
  host::MonotonicTime begin = clock_.now();
  if (planned.kind == NodeKind::kModel)
    build(planned, record, detail);
  else
    ask(planned, record, detail);
  detail.ms = ms_between(begin, clock_.now());
  record.finished = clock_.wall_ms();
  return record;
}

void Run::build(const PlanNode& node, RunNode& record, NodeDetail& detail) {
  auto built = workshop_.build(branch_, node, stop_.get_token());
  if (!built) return node_failed(node, built.error(), record, detail);
  record.state = RunNodeState::kOk;
  if (node.materialized == model::Materialized::kTable) record.rows = static_cast<std::int64_t>(built->rows);
}

void Run::ask(const PlanNode& node, RunNode& record, NodeDetail& detail) {
  auto asked = workshop_.ask(branch_, node, stop_.get_token());
  if (!asked) return node_failed(node, asked.error(), record, detail);
  record.state = verdict(node, asked->failing);
  record.failures = asked->failing;
  record.sample_json = std::move(asked->sample_json);
  detail.line = node.line;
  if (record.state == RunNodeState::kOk) return;
  std::string bound = record.state == RunNodeState::kFailed ? "error if " + model::to_string(node.error_if)
                                                            : "warn if " + model::to_string(node.warn_if);
  record.message = fmt::format("{}: {} ({})", model::to_string(model::Place{node.file, node.line}),
                               plural(static_cast<std::size_t>(asked->failing), "failing row"), bound);
}

void Run::node_failed(const PlanNode& node, const NodeError& failure, RunNode& record, NodeDetail& detail) {
  if (stop_.stop_requested()) {
    record.state = RunNodeState::kSkipped;
    record.message = "cancelled";
    return;
  }
  std::size_t position = failure.position ? failure.position : named_position(failure.error.message, node.sql);
  if (failure.error.code == Code::kUnavailable || failure.error.code == Code::kIo) platform_failed_ = true;
  model::Place place = model::place_of(node, position);
  detail.line = place.line;
  record.state = RunNodeState::kFailed;
  record.message = fmt::format("{}: {}", model::to_string(place),
                               model::sql_message(failure.error.message, failure.hint, node.sql, position));
}

std::string Run::counts() const {
  std::size_t models = 0, tests = 0, skipped = 0;
  for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
    bool model = plan_.nodes[i].kind == NodeKind::kModel;
    models += schedule_.state(i) == RunNodeState::kFailed && model;
    tests += schedule_.state(i) == RunNodeState::kFailed && !model;
    skipped += schedule_.state(i) == RunNodeState::kSkipped;
  }
  std::string text;
  if (models) text = plural(models, "model");
  if (tests) text += (models ? " and " : "") + plural(tests, "test");
  if (!text.empty()) text += " failed";
  if (skipped) text += fmt::format("{}{} skipped", text.empty() ? "" : ", ", skipped);
  return text;
}

End Run::finish() {
  if (broken_) {
    (void)catalog_.finish_run({*id_, RunState::kFailed, broken_->message});
    return ended("failed", Exit::kPlatform, broken_->message);
  }
  if (stop_.stop_requested()) {
    std::string message = fmt::format("cancelled; nothing was published, branch {} is kept", branch_);
    (void)catalog_.finish_run({*id_, RunState::kCancelled, message});
    return ended("cancelled", Exit::kNotPublished, message);
  }
  for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
    if (schedule_.state(i) != RunNodeState::kFailed) continue;
    std::string message = fmt::format("{}; nothing was published, branch {} is kept", counts(), branch_);
    bool told = catalog_.finish_run({*id_, RunState::kFailed, message}).has_value();
    return ended("failed", told && !platform_failed_ ? Exit::kNotPublished : Exit::kPlatform, message);
  }
  return publish();
}

End Run::publish() {
  tell(publishing_event());
  catalog::Publish all{.branch = branch_, .finish = catalog::RunFinish{*id_, RunState::kPublished, counts()}};
  auto published = catalog_.publish(all);
  bool unknown = !published && published.error().code == Code::kCommitUnknown;
  if (unknown) published = catalog_.publish(all);
  if (published) {
    if (plan_.whole) tell_left_over();
    return ended("published", Exit::kPublished,
                 fmt::format("published {} {}", published->changed,
                             published->changed == 1 ? "table or view" : "tables and views"),
                 published->changed);
  }
  bool conflict = published.error().code == Code::kConflict;
  std::string message = fmt::format("not published: {}; branch {} is kept{}", published.error().message, branch_,
                                    conflict ? "; build again to begin from main as it is now" : "");
  // A run that was published can't be ended as failed: where this works, it was not.
  auto failed = catalog_.finish_run({*id_, RunState::kFailed, message});
  if (unknown && !conflict && !failed)
    message = fmt::format(
        "not known whether run {} was published: {}; `tarn sql -c 'select * from tarn.runs'` says it once Tarn has "
        "been started again",
        id_->value(), published.error().message);
  return ended("failed", conflict ? Exit::kNotPublished : Exit::kPlatform, message);
}

// A history that can't be read is no reason to call what was published failed.
void Run::tell_left_over() {
  auto published = catalog_.published_relations(kPublishedRunsRead);
  if (!published) return;
  for (const std::string& note : left_over(plan_, *published, *catalog_.state())) tell(note_event(note));
}

End Run::ended(std::string state, Exit exit, std::string message, std::size_t changed) const {
  return {.state = std::move(state),
          .run = id_,
          .exit = exit,
          .message = std::move(message),
          .ms = ms_between(began_, clock_.now()),
          .changed = changed};
}

End Run::ended(const Error& error) const {
  if (stop_.stop_requested()) return ended("cancelled", Exit::kNotPublished, "cancelled before anything was built");
  return ended("refused", is_callers(error.code) ? Exit::kRefused : Exit::kPlatform, error.message);
}

void Run::tell(const std::string& line) {
  std::lock_guard lock(tell_mutex_);
  if (!tell_(line)) stop_.request_stop();
}

}  // namespace tarn::flow::publish
