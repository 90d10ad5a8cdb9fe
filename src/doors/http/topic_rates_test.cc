#include "doors/http/topic_rates.h"

#include <doctest/doctest.h>

namespace tarn::doors::http {

TEST_CASE("a topic's rate is the mean of the last seconds, and none before there is one to tell") {
  TopicRates rates;
  TopicId topic;
  host::MonotonicTime start{};
  auto at = [&](double seconds) {
    return start + std::chrono::duration_cast<host::Duration>(std::chrono::duration<double>(seconds));
  };
  CHECK(!rates.note(topic, 1000, at(0)));
  CHECK(!rates.note(topic, 1010, at(0.1)));
  CHECK(*rates.note(topic, 1100, at(1)) == doctest::Approx(100));
  for (int second = 2; second <= 60; ++second) rates.note(topic, 1100 + 50 * (second - 1), at(second));
  CHECK(*rates.note(topic, 1100 + 50 * 60, at(61)) == doctest::Approx(50));
  CHECK(*rates.note(topic, 0, at(62)) == 0);  // deleted and made anew
  rates.forget_unseen(at(80));
  CHECK(!rates.note(topic, 5, at(80)));
}

}  // namespace tarn::doors::http
