// log_bench FOLDER [BATCH_BYTES] [PARTITIONS] [THREADS] [SECONDS] [always|never]: how fast the log takes batches, on
// real files.
//
// Each thread keeps up to 64 batches in the air. Prints MB/s, batches/s and the ack latency's percentiles.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <thread>

#include "host/clock.h"
#include "host/files.h"
#include "host/random.h"
#include "log/log.h"
#include "wire/kafka/record_batch.h"

namespace {

using namespace tarn;

constexpr std::ptrdiff_t kInTheAir = 64;

struct Plan {
  std::size_t batch_bytes = 16384;
  int partitions = 100;
  int threads = 2;
  int seconds = 5;
  std::string fsync = "always";
};

struct Tally {
  std::mutex mutex;
  std::vector<double> latencies_ms;
};

void produce(log::Log& log, host::Clock& clock, TopicId topic, const Plan& plan, int thread, Tally& tally) {
  wire::kafka::RecordBatchBuilder builder;
  std::string value(plan.batch_bytes, 'x');
  builder.add(clock.wall_ms(), std::nullopt, as_bytes(value));
  Buffer batch = *builder.build({});
  std::counting_semaphore<kInTheAir> free(kInTheAir);
  host::MonotonicTime end = clock.now() + std::chrono::seconds(plan.seconds);
  for (int i = thread; clock.now() < end; i += plan.threads) {
    free.acquire();
    host::MonotonicTime begin = clock.now();
    log.append({topic, PartitionId(i % plan.partitions)}, batch, [&, begin](log::AppendResult result) {
      if (result.status != log::AppendStatus::kOk) std::fprintf(stderr, "%s\n", result.message.c_str());
      double ms = std::chrono::duration<double, std::milli>(clock.now() - begin).count();
      {
        std::lock_guard lock(tally.mutex);
        tally.latencies_ms.push_back(ms);
      }
      free.release();
    });
  }
  for (std::ptrdiff_t i = 0; i < kInTheAir; ++i) free.acquire();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    return std::fprintf(stderr, "usage: log_bench FOLDER [BATCH_BYTES PARTITIONS THREADS SECONDS FSYNC]\n"), 2;
  Plan plan;
  if (argc > 2) plan.batch_bytes = std::strtoul(argv[2], nullptr, 10);
  if (argc > 3) plan.partitions = std::atoi(argv[3]);
  if (argc > 4) plan.threads = std::atoi(argv[4]);
  if (argc > 5) plan.seconds = std::atoi(argv[5]);
  if (argc > 6) plan.fsync = argv[6];
  auto files = host::real_files();
  auto clock = host::real_clock();
  auto random = host::real_random();
  host::MonotonicTime begin = clock->now();
  auto opened = log::Log::open({*files, *clock, *random}, argv[1], {}, nullptr, nullptr);
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message.c_str()), 1;
  std::printf("open: %.0f ms\n", std::chrono::duration<double, std::milli>(clock->now() - begin).count());
  log::Log& log = **opened;
  auto topic = log.create_topic(
      {"bench-" + std::to_string(clock->wall_ms().value()), plan.partitions, {{"tarn.fsync", plan.fsync}}});
  if (!topic) return std::fprintf(stderr, "%s\n", topic.error().message.c_str()), 1;
  Tally tally;
  begin = clock->now();
  std::vector<std::thread> threads;
  for (int t = 0; t < plan.threads; ++t)
    threads.emplace_back([&, t] { produce(log, *clock, topic->id, plan, t, tally); });
  for (std::thread& thread : threads) thread.join();
  double seconds = std::chrono::duration<double>(clock->now() - begin).count();
  auto& all = tally.latencies_ms;
  std::ranges::sort(all);
  auto at = [&](double share) { return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))]; };
  double count = static_cast<double>(all.size());
  std::printf("%.0f MB/s, %.0f batches/s, ack p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
              count * static_cast<double>(plan.batch_bytes) / 1e6 / seconds, count / seconds, at(0.5), at(0.99), at(1));
  if (std::getenv("TARN_BENCH_KILL")) std::quick_exit(0);  // an unclean stop, to time the next open
  return 0;
}
