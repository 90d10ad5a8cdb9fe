#include "tarn/build_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tarn::app {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kProgressWidth = 78;
constexpr std::size_t kNameWidthMax = 60;  // what failed is told with its whole name later

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string shortened(const std::string& name) {
  return name.size() <= kNameWidthMax ? name : name.substr(0, kNameWidthMax - 3) + "...";
}

std::string rows_text(std::int64_t rows, std::string_view what) {
  return fmt::format("{} {}{}", grouped(rows), what, rows == 1 ? "" : "s");
}

std::string seconds(std::int64_t ms) { return fmt::format("{:.2f} s", static_cast<double>(ms) / 1000); }

// A message of more than one line, all of them as far in as the first.
std::string indented(const std::string& text) {
  std::string all;
  for (char c : text) all += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return all;
}

// A control character in a message must not reach the terminal.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') c = ' ';
  return text;
}

}  // namespace

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string one_line_sql(std::string_view sql) {
  std::string line;
  char quote = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    char c = sql[i];
    bool comment = !quote && (sql.substr(i).starts_with("--") || sql.substr(i).starts_with("/*"));
    if (comment || c == '$' || (quote && c == '\n')) return std::string(sql);
    if (c == '\'' || c == '"') quote = quote == c ? 0 : quote ? quote : c;
    bool space = !quote && (c == ' ' || c == '\n' || c == '\t' || c == '\r');
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

struct BuildView::Impl {
  void event(std::string_view line);
  void node(const Json& event);
  void node_line(const Json& event);
  void failure(const Json& event);
  void note(const Json& event);
  void sample(const Json& sample);
  void end(const Json& event);
  void progress();  // redraws the line of what runs
  void clear();

  const flow::model::Plan& plan_;
  Options options_;
  std::FILE* out_;
  std::int64_t run_ = 0;
  std::string branch_;
  std::optional<int> exit_;
  std::size_t done_ = 0;
  std::vector<std::string> running_;
  std::vector<Json> failures_;  // events of nodes that failed or warn, to be told at the end
  std::string doing_;
  bool drawn_ = false;
  std::size_t name_width_ = 0;
};

BuildView::BuildView(const flow::model::Plan& plan, Options options, std::FILE* out)
    : impl_(new Impl{plan, std::move(options), out}) {
  for (const auto& node : plan.nodes) impl_->name_width_ = std::max(impl_->name_width_, shortened(node.name).size());
}
BuildView::~BuildView() = default;
void BuildView::event(std::string_view line) { impl_->event(line); }
void BuildView::finish() {
  impl_->clear();
  std::fflush(impl_->out_);
}
std::optional<int> BuildView::exit_code() const { return impl_->exit_; }
std::int64_t BuildView::run() const { return impl_->run_; }

void BuildView::Impl::event(std::string_view line) {
  Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  if (options_.json) fmt::print(out_, "{}\n", line);
  try {
    std::string kind = event.value("event", "");
    if (kind == "landing")
      doing_ = fmt::format("landing {}", fmt::join(event.at("topics").get<std::vector<std::string>>(), ", "));
    if (kind == "run") {
      run_ = event.at("run").get<std::int64_t>();
      branch_ = event.at("branch").get<std::string>();
      doing_.clear();
    }
    if (kind == "node") node(event);
    if (kind == "note") note(event);
    if (kind == "publishing") doing_ = "publishing";
    if (kind == "end") end(event);
  } catch (const Json::exception&) {  // a line of a newer or older Tarn: what we don't know we don't show
  }
  progress();
  std::fflush(out_);
}

void BuildView::Impl::node(const Json& event) {
  std::string name = event.at("node").get<std::string>(), state = event.at("state").get<std::string>();
  if (state == "running") {
    running_.push_back(name);
    return;
  }
  std::erase(running_, name);
  ++done_;
  if (options_.json) return;
  clear();
  node_line(event);
  if (state == "failed" || state == "warn") failures_.push_back(event);
}

// "[3/23] ok       table  public.fct_rides        200,000 rows    0.42 s"
void BuildView::Impl::node_line(const Json& event) {
  std::string state = event.at("state").get<std::string>();
  std::string kind = event.value("materialized", event.value("kind", ""));
  std::string counted;
  if (event.contains("rows")) counted = rows_text(event["rows"].get<std::int64_t>(), "row");
  if (event.value("failures", 0) > 0) counted = rows_text(event["failures"].get<std::int64_t>(), "failing row");
  std::string number = fmt::format("[{}/{}]", done_, plan_.nodes.size());
  std::string time = state == "skipped" ? "" : seconds(event.value("ms", 0));
  fmt::print(out_, "{:<9} {:<7} {:<5}  {:<{}} {:>20}  {:>8}\n", number, state, kind,
             shortened(event.at("node").get<std::string>()), name_width_, counted, time);
}

void BuildView::Impl::failure(const Json& event) {
  std::string name = event.at("node").get<std::string>();
  bool test = event.value("kind", "") == "test";
  fmt::print(out_, "\n{} {} {}\n", event.value("state", "") == "warn" ? "WARN" : "FAILED", test ? "test" : "model",
             name);
  fmt::print(out_, "  {}\n", indented(printable(event.value("message", ""))));
  if (!test || !event.contains("failures")) return;
  if (event.contains("sample")) sample(event["sample"]);
  auto planned = std::ranges::find(plan_.nodes, name, &flow::model::PlanNode::name);
  if (planned == plan_.nodes.end()) return;
  // What was published is on main, and its branch is gone.
  std::string branch = exit_ == 0 ? "" : " --branch " + branch_;
  fmt::print(out_, "  all of them: tarn sql{}{} -c {}\n", options_.where, branch,
             shell_word(one_line_sql(planned->sql)));
}

void BuildView::Impl::sample(const Json& sample) {
  std::vector<std::string> names = sample.value("columns", std::vector<std::string>());
  std::size_t shown = 0;
  for (const Json& row : sample.value("rows", Json::array())) {
    if (++shown > kSampleRowsShown) break;
    std::string line;
    for (std::size_t i = 0; i < row.size() && i < names.size(); ++i)
      line += fmt::format("{}{}={}", line.empty() ? "" : "  ", names[i],
                          row[i].is_string() ? row[i].get<std::string>() : "null");
    fmt::print(out_, "    {}\n", printable(line));
  }
}

void BuildView::Impl::note(const Json& event) {
  if (options_.json) return;
  clear();
  std::fflush(out_);
  fmt::print(stderr, "note: {}\n", printable(event.value("message", "")));
}

void BuildView::Impl::end(const Json& event) {
  exit_ = event.at("exit").get<int>();
  if (options_.json) return;
  clear();
  for (const Json& each : failures_) failure(each);
  std::string message = printable(event.value("message", ""));
  if (*exit_ == 0) {
    fmt::print(out_, "{}run {}: {} in {}\n", failures_.empty() ? "" : "\n", run_, message,
               seconds(event.value("ms", 0)));
    return;
  }
  std::fflush(out_);
  if (!failures_.empty()) fmt::print(stderr, "\n");
  std::string run = run_ ? fmt::format("run {}: ", run_) : "";
  for (std::size_t begin = 0; begin <= message.size();) {  // a plan that does not fit has a line for each reason
    std::size_t end = std::min(message.find('\n', begin), message.size());
    fmt::print(stderr, "tarn: {}{}\n", run, std::string_view(message).substr(begin, end - begin));
    begin = end + 1;
  }
}

void BuildView::Impl::progress() {
  if (!options_.terminal || options_.json || exit_) return;
  std::string line =
      !doing_.empty() ? doing_ : fmt::format("{} of {}: {}", done_, plan_.nodes.size(), fmt::join(running_, ", "));
  if (line.size() > kProgressWidth) line = line.substr(0, kProgressWidth - 3) + "...";
  fmt::print(out_, "\r\033[K{}", line);
  drawn_ = true;
}

void BuildView::Impl::clear() {
  if (drawn_) fmt::print(out_, "\r\033[K");
  drawn_ = false;
}

}  // namespace tarn::app
