#include "shell/shell.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <thread>

#include "host/files.h"
#include "host/signals.h"
#include "host/terminal.h"
#include "shell/complete.h"
#include "shell/describe.h"
#include "shell/error_text.h"
#include "shell/history.h"
#include "shell/line_editor.h"
#include "shell/statements.h"

namespace tarn::shell {
namespace {

using namespace std::chrono_literals;

constexpr auto kNamesKept = 5s;  // what completion knows of tables

void complain(std::string_view text) {
  std::fflush(stdout);
  fmt::print(stderr, "{}", text);
}

// Ctrl-C cancels the statement that runs; without one it ends the program, unless a person is typing. Never by the
// signal itself: a pager that died of our death would leave the terminal as it had it. Outlives the shell: its thread
// never ends.
struct Interrupts {
  static constexpr int kExitCode = 130;  // 128 + SIGINT, as shells have it
  std::mutex mutex;
  PgClient* running = nullptr;
  bool typing = false;

  void run(PgClient* client) {
    std::lock_guard lock(mutex);
    running = client;
  }
  void on_interrupt() {
    std::lock_guard lock(mutex);
    if (running) return running->cancel();
    if (!typing) host::exit_now(kExitCode);
  }
};

// What a result's rows tell of names, for completion.
class NameAnswers final : public Answers {
 public:
  std::vector<KnownTable> tables;

 private:
  void columns(const std::vector<Column>&) override {}
  void row(const std::vector<Value>& values) override {
    if (values.size() != 3 || !values[0] || !values[1] || !values[2]) return;
    if (tables.empty() || tables.back().schema != *values[0] || tables.back().name != *values[1])
      tables.push_back({.schema = std::string(*values[0]), .name = std::string(*values[1]), .columns = {}});
    tables.back().columns.emplace_back(*values[2]);
  }
  void complete(std::string_view) override {}
  void notice(const Report&) override {}
};

enum class Outcome { kGoOn, kFailed, kQuit };

class Shell final : private Answers {
 public:
  Shell(host::Host host, const Locate& locate, const Options& options)
      : host_(host), locate_(locate), options_(options), branch_(options.branch) {}

  int run() {
    interactive_ = options_.sources.empty() && host::is_terminal(STDIN_FILENO) && host::is_terminal(STDOUT_FILENO);
    interrupts_->typing = interactive_;
    if (host::is_terminal(STDOUT_FILENO)) watch_interrupts();
    processes_ = host::real_processes();  // after: its thread must not take the interrupts
    prepare_output();
    if (auto connected = connect(); !connected) {
      complain(fmt::format("tarn: {}\n", connected.error().message));
      return 1;
    }
    if (interactive_) return converse(), 0;
    std::vector<Source> sources = options_.sources;
    if (sources.empty()) sources.push_back({.is_file = true, .text = "-"});
    for (const Source& source : sources) {
      Outcome outcome = source.is_file ? run_file(source.text) : run_text(source.text, "");
      if (outcome != Outcome::kGoOn) return outcome == Outcome::kFailed ? 1 : 0;
    }
    return 0;
  }

 private:
  void prepare_output() {
    if (!host::is_terminal(STDOUT_FILENO)) {
      out_ = std::make_unique<PlainOutput>();
      return;
    }
    out_ = std::make_unique<PagedOutput>(*processes_, options_.format == Format::kAligned ? choose_pager() : "");
    if (host::environment("NO_COLOR").empty()) null_ = "\x1B[2mNULL\x1B[0m";
  }

  Result<void> connect() {
    TARN_ASSIGN(auto where, locate_());
    TARN_ASSIGN(client_, PgClient::connect(where.first, where.second, branch_.empty() ? "tarn" : "tarn@" + branch_));
    names_known_ = false;
    return {};
  }

  // ---- statements

  Outcome run_text(std::string_view text, std::string_view file) {
    StatementReader reader;
    reader.feed(text);
    Outcome outcome = run_pieces(reader, file);
    return outcome == Outcome::kGoOn ? run_rest(reader, file) : outcome;
  }

  Outcome run_pieces(StatementReader& reader, std::string_view file) {
    while (auto piece = reader.next()) {
      Outcome outcome = piece->kind == Piece::Kind::kCommand ? run_command(*piece, reader, file) : run(*piece, file);
      if (outcome == Outcome::kQuit || (outcome == Outcome::kFailed && !interactive_)) return outcome;
    }
    return Outcome::kGoOn;
  }

  Outcome run_rest(StatementReader& reader, std::string_view file) {
    auto piece = reader.rest();
    return piece ? run(*piece, file) : Outcome::kGoOn;
  }

  Outcome run_file(const std::string& path) {
    if (path == "-") return run_standard_input();
    auto content = host::read_file(host_.files, path, kScriptBytesMax);
    if (!content) return failed(content.error().message);
    return run_text(as_text(*content), path);
  }

