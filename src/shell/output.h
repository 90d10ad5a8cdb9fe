// Where results go: standard output; on a terminal, what is longer than it goes through a pager.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/terminal.h"

namespace tarn::shell {

class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view text) = 0;
  virtual void finish() {}               // the end of one result
  virtual bool gone() { return false; }  // nobody reads any more: no use in going on
};

// The whole text, in memory: for tests.
class StringOutput final : public Output {
 public:
  void write(std::string_view more) override { text += more; }
  std::string text;
};

// Standard output.
class PlainOutput final : public Output {
 public:
  void write(std::string_view text) override;
  void finish() override;
  bool gone() override;
};

// A terminal: what fits is printed at the end of the result, else the pager gets it from the first line on.
class PagedOutput final : public Output {
 public:
  // `pager`: a command for the shell; empty: none.
  PagedOutput(host::Processes& processes, std::string pager)
      : processes_(processes), pager_command_(std::move(pager)) {}
  void write(std::string_view text) override;
  void finish() override;
  bool gone() override { return gone_; }

 private:
  bool fits(std::string_view more);
  host::Processes& processes_;
  std::string pager_command_;
  std::string waiting_;
  std::size_t rows_ = 0;
  std::unique_ptr<host::Pager> pager_;
  bool gone_ = false;
};

// $PSQL_PAGER or $PAGER, else less if it is there; empty for none, as on a terminal that is dumb.
std::string choose_pager();

}  // namespace tarn::shell
