// `tarn init`: a project folder that serves and builds as it is, for a newcomer to change.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "host/files.h"

namespace tarn::app {

struct InitFile {
  std::string path;   // in the folder
  std::string about;  // a few words
  bool kept = false;  // it was there and stays as it was
};

// Writes what is missing of an example project to `folder`, which is made if need be. Never changes a file that exists.
// Errors: kIo, kUnavailable (a full disk), with the path.
Result<std::vector<InitFile>> init_project(host::Files& files, const std::string& folder);

// A project's name from its folder's: letters, digits and _, no digit first, as dbt wants it.
std::string project_name(const std::string& folder);

}  // namespace tarn::app
