// Takes a statement's rows as texts: what a run does with the few rows that it asks for itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/session.h"

namespace tarn::flow::publish {

inline constexpr std::size_t kReadBytesMax = 4u << 20;  // of one statement's rows; what is past it is dropped

class RowReader final : public engine::Client {
 public:
  void columns(std::span<const engine::Column> columns, std::span<const std::int16_t> formats) override;
  bool rows(ByteView messages, bool cut) override;
  void complete(std::string_view) override {}
  void empty_query() override {}
  void suspended() override {}
  void notice(std::string_view, std::string_view, std::string_view) override {}
  void setting(std::string_view, std::string_view) override {}

  const std::vector<std::string>& names() const { return names_; }
  // The rows that came whole; a value is nullopt where it is null.
  std::vector<std::vector<std::optional<std::string>>> take();

 private:
  std::vector<std::string> names_;
  std::string bytes_;  // DataRow messages
};

}  // namespace tarn::flow::publish
