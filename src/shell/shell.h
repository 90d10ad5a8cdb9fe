// `tarn sql`: statements from the command line, files, standard input or a person at a terminal.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "host/host.h"
#include "shell/print.h"

namespace tarn::shell {

inline constexpr int kIncludeDepthMax = 10;        // \i within \i
inline constexpr Bytes kScriptBytesMax = 64_MiB;  // of a file; standard input may hold more

struct Source {
  bool is_file = false;
  std::string text;  // SQL, or a file's path; "-" is standard input
};

struct Options {
  Format format = Format::kAligned;
  std::vector<Source> sources;  // none: standard input, with prompts if it is a terminal
  std::string branch;           // "branch[@version]"; empty: main
};

// Where the platform's Postgres door is now; asked again when the connection was lost.
using Locate = std::function<Result<std::pair<std::string, std::uint16_t>>()>;

// Results go to standard output, all else to standard error. The exit code: 0, or 1 once a statement failed (at a
// terminal the next one is asked for all the same; everywhere else it is the end).
// Starts its own processes, so of `host` they may be absent.
int run(host::Host host, const Locate& locate, const Options& options);

}  // namespace tarn::shell
