// Results as text: aligned as psql does, one value a line, CSV, JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shell/output.h"
#include "shell/pg_client.h"

namespace tarn::shell {

inline constexpr std::size_t kAlignedRows = 1000;  // rows that wait for each other; more come in the widths of these

enum class Format {
  kAligned,   //  city | fare       numbers to the right, NULL spelt out
  kExpanded,  // a value a line: \x
  kCsv,       // RFC 4180, a header first; NULL is nothing, the empty string ""
  kJson,      // an array of objects for each result, an object a line
};

// One result, from its columns to its end.
class Printer {
 public:
  virtual ~Printer() = default;
  virtual void row(const std::vector<Value>& values) = 0;
  virtual void finish() = 0;
};

// `null`: how NULL looks in kAligned and kExpanded. `out` is borrowed.
std::unique_ptr<Printer> make_printer(Format format, Output& out, const std::vector<Column>& columns,
                                      std::string_view null);

}  // namespace tarn::shell
