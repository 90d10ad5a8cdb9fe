// What every Files promises.
#include "host/files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <functional>

#include "host/faulty_files.h"
#include "host/test_folder.h"

using namespace tarn;
using namespace tarn::host;

namespace {

// Runs `check` on each kind of Files, with a folder to work in.
void on_all_files(const std::function<void(Files&, const Path&)>& check) {
  SUBCASE("real") {
    TestFolder folder;
    check(*real_files(), folder.path());
  }
  SUBCASE("faulty") {
    FaultyFiles files(1);
    REQUIRE(files.make_dirs("somewhere/deep"));
    check(files, "somewhere/deep");
  }
}

std::string content_of(Files& files, const Path& path) {
  auto content = read_file(files, path, 1_MiB);
  REQUIRE(content);
  return std::string(as_text(*content));
}

Code code_of(const auto& result) { return result ? Code::kInternal : result.error().code; }

}  // namespace

TEST_CASE("paths are joined and split at slashes") {
  CHECK(join("a", "b") == "a/b");
  CHECK(join("a/", "b") == "a/b");
  CHECK(join("/", "b") == "/b");
  CHECK(join("", "b") == "b");
  CHECK(parent("a/b/c") == "a/b");
  CHECK(parent("a/b/") == "a");
  CHECK(parent("a") == ".");
  CHECK(parent("/a") == "/");
  CHECK(parent("/") == "/");
}

TEST_CASE("a file keeps what was written where it was written") {
  on_all_files([](Files& files, const Path& folder) {
    Path path = join(folder, "f");
    auto file = files.open(path, OpenMode::kCreateNew);
    REQUIRE(file);
    CHECK((*file)->write_at(as_bytes("world"), 6_B));
    CHECK((*file)->write_at(as_bytes("hello"), 0_B));
    CHECK((*file)->size() == 11_B);
    CHECK((*file)->sync());
    CHECK(content_of(files, path) == std::string("hello\0world", 11));
    Buffer past(20);
    CHECK((*file)->read_at(past, 8_B) == 3u);
    CHECK((*file)->read_at(past, 100_B) == 0u);
    CHECK((*file)->truncate(5_B));
    CHECK(content_of(files, path) == "hello");
    CHECK((*file)->truncate(7_B));
    CHECK(content_of(files, path) == std::string("hello\0\0", 7));
    CHECK((*file)->reserve(1_MiB));
    CHECK((*file)->size() == 7_B);
    CHECK(code_of(read_file(files, path, 6_B)) == Code::kLimit);
  });
}

TEST_CASE("opening says whether the file has to be there") {
  on_all_files([](Files& files, const Path& folder) {
    Path path = join(folder, "f");
    CHECK(code_of(files.open(path, OpenMode::kRead)) == Code::kNotFound);
    CHECK(code_of(files.open(path, OpenMode::kReadWrite)) == Code::kNotFound);
    CHECK(code_of(files.open(join(folder, "no/f"), OpenMode::kCreate)) == Code::kNotFound);
    CHECK(files.exists(path) == false);
    CHECK((*files.open(path, OpenMode::kCreate))->write_at(as_bytes("x"), 0_B));
    CHECK(files.exists(path) == true);
    CHECK(code_of(files.open(path, OpenMode::kCreateNew)) == Code::kAlreadyExists);
    CHECK(files.open(path, OpenMode::kCreate));
    CHECK(content_of(files, path) == "x");
    auto reader = files.open(path, OpenMode::kRead);
    CHECK(code_of((*reader)->write_at(as_bytes("y"), 0_B)) == Code::kIo);
    CHECK(content_of(files, path) == "x");
  });
}

TEST_CASE("what is no file is refused at once, a pipe without a writer too") {
  TestFolder folder;
  auto files = real_files();
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  for (OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite, OpenMode::kCreate}) {
    CHECK(code_of(files->open(folder.file("pipe"), mode)) == Code::kIo);
    CHECK(code_of(files->open(folder.path(), mode)) == Code::kIo);
  }
}

