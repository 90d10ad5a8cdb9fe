// A folder of its own for one test, under $TMPDIR (or the system's), removed with everything in it at the end.
#pragma once

#include "host/files.h"

namespace tarn::host {

class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();
  const Path& path() const { return path_; }
  Path file(std::string_view name) const { return join(path_, name); }

 private:
  Path path_;
};

}  // namespace tarn::host
