// A pair of connected ends between main and one of its workers: whole messages, each with a few file descriptors
// (a Unix SOCK_STREAM pair; descriptors travel by SCM_RIGHTS).
//
//   +-------------+----------+------------------------+
//   | length: u32 | fds: u32 | payload: length bytes  |   little-endian; descriptors ride with the header
//   +-------------+----------+------------------------+
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/clock.h"

namespace tarn::host {

inline constexpr Bytes kChannelMessageMax{64u << 20};
inline constexpr std::size_t kChannelDescriptorsMax = 250;  // the kernel's SCM_MAX_FD is 253

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void close();
  Result<Descriptor> duplicate() const;

 private:
  int fd_ = -1;
};

struct Message {
  Buffer payload;
  std::vector<Descriptor> descriptors;
};

// One end. send() from any thread (whole messages never interleave); receive() from one thread at a time. Both block;
// shutdown() from another thread wakes them. Errors: kUnavailable when the peer is gone, kTimeout, kLimit, kIo.
class Channel {
 public:
  explicit Channel(Descriptor socket);
  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) noexcept;
  ~Channel();
  Result<void> send(ByteView payload, std::span<const int> descriptors = {});
  // nullopt deadline: wait for ever.
  Result<Message> receive(std::optional<MonotonicTime> deadline = std::nullopt);
  void shutdown();
  int descriptor() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Two connected sockets: one to keep, one to hand to a child.
Result<std::pair<Descriptor, Descriptor>> socket_pair();

}  // namespace tarn::host