TEST_CASE("names change atomically, and an open file outlives its name") {
  on_all_files([](Files& files, const Path& folder) {
    Path a = join(folder, "a"), b = join(folder, "b");
    CHECK(write_file_atomically(files, a, as_bytes("A")));
    CHECK(write_file_atomically(files, b, as_bytes("B")));
    CHECK(write_file_atomically(files, b, as_bytes("B2")));
    auto old_b = files.open(b, OpenMode::kRead);
    CHECK(files.rename(a, b));
    CHECK(content_of(files, b) == "A");
    CHECK((*old_b)->size() == 2_B);
    CHECK(code_of(files.rename(a, b)) == Code::kNotFound);
    CHECK(files.sync_dir(folder));
    CHECK(files.remove(b));
    CHECK(code_of(files.remove(b)) == Code::kNotFound);
    CHECK(files.list(folder)->empty());
  });
}

TEST_CASE("folders are made, listed and removed whole") {
  on_all_files([](Files& files, const Path& folder) {
    Path deep = join(folder, "x/y/z");
    CHECK(files.make_dirs(deep));
    CHECK(files.make_dirs(deep));
    CHECK(files.open(join(folder, "x/f"), OpenMode::kCreate));
    CHECK(files.open(join(folder, "x/a"), OpenMode::kCreate));
    auto entries = files.list(join(folder, "x"));
    REQUIRE(entries);
    REQUIRE(entries->size() == 3);
    CHECK((*entries)[0].name == "a");
    CHECK((*entries)[1].name == "f");
    CHECK((*entries)[2].name == "y");
    CHECK(!(*entries)[0].is_dir);
    CHECK((*entries)[2].is_dir);
    CHECK(code_of(files.make_dirs(join(folder, "x/f"))) == Code::kAlreadyExists);
    CHECK(code_of(files.list(join(folder, "none"))) == Code::kNotFound);
    CHECK(code_of(files.sync_dir(join(folder, "none"))) == Code::kNotFound);
    CHECK(files.rename(join(folder, "x"), join(folder, "w")));
    CHECK(files.exists(join(folder, "w/y/z")) == true);
    CHECK(files.remove_dirs(join(folder, "w")));
    CHECK(files.remove_dirs(join(folder, "w")));
    CHECK(files.list(folder)->empty());
    CHECK(files.make_dirs(join(folder, "w/y")));
    CHECK(files.exists(join(folder, "w/y")) == true);
  });
}

TEST_CASE("a lock keeps others out until it is let go") {
  on_all_files([](Files& files, const Path& folder) {
    Path path = join(folder, "lock");
    auto shared = files.lock(path, false);
    REQUIRE(shared);
    CHECK(files.lock(path, false));
    CHECK(code_of(files.lock(path, true)) == Code::kUnavailable);
    shared->reset();
    auto exclusive = files.lock(path, true);
    REQUIRE(exclusive);
    CHECK(code_of(files.lock(path, false)) == Code::kUnavailable);
    exclusive->reset();
    CHECK(files.lock(path, true));
  });
}

TEST_CASE("a file's space is that of its disk") {
  on_all_files([](Files& files, const Path& folder) {
    auto space = files.space(folder);
    REQUIRE(space);
    CHECK(space->total >= space->available);
    CHECK(space->available > 0_B);
  });
}

TEST_CASE("too many open files and a full disk are said to pass") {
  TestFolder folder;
  auto files = real_files();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit low{3, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &low);
  auto opened = files->open(folder.file("f"), OpenMode::kCreate);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(code_of(opened) == Code::kUnavailable);
  auto full = files->open("/dev/full", OpenMode::kReadWrite);
  REQUIRE(full);
  CHECK(code_of((*full)->write_at(as_bytes("x"), 0_B)) == Code::kUnavailable);
}
