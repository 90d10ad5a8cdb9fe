// Answers of text, gzipped for who takes that.
#pragma once

#include "base/bytes.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

inline constexpr Bytes kPackedBytesMin = 1_KiB;  // a smaller one is not worth it

// `answer` as it goes to whoever asked `request`: JSON from kPackedBytesMin on is gzipped if they accept it, and says
// so.
Answer packed(Answer answer, const Request& request);

}  // namespace tarn::doors::http
