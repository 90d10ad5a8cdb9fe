// For tests: a project folder in memory.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "flow/model/project.h"
#include "host/faulty_files.h"

namespace tarn::flow::model {

struct TestingProject {
  host::FaultyFiles files{1};

  void write(const std::string& file, const std::string& text) {
    std::string path = "/project/" + file;
    REQUIRE(files.make_dirs(host::parent(path)));
    REQUIRE(host::write_file_atomically(files, path, as_bytes(text)));
  }
  Project read() {
    auto project = read_project(files, "/project");
    REQUIRE_MESSAGE(project.has_value(), (project ? "" : project.error().message));
    return std::move(*project);
  }
};

}  // namespace tarn::flow::model
