// A Kafka producer as fast as librdkafka is: acks=all, linger 5 ms, batches up to 1 MB. Prints one line:
//   records N bytes B seconds S p50_ms P p99_ms P errors E
// Latency is from produce() to the delivery report.
//
//   kafka_load BROKER TOPIC RECORDS BYTES [RATE [FILE]]   RATE records/s, 0 for as fast as it goes. Values are BYTES of
//                                                         text that hardly compresses, or the lines of FILE, from the
//                                                         first again after the last.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

std::vector<float> latencies_ms;
long long errors = 0;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err) {
    ++errors;
    return;
  }
  latencies_ms.push_back(float(now_us() - std::int64_t(reinterpret_cast<std::intptr_t>(message->_private))) / 1000);
}

rd_kafka_t* connect(const char* broker) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const char* settings[][2] = {{"bootstrap.servers", broker},
                               {"acks", "all"},
                               {"linger.ms", "5"},
                               {"batch.size", "1000000"},
                               {"queue.buffering.max.messages", "500000"},
                               {"queue.buffering.max.kbytes", "262144"}};
  for (auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
      std::fprintf(stderr, "%s\n", why), std::exit(1);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (!producer) std::fprintf(stderr, "%s\n", why), std::exit(1);
  return producer;
}

std::vector<std::string> values(std::size_t bytes, const char* file) {
  std::vector<std::string> found;
  if (file) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) found.push_back(line);
    return found;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string& value = found.emplace_back(bytes, ' ');
    for (char& c : value) c = char('!' + random() % 90);
  }
  return found;
}

void send(rd_kafka_t* producer, rd_kafka_topic_t* topic, const std::string& value) {
  for (;;) {
    void* opaque = reinterpret_cast<void*>(std::intptr_t(now_us()));
    int failed = rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                                  value.size(), nullptr, 0, opaque);
    if (!failed) return;
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      std::fprintf(stderr, "%s\n", rd_kafka_err2str(rd_kafka_last_error())), std::exit(1);
    rd_kafka_poll(producer, 10);
  }
}

float percentile(double share) {
  if (latencies_ms.empty()) return 0;
  auto at = latencies_ms.begin() + std::ptrdiff_t(double(latencies_ms.size() - 1) * share);
  std::nth_element(latencies_ms.begin(), at, latencies_ms.end());
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return std::fprintf(stderr, "kafka_load BROKER TOPIC RECORDS BYTES [RATE [FILE]]\n"), 2;
  long long records = std::atoll(argv[3]);
  double rate = argc > 5 ? std::atof(argv[5]) : 0;
  auto bodies = values(std::size_t(std::atoll(argv[4])), argc > 6 ? argv[6] : nullptr);
  rd_kafka_t* producer = connect(argv[1]);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[2], nullptr);
  const rd_kafka_metadata_t* metadata;  // so that connecting is not measured
  if (rd_kafka_metadata(producer, 0, topic, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
  latencies_ms.reserve(std::size_t(records));

  auto started = Clock::now();
  long long bytes = 0;
  for (long long sent = 0; sent < records; ++sent) {
    const std::string& value = bodies[std::size_t(sent) % bodies.size()];
    if (rate > 0) {
      auto due =
          started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(double(sent) / rate));
      while (Clock::now() < due) rd_kafka_poll(producer, 1);
    }
    send(producer, topic, value);
    bytes += static_cast<long long>(value.size());
    if (sent % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  while (rd_kafka_outq_len(producer) > 0) rd_kafka_poll(producer, 10);
  double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  std::printf("records %lld bytes %lld seconds %.4f p50_ms %.3f p99_ms %.3f errors %lld\n", records, bytes, seconds,
              double(percentile(0.5)), double(percentile(0.99)), errors);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return errors ? 1 : 0;
}
