#include "doors/http/packed.h"

#include <zlib.h>

namespace tarn::doors::http {
namespace {

constexpr int kLevel = 4;
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

// "" if zlib has no memory.
std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) return "";
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace

Answer packed(Answer answer, const Request& request) {
  constexpr std::size_t kBytesMax = 1u << 30;  // zlib counts in 32 bits
  if (answer.content_type != "application/json" || answer.stream || answer.body.size() < kPackedBytesMin.count() ||
      answer.body.size() > kBytesMax || !request.accept_encoding.contains("gzip"))
    return answer;
  std::string small = gzip(answer.body);
  if (small.empty()) return answer;
  answer.body = std::move(small);
  answer.headers.emplace_back("content-encoding", "gzip");
  answer.headers.emplace_back("vary", "accept-encoding");
  return answer;
}

}  // namespace tarn::doors::http
