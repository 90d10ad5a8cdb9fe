// Rows of pg_catalog that are the same in every image, and what others refer to.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sql/types.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

using tarn::sql::Oid;

inline constexpr Oid kPgCatalog = 11, kPublic = 2200, kInformationSchema = 13000, kToast = 99;
inline constexpr Oid kOwner = 10, kHeap = 2, kDefaultCollation = 100, kCCollation = 950;
inline constexpr Oid kFirstOwnOid = 16384;   // as in Postgres: below are system objects
inline constexpr Oid kFirstViewOid = 12000;  // of the system relations, those from here on are views
inline constexpr Oid kClassOid = 1259;       // pg_class's own, in pg_description
inline constexpr std::string_view kRole = "tarn";

Result<void> fill_constants(Connection& connection);

}  // namespace tarn::worker::sql
