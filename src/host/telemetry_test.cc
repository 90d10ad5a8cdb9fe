#include <doctest/doctest.h>

#include "host/log_limit.h"
#include "host/logging.h"
#include "host/metrics.h"

using namespace tarn::host;

TEST_CASE("a log line is one line that splits at spaces") {
  CHECK(log_text("log", "segment_rolled", {{"topic", "rides"}, {"partition", 3}, {"clean", true}}) ==
        "log segment_rolled topic=rides partition=3 clean=true");
  CHECK(log_text("log", "e", {{"reason", "disk \"full\"\nnow\x01"}, {"empty", ""}, {"path", "a=b"}}) ==
        "log e reason=\"disk \\\"full\\\"\\nnow\\x01\" empty=\"\" path=\"a=b\"");
}

TEST_CASE("of lines that outsiders cause one a second is written, and says how many were not") {
  ManualClock clock(tarn::TimestampMs(0));
  LogLimit limit(clock);
  CHECK(limit.take() == 0);
  for (int i = 0; i < 5; ++i) CHECK(!limit.take());
  clock.advance(std::chrono::seconds(1));
  CHECK(limit.take() == 5);
  CHECK(!limit.take());
  clock.advance(std::chrono::seconds(10));
  CHECK(limit.take() == 1);
}

TEST_CASE("metrics come out in the Prometheus text format") {
  Counter counter("tarn_host_test_total", "For this test.", {{"kind", "x"}});
  Counter(counter).add(2);
  Counter("tarn_host_test_total", "For this test.", {{"kind", "x"}}).add();
  Gauge("tarn_host_test_bytes", "For this test.").set(7);
  Histogram("tarn_host_test_seconds", "For this test.", {0.1, 1}).observe(0.5);
  std::string text = metrics_text();
  CHECK(text.find("# TYPE tarn_host_test_total counter\ntarn_host_test_total{kind=\"x\"} 3\n") != std::string::npos);
  CHECK(text.find("tarn_host_test_bytes 7\n") != std::string::npos);
  CHECK(text.find("tarn_host_test_seconds_bucket{le=\"1\"} 1\n") != std::string::npos);
}
