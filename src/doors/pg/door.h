// The Postgres door: listens, speaks protocol 3 with any client of it, and drives the engine's sessions.
//
// One network thread runs every connection's bytes; each session has a thread of its own, because a statement waits:
// for a seat, for the worker, for a slow client.
//
//   read loop ── whole messages ──> inbox ──> conversation (session's thread) ──> engine ──> worker
//   socket <── outgoing, bounded <── conversation, which waits while the client is behind
//
// A client that goes away stops its statement at once. No password on loopback; one database, "tarn"; any user.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/session.h"

namespace tarn::doors::pg {

struct DoorOptions {
  std::string address = "127.0.0.1";  // loopback only, until authentication exists
  std::uint16_t port = 5433;          // 0 picks one

  std::size_t sessions_max = 200;                 // more are told 53300
  std::size_t connections_max = 300;              // cancel requests and strangers included; more are closed at once
  std::chrono::milliseconds startup_max{10'000};  // from connecting to a whole startup message
  std::chrono::milliseconds client_stall_max{600'000};  // a client that takes no bytes for so long is closed
  std::chrono::milliseconds shutdown_max{2'000};        // for clients to take their last message when the door closes
  Bytes inbox_bytes_max = 1_MiB;                        // messages of one client read ahead
  Bytes outgoing_bytes_max = 1_MiB;                     // answers of one client not taken yet
  Bytes message_memory_max = 256_MiB;                   // of all clients' messages above 64 KiB; past it 53200
};

class Door {
 public:
  // Listens and serves. What `platform` borrows outlives the door.
  // Errors: kInvalidArgument (no such address), kDenied (not loopback), kUnavailable (the port is taken), kIo.
  static Result<std::unique_ptr<Door>> open(const DoorOptions& options, const engine::Platform& platform);

  // Stops every statement, tells the clients (57P01), closes every connection.
  ~Door();

  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Door(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::doors::pg
