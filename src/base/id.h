// Ids and counts as types: an Offset is not a PartitionId, and neither is an int.
//
// Arithmetic is only what makes sense: id + distance, id - id = distance, ++. Anything else goes through value().
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tarn {

template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;
  constexpr Id operator+(Rep distance) const { return Id(static_cast<Rep>(value_ + distance)); }
  constexpr Id operator-(Rep distance) const { return Id(static_cast<Rep>(value_ - distance)); }
  constexpr Rep operator-(Id other) const { return static_cast<Rep>(value_ - other.value_); }
  constexpr Id& operator++() {
    ++value_;
    return *this;
  }
  constexpr Id& operator+=(Rep distance) {
    value_ = static_cast<Rep>(value_ + distance);
    return *this;
  }

 private:
  Rep value_{};
};

// Kafka's: the position of a record in a partition, from 0, without holes but where compaction or recovery left one.
using Offset = Id<struct OffsetTag, std::int64_t>;
using PartitionId = Id<struct PartitionIdTag, std::int32_t>;
using LeaderEpoch = Id<struct LeaderEpochTag, std::int32_t>;
using ProducerId = Id<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = Id<struct ProducerEpochTag, std::int16_t>;

// Iceberg's.
using SnapshotId = Id<struct SnapshotIdTag, std::int64_t>;
using SequenceNumber = Id<struct SequenceNumberTag, std::int64_t>;
using SchemaId = Id<struct SchemaIdTag, std::int32_t>;
using FieldId = Id<struct FieldIdTag, std::int32_t>;

// The catalog's: one more with every commit, over all branches.
using CatalogVersion = Id<struct CatalogVersionTag, std::int64_t>;

// Milliseconds since the Unix epoch, the unit of Kafka's record timestamps and Iceberg's snapshot timestamps.
using TimestampMs = Id<struct TimestampMsTag, std::int64_t>;

}  // namespace tarn

template <class Tag, class Rep>
struct std::hash<tarn::Id<Tag, Rep>> {
  std::size_t operator()(tarn::Id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
