// A `records` field of Produce and Fetch: record batches that are never copied.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace tarn::wire::kafka {

// Null; or pieces that follow one another on the wire; or a promise of bytes that whoever sends the message puts there
// itself, straight from a file. Borrows: decoded, it is one piece of the request's frame; to be encoded, the pieces
// must outlive the Writer that they were written to.
class Records {
 public:
  Records() = default;
  explicit Records(ByteView bytes) { add(bytes); }
  static Records promise(std::size_t size) {
    Records records;
    records.is_null_ = false;
    records.promised_ = size;
    return records;
  }

  void add(ByteView piece) {
    is_null_ = false;
    if (!piece.empty()) pieces_.push_back(piece);
  }

  bool is_null() const { return is_null_; }
  std::size_t size() const {
    std::size_t total = promised_;
    for (ByteView piece : pieces_) total += piece.size();
    return total;
  }
  const std::vector<ByteView>& pieces() const { return pieces_; }
  std::size_t promised() const { return promised_; }

  // The bytes of a decoded field: its one piece, empty if null.
  ByteView bytes() const { return pieces_.empty() ? ByteView{} : pieces_.front(); }

 private:
  bool is_null_ = true;
  std::vector<ByteView> pieces_;
  std::size_t promised_ = 0;
};

}  // namespace tarn::wire::kafka
