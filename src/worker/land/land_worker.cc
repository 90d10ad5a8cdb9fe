#include "worker/land/land_worker.h"

#include <malloc.h>
#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/land_protocol.h"
#include "host/clock.h"
#include "host/logging.h"
#include "worker/land/parquet_writer.h"
#include "worker/land/range_decoder.h"

namespace tarn::worker::land {
namespace {

constexpr std::size_t kWritesQueuedMax = 64;  // main has a few in the air at most
constexpr std::chrono::seconds kIdle{5};      // then memory is given back: DuckDB's, the decoder's, malloc's

struct WriteJob {
  std::variant<engine::Write, engine::Rewrite> request;
  std::vector<host::Descriptor> chunks;

  engine::LandRequestId id() const {
    return std::visit([](const auto& each) { return each.id; }, request);
  }
};

// Writes Parquet files one after another on a thread of its own. DuckDB is opened by the first.
class WriteThread {
 public:
  WriteThread(host::Files& files, host::Channel& channel, const LandWorkerOptions& options)
      : files_(files), channel_(channel), options_(options), thread_([this] { run(); }) {}

  ~WriteThread() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void add(WriteJob job) {
    std::unique_lock lock(mutex_);
    if (jobs_.size() >= kWritesQueuedMax) {
      lock.unlock();
      reply(job.id(), fail(Code::kLimit, "too many writes at a time"));
      return;
    }
    jobs_.push_back(std::move(job));
    lock.unlock();
    wake_.notify_one();
  }

 private:
  void run() {
    ::pthread_setname_np(::pthread_self(), "tarn-land-write");
    while (auto job = next()) reply(job->id(), run(*job));
  }

  std::optional<WriteJob> next() {
    std::unique_lock lock(mutex_);
    auto something = [&] { return stopping_ || !jobs_.empty(); };
    if (!wake_.wait_for(lock, kIdle, something)) {
      lock.unlock();
      writer_.reset();
      ::malloc_trim(0);
      lock.lock();
      wake_.wait(lock, something);
    }
    if (stopping_) return std::nullopt;
    WriteJob job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  Result<table::DataFile> run(const WriteJob& job) {
    if (!writer_) {
      TARN_ASSIGN(writer_, ParquetWriter::open(options_.memory_max, options_.temp));
    }
    if (auto* rewrite = std::get_if<engine::Rewrite>(&job.request)) return writer_->rewrite(files_, *rewrite);
    const auto& write = std::get<engine::Write>(job.request);
    auto set = std::make_shared<ChunkSet>();
    set->schema = write.schema;
    for (const host::Descriptor& descriptor : job.chunks) {
      TARN_ASSIGN(auto view, tail::ChunkView::map(descriptor.get(), set->schema));
      set->chunks.push_back(std::make_shared<const tail::ChunkView>(std::move(view)));
    }
    return writer_->write(files_, write.path, std::move(set));
  }

  void reply(engine::LandRequestId id, Result<table::DataFile> file) {
    engine::LandReply reply;
    if (file)
      reply = engine::Written{id, std::move(*file)};
    else
      reply = engine::LandFailed{id, file.error().code, std::move(file.error().message)};
    if (auto sent = channel_.send(encode(reply)); !sent) channel_.shutdown();
  }

  host::Files& files_;
  host::Channel& channel_;
  const LandWorkerOptions& options_;
  std::unique_ptr<ParquetWriter> writer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<WriteJob> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

Result<void> answer_decode(RangeDecoder& decoder, const engine::Decode& request,
                           std::vector<host::Descriptor> descriptors, host::Channel& channel) {
  std::vector<std::unique_ptr<host::File>> files;
  for (host::Descriptor& descriptor : descriptors)
    files.push_back(host::received_file(std::move(descriptor), "a segment of " + request.topic));
  RangeDecoder::Answer answer = decoder.decode(request, files);
  std::vector<int> chunks;
  for (const host::Descriptor& chunk : answer.chunks) chunks.push_back(chunk.get());
  return channel.send(encode(answer.reply), chunks);
}

// The next message. While there is none the decoder begins anew: what it kept was only there for speed.
Result<host::Message> receive(host::Clock& clock, host::Channel& channel, std::optional<RangeDecoder>& decoder) {
  auto message = channel.receive(clock.now() + kIdle);
  if (message || message.error().code != Code::kTimeout) return message;
  decoder.emplace();
  ::malloc_trim(0);
  return channel.receive();
}

Result<void> serve(host::Files& files, host::Channel& channel, const LandWorkerOptions& options) {
  auto clock = host::real_clock();
  std::optional<RangeDecoder> decoder(std::in_place);
  WriteThread writes(files, channel, options);
  while (true) {
    TARN_ASSIGN(host::Message message, receive(*clock, channel, decoder));
    TARN_ASSIGN(engine::LandRequest request, engine::decode_land_request(message.payload));
    if (auto* decode = std::get_if<engine::Decode>(&request)) {
      TARN_TRY(answer_decode(*decoder, *decode, std::move(message.descriptors), channel));
    } else if (auto* rewrite = std::get_if<engine::Rewrite>(&request)) {
      writes.add({std::move(*rewrite), {}});
    } else {
      writes.add({std::get<engine::Write>(std::move(request)), std::move(message.descriptors)});
    }
  }
}

}  // namespace

int run_land_worker(host::Files& files, host::Channel& channel, const LandWorkerOptions& options) {
  Result<void> served = serve(files, channel, options);
  if (served || served.error().code == Code::kUnavailable) return 0;  // main is gone
  host::log_error("worker/land", "stopped", {{"error", served.error().message}});
  return 1;
}

}  // namespace tarn::worker::land
