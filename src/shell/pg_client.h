// A client's end of the Postgres protocol 3, simple queries only: what `tarn sql` speaks. Values come as text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarn::shell {

struct Report {  // an error or a notice of the server's
  std::string severity, sqlstate, message, detail, hint;
  int position = 0;  // 1-based character of the query; 0: none
};

struct Column {
  std::string name;
  std::uint32_t type = 0;  // its Oid
};

using Value = std::optional<std::string_view>;

// Where a query's answers go, in the order they come.
class Answers {
 public:
  virtual ~Answers() = default;
  virtual void columns(const std::vector<Column>& columns) = 0;
  virtual void row(const std::vector<Value>& values) = 0;  // borrowed until it returns
  virtual void complete(std::string_view tag) = 0;
  virtual void notice(const Report& notice) = 0;
};

// One thread at a time, but for cancel().
class PgClient {
 public:
  // kUnavailable: nobody answers. kInvalidArgument: the server refuses, with its reason.
  static Result<std::unique_ptr<PgClient>> connect(const std::string& host, std::uint16_t port,
                                                   const std::string& database);
  virtual ~PgClient() = default;

  // Runs `text` and returns when the server waits for the next: the error of the statement that failed, if one did.
  // An Error: the connection is lost (kUnavailable), or the server broke the protocol.
  virtual Result<std::optional<Report>> query(std::string_view text, Answers& answers) = 0;
  // 'I' in no transaction, 'T' in one, 'E' in one that failed.
  virtual char transaction() const = 0;
  // Asks the server to cancel what runs. From any thread; what goes wrong is of no matter.
  virtual void cancel() = 0;
};

}  // namespace tarn::shell
