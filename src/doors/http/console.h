// The console: the files that web/ builds, served from the binary at /.
//
// Names of files under /assets/ carry a hash of their content: browsers keep them for good. The rest is asked for each
// time. A page may load from this door only, and runs no script or style that stands in a page.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "doors/http/route.h"

namespace tarn::doors::http {

struct ConsoleFile {
  std::string_view path;  // "/index.html", "/assets/index-3f2a.js"
  std::string_view content_type;
  std::string_view plain, gzip;  // the same bytes
  bool immutable = false;
};

// What web/ was built to; generated source, linked into the binary only.
std::span<const ConsoleFile> console_files();

// `files` live as long as the routes. /index.html is also / and each page of the console's own, such as /runs/17.
std::vector<Route> console_routes(std::span<const ConsoleFile> files);

}  // namespace tarn::doors::http