  // As it comes, so that a program may write statements and read answers.
  Outcome run_standard_input() {
    StatementReader reader;
    std::string lines;
    char block[65536];
    for (ssize_t count; (count = ::read(STDIN_FILENO, block, sizeof block)) > 0;) {  // tidy-ok(world): our own input
      lines.append(block, static_cast<std::size_t>(count));
      std::size_t whole = lines.rfind('\n') + 1;
      reader.feed(std::string_view(lines).substr(0, whole));
      lines.erase(0, whole);
      if (Outcome outcome = run_pieces(reader, "-"); outcome != Outcome::kGoOn) return outcome;
      if (reader.too_long() || lines.size() > kStatementBytesMax)
        return failed("a statement on standard input is longer than 64 MiB; split it");
    }
    reader.feed(lines);
    Outcome outcome = run_pieces(reader, "-");
    return outcome == Outcome::kGoOn ? run_rest(reader, "-") : outcome;
  }

  Outcome run(const Piece& piece, std::string_view file) {
    return run_sql(piece.text, file, file.empty() ? 1 : piece.line, piece.expanded);
  }

  Outcome run_sql(std::string_view sql, std::string_view file, int line, bool expanded) {
    if (!client_) {
      if (auto connected = connect(); !connected) return failed(connected.error().message);
    }
    format_ = (expanded || expanded_) && options_.format == Format::kAligned ? Format::kExpanded : options_.format;
    auto started = host_.clock.now();
    interrupts_->run(client_.get());
    auto answered = client_->query(sql, *this);
    interrupts_->run(nullptr);
    printer_.reset();
    out_->finish();
    if (!answered) return lost(answered.error());
    if (*answered) complain(error_text(**answered, sql, file == "-" ? "" : file, line));
    if (timing_)
      fmt::print("Time: {:.3f} ms\n", std::chrono::duration<double, std::milli>(host_.clock.now() - started).count());
    return *answered ? Outcome::kFailed : Outcome::kGoOn;
  }

  Outcome failed(const std::string& message) {
    complain(fmt::format("tarn: {}\n", message));
    return Outcome::kFailed;
  }

  // A person goes on with the platform that runs now.
  Outcome lost(const Error& error) {
    client_.reset();
    if (!interactive_) return failed(error.message);
    complain(fmt::format("tarn: {}; what it answered is not known\n", error.message));
    if (auto connected = connect(); !connected) return failed(connected.error().message);
    complain("tarn: connected again; settings and an open transaction are gone\n");
    return Outcome::kFailed;
  }

  // ---- answers

  void columns(const std::vector<Column>& columns) override {
    printer_ = make_printer(format_, *out_, columns, null_);
    stopped_ = false;
    rows_ = 0;
  }
  void row(const std::vector<Value>& values) override {
    ++rows_;
    if (printer_ && !out_->gone()) return printer_->row(values);
    if (!std::exchange(stopped_, true)) client_->cancel();
  }
  void complete(std::string_view tag) override {
    if (printer_)
      printer_->finish();
    else if (options_.format == Format::kAligned)
      out_->write(fmt::format("{}\n", tag));
    printer_.reset();
    out_->finish();
  }
  void notice(const Report& notice) override { complain(notice_text(notice)); }

  // ---- backslash commands

  Outcome run_command(const Piece& piece, StatementReader& reader, std::string_view file) {
    std::string_view text = piece.text;
    std::string word(text.substr(0, text.find_first_of(" \t")));
    std::string argument(text.substr(std::min(text.size(), word.size() + 1)));
    argument.erase(0, argument.find_first_not_of(" \t"));
    if (word == "q") return Outcome::kQuit;
    if (word == "?" || word == "h") return help();
    if (word == "x") return toggle(expanded_, argument, "a value a line");
    if (word == "timing") return toggle(timing_, argument, "timing");
    if (word == "r") return reader.reset(), Outcome::kGoOn;
    if (word == "p") return fmt::print("{}\n", reader.unfinished()), Outcome::kGoOn;
    if (word == "i") return include(argument);
    if (word == "c") return change_branch(argument);
    if (auto listing = describe(text)) {
      Outcome outcome = run_sql(*listing, "", 1, false);
      bool found_none = outcome == Outcome::kGoOn && rows_ == 0 && word == "d" && !argument.empty();
      return found_none ? failed(fmt::format("no table or view is called {}; \\d shows them", argument)) : outcome;
    }
    std::string where = file.empty() || file == "-" ? "" : fmt::format("{}:{}: ", file, piece.line);
    return failed(fmt::format("{}no command \\{}; \\? shows them", where, word));
  }

  Outcome help() {
    for (const CommandHelp& each : backslash_commands())
      out_->write(fmt::format("  {:<12} {}\n", each.command, each.about));
    out_->finish();
    return Outcome::kGoOn;
  }

  Outcome toggle(bool& setting, std::string_view argument, std::string_view what) {
    setting = argument == "on" ? true : argument == "off" ? false : !setting;
    if (interactive_) fmt::print("{} is {}\n", what, setting ? "on" : "off");
    return Outcome::kGoOn;
  }

