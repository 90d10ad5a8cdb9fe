#include "host/process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "host/channel.h"
#include "host/files.h"
#include "host/test_folder.h"

using namespace tarn;
using namespace tarn::host;

namespace {

constexpr MonotonicTime kForEver = MonotonicTime::max();

Command shell(std::string script) { return Command{.argv = {"/bin/sh", "-c", std::move(script)}}; }

// Starts `command` with its descriptor 1 connected to us.
std::pair<std::unique_ptr<Process>, Descriptor> start_connected(Processes& processes, Command command) {
  auto ends = socket_pair();
  REQUIRE(ends);
  command.descriptors.emplace_back(ends->second.get(), 1);
  auto process = processes.spawn(command);
  REQUIRE(process);
  return {std::move(*process), std::move(ends->first)};
}

std::string read_to_end(const Descriptor& from) {
  std::string text;
  char chunk[4096];
  while (true) {
    ssize_t got = ::read(from.get(), chunk, sizeof chunk);
    if (got <= 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
  }
}

std::string output_of(Processes& processes, Command command) {
  auto [process, output] = start_connected(processes, std::move(command));
  std::string text = read_to_end(output);
  CHECK(process->wait(kForEver)->code == 0);
  return text;
}

}  // namespace

TEST_CASE("a child's end is seen: its code or its signal") {
  auto processes = real_processes();
  auto three = processes->spawn(shell("exit 3"));
  REQUIRE(three);
  CHECK((*three)->wait(kForEver)->code == 3);
  CHECK((*three)->wait(std::nullopt)->code == 3);
  auto cat = processes->spawn({.argv = {"/bin/sleep", "1000"}});
  REQUIRE(cat);
  CHECK(!(*cat)->wait(std::nullopt));
  (*cat)->kill(SIGTERM);
  CHECK((*cat)->wait(kForEver)->signal == SIGTERM);
  (*cat)->kill(SIGKILL);  // fine: it is gone
}

TEST_CASE("a program that is not there is an error, not a child") {
  auto processes = real_processes();
  auto missing = processes->spawn({.argv = {"/no/such/program"}});
  REQUIRE(!missing);
  CHECK(missing.error().code == Code::kNotFound);
  CHECK(!processes->spawn({}));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("a child gets the listed descriptors, no others, and the environment with our additions") {
  auto processes = real_processes();
  auto stray = socket_pair();
  REQUIRE(::dup2(stray->first.get(), 60) == 60);  // open, not close-on-exec
  auto a = socket_pair(), b = socket_pair();
  Command command = shell("ls /proc/self/fd | tr '\\n' ' '; echo $TARN_TEST $HOME; echo a >&5; echo b >&7");
  command.env = {{"TARN_TEST", "yes"}, {"HOME", "/changed"}};
  // 5 and 7 may well be ours already, crossed over
  command.descriptors = {{b->second.get(), 7}, {a->second.get(), 5}};
  std::string text = output_of(*processes, command);
  ::close(60);
  a->second.close();
  b->second.close();
  CHECK(text.starts_with("0 1 2 3 5 7 yes /changed"));  // 3: the folder that ls reads
  CHECK(read_to_end(a->first) == "a\n");
  CHECK(read_to_end(b->first) == "b\n");
}

TEST_CASE("signals that we block or ignore are not blocked or ignored in a child") {
  auto processes = real_processes();
  auto before = ::signal(SIGTERM, SIG_IGN);
  auto child = processes->spawn({.argv = {"/bin/sleep", "1000"}});
  ::signal(SIGTERM, before);
  REQUIRE(child);
  (*child)->kill(SIGTERM);
  CHECK((*child)->wait(kForEver)->signal == SIGTERM);
}

TEST_CASE("children die with the thread that starts them") {
  auto processes = real_processes();
  auto [child, output] = start_connected(*processes, {.argv = {"/bin/sleep", "1000"}});
  processes.reset();
  CHECK(read_to_end(output).empty());
  CHECK(child->wait(kForEver)->signal == SIGKILL);
}

TEST_CASE("a child dies with its object") {
  auto processes = real_processes();
  auto [child, output] = start_connected(*processes, {.argv = {"/bin/sleep", "1000"}});
  int pid = child->pid();
  CHECK(memory_use(pid).rss_bytes >= memory_use(pid).pss_bytes);
  CHECK(memory_use(pid).pss_bytes > 0);
  child.reset();
  CHECK(::kill(pid, 0) == -1);
  CHECK(memory_use(pid).rss_bytes == 0);
}

TEST_CASE("a child inherits a lock: it is free only when both are gone") {
  TestFolder folder;
  auto files = real_files();
  auto processes = real_processes();
  auto lock = files->lock(folder.file("lock"), false);
  REQUIRE(lock);
  auto child = processes->spawn({.argv = {"/bin/sleep", "1000"}, .descriptors = {{(*lock)->descriptor(), 3}}});
  REQUIRE(child);
  lock->reset();
  CHECK(!files->lock(folder.file("lock"), true));
  (*child)->kill(SIGKILL);
  (*child)->wait(kForEver);
  CHECK(files->lock(folder.file("lock"), true));
}

TEST_CASE("this program runs again whatever its file is called by now") {
  auto child = real_processes()->spawn({.argv = {"no such file", "--version"}, .this_program = true});
  REQUIRE(child);
  auto exit = (*child)->wait(kForEver);
  CHECK(exit->code == 0);
}

TEST_CASE("we know ourselves") {
  CHECK(self_pid() == ::getpid());
  CHECK(memory_of_machine() > 64_MiB);
}
