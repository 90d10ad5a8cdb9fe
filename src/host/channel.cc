#include "host/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>

#include "base/endian.h"
#include "host/deadline.h"
#include "host/errno_error.h"

namespace tarn::host {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));  // on Linux the number is free even after EINTR: never closed twice
}

Result<Descriptor> Descriptor::duplicate() const {
  Descriptor copy(::fcntl(fd_, F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) return fail_errno("duplicate", "a descriptor");
  return copy;
}

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::string_view kOtherEnd = "the other end of a channel";

std::unexpected<Error> fail_socket(std::string_view what) {
  if (errno == EPIPE || errno == ECONNRESET) return fail(Code::kUnavailable, std::string(kOtherEnd) + " is gone");
  if (errno == ETOOMANYREFS) return fail(Code::kUnavailable, "too many descriptors are in flight on a channel");
  return fail_errno(what, kOtherEnd);
}

struct alignas(cmsghdr) ControlBuffer {
  std::array<char, CMSG_SPACE(kChannelDescriptorsMax * sizeof(int))> bytes;
};

void attach(msghdr& message, ControlBuffer& control, std::span<const int> descriptors) {
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
}

// Takes ownership of every descriptor that came along, before anything can fail.
void detach(msghdr& message, std::vector<Descriptor>& into) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      into.emplace_back(fd);
    }
  }
}

}  // namespace

struct Channel::State {
  explicit State(Descriptor s) : socket(std::move(s)) {}

  Descriptor socket;
  std::mutex send_mutex;
  // The message being received; kept over a timeout in its middle.
  std::array<std::byte, kHeaderBytes> header{};
  std::size_t header_got = 0;
  std::size_t payload_got = 0;
  Message message;

  Result<void> wait_readable(std::optional<MonotonicTime> deadline);
  Result<void> receive_header(std::optional<MonotonicTime> deadline);
  Result<void> receive_payload(std::optional<MonotonicTime> deadline);
  Result<void> check_header();
  // What follows can't be told apart any more: both ends learn that the channel is over.
  std::unexpected<Error> give_up(Error error);
};

Channel::Channel(Descriptor socket) : state_(std::make_unique<State>(std::move(socket))) {}
Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;
Channel::~Channel() = default;

int Channel::descriptor() const { return state_->socket.get(); }

void Channel::shutdown() { ::shutdown(state_->socket.get(), SHUT_RDWR); }

Result<void> Channel::send(ByteView payload, std::span<const int> descriptors) {
  if (payload.size() > kChannelMessageMax.count())
    return fail(Code::kLimit, "a channel message of " + std::to_string(payload.size()) +
                                  " bytes is over the limit of " + std::to_string(kChannelMessageMax.count()));
  if (descriptors.size() > kChannelDescriptorsMax)
    return fail(Code::kLimit, "a channel message carries " + std::to_string(descriptors.size()) +
                                  " descriptors, over the limit of " + std::to_string(kChannelDescriptorsMax));
  std::array<std::byte, kHeaderBytes> header;
  store_le<std::uint32_t>(header.data(), static_cast<std::uint32_t>(payload.size()));
  store_le<std::uint32_t>(header.data() + 4, static_cast<std::uint32_t>(descriptors.size()));

  std::lock_guard guard(state_->send_mutex);
  ControlBuffer control{};
  std::size_t done = 0;
  while (done < kHeaderBytes + payload.size()) {
    std::size_t header_done = std::min(done, kHeaderBytes);
    std::size_t payload_done = done - header_done;
    iovec parts[] = {{header.data() + header_done, kHeaderBytes - header_done},
                     {const_cast<std::byte*>(payload.data()) + payload_done, payload.size() - payload_done}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (done == 0 && !descriptors.empty()) attach(message, control, descriptors);
    ssize_t sent = retry_interrupted([&] { return ::sendmsg(state_->socket.get(), &message, MSG_NOSIGNAL); });
    if (sent < 0 && done == 0) return fail_socket("send to");
    if (sent < 0) return state_->give_up(fail_socket("send to").error());  // a half message is out
    done += static_cast<std::size_t>(sent);
  }
  return {};
}

std::unexpected<Error> Channel::State::give_up(Error error) {
  ::shutdown(socket.get(), SHUT_RDWR);
  return std::unexpected(std::move(error));
}

Result<void> Channel::State::wait_readable(std::optional<MonotonicTime> deadline) {
  if (!deadline) return {};
  while (true) {
    pollfd waiting{socket.get(), POLLIN, 0};
    int ready = ::poll(&waiting, 1, poll_timeout_ms(deadline));
    if (ready > 0) return {};
    if (ready == 0) return fail(Code::kTimeout, "no message came on a channel in time");
    if (errno != EINTR) return fail_errno("wait for", kOtherEnd);
  }
}

Result<void> Channel::State::receive_header(std::optional<MonotonicTime> deadline) {
  while (header_got < kHeaderBytes) {
    TARN_TRY(wait_readable(deadline));
    ControlBuffer control;
    iovec part{header.data() + header_got, kHeaderBytes - header_got};
    msghdr incoming{};
    incoming.msg_iov = &part;
    incoming.msg_iovlen = 1;
    incoming.msg_control = control.bytes.data();
    incoming.msg_controllen = control.bytes.size();
    ssize_t got = retry_interrupted([&] { return ::recvmsg(socket.get(), &incoming, MSG_CMSG_CLOEXEC); });
    if (got < 0) return fail_socket("receive from");
    detach(incoming, message.descriptors);
    if (incoming.msg_flags & MSG_CTRUNC)
      return give_up({Code::kUnavailable, "descriptors on a channel were lost: too many open files, or too many sent"});
    if (got == 0) return fail(Code::kUnavailable, std::string(kOtherEnd) + " is gone");
    header_got += static_cast<std::size_t>(got);
    if (header_got == kHeaderBytes) TARN_TRY(check_header());
  }
  return {};
}

Result<void> Channel::State::check_header() {
  std::uint32_t length = load_le<std::uint32_t>(header.data());
  std::uint32_t descriptors = load_le<std::uint32_t>(header.data() + 4);
  if (length > kChannelMessageMax.count())
    return give_up({Code::kLimit, "a channel message says it has " + std::to_string(length) +
                                      " bytes, over the limit of " + std::to_string(kChannelMessageMax.count())});
  if (descriptors != message.descriptors.size())
    return give_up({Code::kIo, "a channel message says it carries " + std::to_string(descriptors) +
                                   " descriptors and has " + std::to_string(message.descriptors.size())});
  message.payload.resize(length);
  return {};
}

Result<void> Channel::State::receive_payload(std::optional<MonotonicTime> deadline) {
  while (payload_got < message.payload.size()) {
    TARN_TRY(wait_readable(deadline));
    ssize_t got = retry_interrupted([&] {
      return ::recv(socket.get(), message.payload.data() + payload_got, message.payload.size() - payload_got, 0);
    });
    if (got < 0) return fail_socket("receive from");
    if (got == 0) return fail(Code::kUnavailable, std::string(kOtherEnd) + " went away in the middle of a message");
    payload_got += static_cast<std::size_t>(got);
  }
  return {};
}

Result<Message> Channel::receive(std::optional<MonotonicTime> deadline) {
  TARN_TRY(state_->receive_header(deadline));
  TARN_TRY(state_->receive_payload(deadline));
  state_->header_got = state_->payload_got = 0;
  return std::exchange(state_->message, {});
}

Result<std::pair<Descriptor, Descriptor>> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("make", "a socket pair");
  return std::pair{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace tarn::host
