// File bytes to a socket without passing through our memory (sendfile).
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "host/files.h"

namespace tarn::host {

// Sends up to `count` bytes of `file` from `position` on to a non-blocking stream socket; returns how many it took, 0
// when it takes none now. `file` has a descriptor. May wait for the disk. Errors: kIo, also when the peer is gone or
// the file ends at `position`.
Result<std::size_t> send_file(int socket, const File& file, Bytes position, Bytes count);

}  // namespace tarn::host
