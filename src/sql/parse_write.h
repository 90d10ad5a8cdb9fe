// What a statement that writes says, from its tree. Internal to parse.cc.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sql/rewrite.h"
#include "sql/tree.h"

namespace tarn::sql {

using InnerStatement = std::function<std::shared_ptr<const Parsed>(const PgQuery__Node* query)>;

// False if `node` is none of CREATE TABLE AS, CREATE VIEW, INSERT and DROP. `words` are those after its first AS.
bool classify_write(const Source& source, const PgQuery__Node* node, std::string_view words,
                    const InnerStatement& inner, Parsed& statement);

// Makes `statement` a kUnsupported that says so of `what`.
void unsupported(Parsed& statement, std::string_view what);

}  // namespace tarn::sql
