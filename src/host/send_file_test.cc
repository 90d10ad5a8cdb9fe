#include "host/send_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "host/channel.h"
#include "host/test_folder.h"

using namespace tarn;
using namespace tarn::host;

TEST_CASE("a file's bytes reach a socket from where they are asked, as many as it takes") {
  TestFolder folder;
  auto files = real_files();
  auto file = files->open(folder.file("segment"), OpenMode::kCreateNew);
  REQUIRE(file);
  Buffer content(4 << 20);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 >> 3);
  REQUIRE((*file)->write_at(content, 0_B));
  auto ends = socket_pair();
  REQUIRE(ends);
  ::fcntl(ends->first.get(), F_SETFL, O_NONBLOCK);

  Buffer received;
  Buffer step(1 << 20);
  for (std::size_t sent = 10; sent < content.size();) {
    auto took = send_file(ends->first.get(), **file, Bytes(sent), Bytes(content.size() - sent));
    REQUIRE(took);
    sent += *took;
    ssize_t got = ::recv(ends->second.get(), step.data(), step.size(), MSG_DONTWAIT);
    if (got > 0) received.insert(received.end(), step.begin(), step.begin() + got);
  }
  for (ssize_t got; (got = ::recv(ends->second.get(), step.data(), step.size(), MSG_DONTWAIT)) > 0;) {
    received.insert(received.end(), step.begin(), step.begin() + got);
  }
  CHECK(received == Buffer(content.begin() + 10, content.end()));
  CHECK(send_file(ends->first.get(), **file, Bytes(content.size()), 1_B).error().code == Code::kIo);
}
