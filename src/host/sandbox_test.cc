#include "host/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "host/memory_file.h"
#include "host/test_folder.h"

using namespace tarn;
using namespace tarn::host;

namespace {

// Runs `checks` in a child, as a sandbox lasts; returns the number of the first that is false, 0 if all hold.
int first_wrong_in_child(const std::function<int()>& checks) {
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(checks());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int first_wrong(std::initializer_list<bool> checks) {
  int number = 0;
  for (bool holds : checks) {
    ++number;
    if (!holds) return number;
  }
  return 0;
}

bool can_open(const Path& path, int flags) {
  Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return opened.valid();
}

}  // namespace

TEST_CASE("a sandboxed process opens only what it was given") {
  TestFolder folder;
  auto files = real_files();
  for (const char* name : {"in", "out", "secret"}) {
    REQUIRE(files->make_dirs(folder.file(name)));
    REQUIRE(write_file_atomically(*files, folder.file(name) + "/f", as_bytes("x")));
  }
  Path in = folder.file("in"), out = folder.file("out"), secret = folder.file("secret");
  int outcome = first_wrong_in_child([&] {
    Descriptor early(::open((secret + "/f").c_str(), O_RDONLY | O_CLOEXEC));
    auto confinement = enter_sandbox({.read_only = {in}, .read_write = {out}});
    if (!confinement) return 100;
    if (confinement->landlock_version == 0) return 101;
    char byte;
    return first_wrong({
        can_open(in + "/f", O_RDONLY),
        !can_open(in + "/f", O_WRONLY),
        !can_open(in + "/new", O_WRONLY | O_CREAT),
        files->list(in).has_value(),
        can_open(out + "/f", O_RDWR | O_TRUNC),
        can_open(out + "/new", O_RDWR | O_CREAT),
        files->rename(out + "/new", out + "/newer").has_value(),
        files->remove(out + "/newer").has_value(),
        real_files()->make_dirs(out + "/deep").has_value(),  // which knows nothing of the folders above yet
        !can_open(secret + "/f", O_RDONLY),
        !can_open(secret + "/new", O_WRONLY | O_CREAT),
        !files->remove(secret + "/f").has_value(),
        !files->rename(out + "/f", secret + "/g").has_value(),
        !files->list(secret).has_value(),
        !can_open("/etc/passwd", O_RDONLY),
        ::read(early.get(), &byte, 1) == 1,
        ::execl("/bin/true", "true", nullptr) == -1,
        make_memory_file("rows", 1_MiB).has_value(),
    });
  });
  if (outcome == 101) {
    MESSAGE("this kernel has no Landlock: not tested");
    return;
  }
  CHECK(outcome == 0);
}

TEST_CASE("a sandbox over a folder that is not there is refused") {
  CHECK(first_wrong_in_child([] {
          auto confinement = enter_sandbox({.read_only = {"/no/such/folder"}});
          if (confinement && confinement->landlock_version == 0) return 0;
          return first_wrong({!confinement, !confinement && confinement.error().code == Code::kNotFound});
        }) == 0);
}

TEST_CASE("memory past the limit is refused, not taken") {
  auto can_map = [](std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) ::munmap(memory, size);
    return memory != MAP_FAILED;
  };
  constexpr std::size_t kLarge = std::size_t{1} << 50;  // more than any test or sanitizer has
  CHECK(first_wrong_in_child([&] {
          bool before = can_map(std::size_t{1} << 30);
          auto confinement = enter_sandbox({.data_max = 512_MiB});
          return first_wrong({before, confinement.has_value(), !can_map(std::size_t{1} << 30)});
        }) == 0);
  CHECK(first_wrong_in_child([&] {
          auto confinement = enter_sandbox({.address_space_max = Bytes(kLarge)});
          return first_wrong({confinement.has_value(), !can_map(kLarge)});
        }) == 0);
}

TEST_CASE("a worker notices that its parent is not who started it") {
  int parent = ::getpid();
  CHECK(first_wrong_in_child([&] {
          return first_wrong({die_with_parent(parent).has_value(), !die_with_parent(parent + 1).has_value()});
        }) == 0);
}
