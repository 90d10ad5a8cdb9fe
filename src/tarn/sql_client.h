// `tarn sql`: statements to a Postgres door by the simple query protocol, results as aligned text.
#pragma once

#include <string>

#include "base/result.h"

namespace tarn::app {

// Runs `statement`, or, if it is empty, standard input up to its end. Prints results on standard output and notices on
// standard error. Errors: the server's, with its SQLSTATE; kUnavailable if the door does not answer.
Result<void> run_sql(const std::string& address, const std::string& statement);

}  // namespace tarn::app
