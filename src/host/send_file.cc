#include "host/send_file.h"

#include <sys/sendfile.h>

#include "host/errno_error.h"

namespace tarn::host {

Result<std::size_t> send_file(int socket, const File& file, Bytes position, Bytes count) {
  auto offset = static_cast<off_t>(position.count());
  ssize_t sent = retry_interrupted([&] { return ::sendfile(socket, file.descriptor(), &offset, count.count()); });
  if (sent > 0) return static_cast<std::size_t>(sent);
  if (sent == 0) return fail(Code::kIo, "cannot send a file to a socket: it ends before what was to be sent");
  if (errno == EAGAIN) return 0;
  return fail_errno("send a file to", "a socket");
}

}  // namespace tarn::host
