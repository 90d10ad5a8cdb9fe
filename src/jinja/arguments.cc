#include "jinja/arguments.h"

#include <fmt/format.h>

#include "jinja/operators.h"

namespace tarn::jinja {

Result<Taken> Taken::of(const Call& call, std::string_view function, std::initializer_list<std::string_view> names,
                        std::size_t required) {
  Taken taken;
  taken.function_ = function;
  taken.names_ = names;
  TARN_ASSIGN(taken.values_, call.take(function, taken.names_, required));
  return taken;
}

Result<Taken> Taken::positional(const Call& call, std::string_view function,
                                std::initializer_list<std::string_view> names, std::size_t required) {
  if (!call.named.empty())
    return fail(Code::kInvalidArgument, fmt::format("`{}` takes its arguments without names", function));
  return of(call, function, names, required);
}

std::unexpected<Error> Taken::wrong(std::size_t i, std::string_view wanted) const {
  if (values_[i]->is_undefined()) return undefined_error(*values_[i]);
  return fail(Code::kInvalidArgument,
              fmt::format("`{}` takes {} as `{}`, not {}", function_, wanted, names_[i], values_[i]->type_name()));
}

Result<std::int64_t> Taken::integer(std::size_t i, std::int64_t absent) const {
  if (!values_[i]) return absent;
  if (const auto number_given = whole(*values_[i])) return *number_given;
  return wrong(i, "a whole number");
}

Result<std::string> Taken::text(std::size_t i, std::string_view absent) const {
  if (!values_[i]) return std::string(absent);
  if (const std::string* given = values_[i]->string()) return *given;
  return wrong(i, "a text");
}

Result<bool> Taken::truth(std::size_t i, bool absent) const {
  return values_[i] ? jinja::truth(*values_[i]) : Result<bool>(absent);
}

}  // namespace tarn::jinja
