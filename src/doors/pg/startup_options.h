// What a startup message asks for.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wire/postgres/frontend.h"

namespace tarn::doors::pg {

struct StartupOptions {
  std::string user;
  std::string database;  // the user's name if none was given, as in Postgres
  bool replication = false;
  std::vector<std::pair<std::string, std::string>> settings;  // also those of `options`: "-c a=b --c-d=e"
};

// kInvalidArgument if `options` is not understood.
Result<StartupOptions> read_startup(const wire::postgres::Startup& startup);

}  // namespace tarn::doors::pg