  Outcome include(const std::string& path) {
    if (path.empty()) return failed("say \\i FILE");
    if (depth_ >= kIncludeDepthMax) return failed(fmt::format("{}: files run each other {} deep", path, depth_));
    ++depth_;
    bool interactive = std::exchange(interactive_, false);  // an error ends the file
    Outcome outcome = run_file(path);
    interactive_ = interactive;
    --depth_;
    return interactive && outcome == Outcome::kFailed ? Outcome::kGoOn : outcome;
  }

  Outcome change_branch(const std::string& ref) {
    std::string before = std::exchange(branch_, ref == "main" ? "" : ref);
    if (auto connected = connect(); !connected) {
      branch_ = before;
      return failed(connected.error().message);
    }
    return Outcome::kGoOn;
  }

  // ---- a person at a terminal

  void converse() {
    host::keep_new_files_private();
    History history(host_.files, history_path());
    auto editor = LineEditor::make([this](std::string_view line) { return complete_line(line); });
    for (const std::string& entry : history.entries()) editor->remember(entry);
    fmt::print("tarn sql: \\? for help, \\q to leave\n");
    StatementReader reader;
    reader_ = &reader;
    std::vector<std::string> lines;
    for (;;) {
      std::fflush(stdout);
      LineEditor::Typed typed = editor->read(prompt(reader.state()));
      if (typed.end == LineEditor::End::kEndOfFile) break;
      if (typed.end == LineEditor::End::kInterrupted) {
        reader.reset();
        lines.clear();
        continue;
      }
      if (reader.state() == '=' && (typed.text == "exit" || typed.text == "quit")) return;
      lines.push_back(typed.text);
      reader.feed(typed.text + "\n");
      Outcome outcome = run_pieces(reader, "");
      if (reader.state() == '=' || outcome == Outcome::kQuit) keep(history, *editor, lines);
      if (outcome == Outcome::kQuit) return;
    }
    fmt::print("\n");
  }

  // As one line, to edit as a whole, where that says the same.
  static void keep(History& history, LineEditor& editor, std::vector<std::string>& lines) {
    bool joins = std::ranges::none_of(lines, [](const std::string& line) {
      return line.contains("--") || line.contains('\\') || line.contains('$') ||
             std::ranges::count(line, '\'') % 2 != 0;
    });
    std::string all;
    for (const std::string& line : lines) all += (all.empty() ? "" : " ") + line;
    if (joins) lines = {all};
    for (const std::string& line : lines)
      if (history.add(line)) editor.remember(line);
    lines.clear();
  }

  void watch_interrupts() {
    host::block_interrupt();
    std::thread([interrupts = interrupts_] {
      for (;;) {
        host::wait_for_interrupt();
        interrupts->on_interrupt();
      }
    }).detach();
  }

  std::string prompt(char state) const {
    std::string_view transaction = !client_                        ? "?"
                                   : client_->transaction() == 'T' ? "*"
                                   : client_->transaction() == 'E' ? "!"
                                                                   : "";
    return fmt::format("tarn{}{}{}{}> ", branch_.empty() ? "" : "@", branch_, state, transaction);
  }

  Completion complete_line(std::string_view line) {
    learn_names();
    return shell::complete(names_, reader_ ? reader_->unfinished() : "", line);
  }

  // Not in a transaction: it might fail, and the person's with it.
  void learn_names() {
    auto now = host_.clock.now();
    if (!client_ || client_->transaction() != 'I' || (names_known_ && now - names_learned_ < kNamesKept)) return;
    NameAnswers answers;
    auto answered = client_->query(
        fmt::format(
            "select n.nspname, c.relname, a.attname from pg_catalog.pg_attribute a join pg_catalog.pg_class c on "
            "c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where a.attnum > 0 and "
            "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2, a.attnum limit {}",
            kNamesMax),
        answers);
    if (!answered) client_.reset();
    if (!answered || *answered) return;
    names_ = std::move(answers.tables);
    names_known_ = true;
    names_learned_ = now;
  }

  host::Host host_;
  std::unique_ptr<host::Processes> processes_;
  const Locate& locate_;
  const Options& options_;
  std::string branch_;
  bool interactive_ = false;
  std::unique_ptr<PgClient> client_;
  std::shared_ptr<Interrupts> interrupts_ = std::make_shared<Interrupts>();
  std::unique_ptr<Output> out_;
  std::unique_ptr<Printer> printer_;
  std::string null_ = "NULL";
  Format format_ = Format::kAligned;
  bool expanded_ = false, timing_ = false;
  bool stopped_ = false;    // the running statement was cancelled, since nobody reads its rows
  std::uint64_t rows_ = 0;  // of the last result
  int depth_ = 0;
  StatementReader* reader_ = nullptr;
  std::vector<KnownTable> names_;
  bool names_known_ = false;
  host::MonotonicTime names_learned_;
};

}  // namespace

int run(host::Host host, const Locate& locate, const Options& options) { return Shell(host, locate, options).run(); }

}  // namespace tarn::shell
