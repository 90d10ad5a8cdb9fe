#include "host/test_folder.h"

#include <cstdlib>
#include <filesystem>

#include "base/assert.h"

namespace tarn::host {

TestFolder::TestFolder() {
  std::error_code error;
  path_ = join(std::filesystem::temp_directory_path(error).string(), "tarn-test-XXXXXX");
  TARN_ASSERT(!error && ::mkdtemp(path_.data()) != nullptr, "tests need a folder for temporary files");
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tarn::host
