// Parameters of every type, in both formats; what decodes must be printable.
#include "base/assert.h"
#include "wire/postgres/parameters.h"

using namespace tarn;
using namespace tarn::wire::postgres;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr Oid kTypes[] = {kBoolOid,      kByteaOid,       kInt8Oid,    kInt2Oid,   kInt4Oid, kTextOid,
                                   kOidOid,       kJsonOid,        kFloat4Oid,  kFloat8Oid, kDateOid, kTimeOid,
                                   kTimestampOid, kTimestamptzOid, kNumericOid, kUuidOid,   kJsonbOid};
  if (size < 1) return 0;
  Oid type = kTypes[data[0] % std::size(kTypes)];
  ByteView bytes(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  Buffer out;
  for (auto value : {decode_text(type, as_text(bytes)), decode_binary(type, bytes)}) {
    if (!value) continue;
    if (auto* decimal = std::get_if<Decimal>(&*value)) {
      binary_numeric(out, decimal->unscaled, decimal->scale);
      auto again = decode_binary(kNumericOid, out);
      TARN_ASSERT(again && std::get<Decimal>(*again).unscaled == decimal->unscaled);
    }
    if (auto* date = std::get_if<Date>(&*value)) text_date(out, date->days);
    if (auto* time = std::get_if<Time>(&*value)) text_time(out, time->micros);
    if (auto* timestamp = std::get_if<Timestamp>(&*value)) text_timestamp(out, timestamp->micros);
    if (auto* timestamp = std::get_if<Timestamptz>(&*value)) text_timestamptz(out, timestamp->micros, 3600);
    if (auto* number = std::get_if<double>(&*value)) text_float8(out, *number);
    if (auto* number = std::get_if<float>(&*value)) text_float4(out, *number);
    out.clear();
  }
  return 0;
}
