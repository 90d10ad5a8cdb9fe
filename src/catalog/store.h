// The catalog's rows in SQLite. Layout: docs/formats/catalog.md. Used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/changes.h"
#include "host/sqlite.h"

namespace tarn::catalog {

inline constexpr std::int64_t kStoreVersion = 1;  // PRAGMA user_version of the databases we write
inline constexpr std::string_view kDefaultNamespace = "public";
inline constexpr std::chrono::hours kOutcomeLifetime{24};  // of an idempotency key

struct Head {
  TableName name;
  TableUuid uuid;
  std::string location;
};

struct Rows {
  CatalogVersion version;
  StateData::Namespaces namespaces;
  std::vector<Head> heads;  // main's present ones
  StateData::Bindings bindings;
  StateData::Landed landed;
};

class Store {
 public:
  // Opens or makes the database at `path`. Errors: kCorruption, kUnsupported (a newer kStoreVersion), kIo,
  // kUnavailable.
  static Result<std::unique_ptr<Store>> open(host::Files& files, const host::Path& path);

  Result<Rows> load();

  // The outcome of the commit with this idempotency key, if it is still known.
  Result<std::optional<Committed>> outcome(const std::string& key, TimestampMs now);

  // All of it in one transaction. kCommitUnknown if SQLite's COMMIT failed; with any other error nothing has changed.
  // After an error the store is of no use: close it and open it anew.
  Result<void> write(const Changes& changes);
  // Whether the last kCommitUnknown came from a disk that refused (kIo), rather than from one that was full.
  bool disk_failed() const { return disk_failed_; }

 private:
  explicit Store(std::unique_ptr<host::Sqlite> database) : database_(std::move(database)) {}
  Result<void> make_tables();
  Result<void> write_rows(const Changes& changes);
  Result<void> write_head(const HeadChange& head, CatalogVersion version);
  Result<void> write_binding(const Binding& binding);
  Result<void> write_landed(const LandedKey& key, Offset end);
  Result<void> write_outcomes(const Changes& changes);
  Result<void> load_heads(Rows& rows);
  Result<void> load_bindings(Rows& rows);
  Result<void> load_landed(Rows& rows);

  std::unique_ptr<host::Sqlite> database_;
  bool disk_failed_ = false;
};

}  // namespace tarn::catalog
