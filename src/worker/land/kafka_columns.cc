#include "worker/land/kafka_columns.h"

namespace tarn::worker::land {
namespace {

using tail::ColumnBuilder;
using wire::kafka::Record;

void append_nullable(const std::optional<ByteView>& bytes, ColumnBuilder& column) {
  if (bytes)
    column.append_bytes(bytes->data(), bytes->size());
  else
    column.append_null();
}

void append_headers(const Record& record, ColumnBuilder& column) {
  ColumnBuilder& header = column.children()[0];
  for (const wire::kafka::RecordHeader& from : record.headers) {
    header.children()[0].append_bytes(from.key.data(), from.key.size());
    append_nullable(from.value, header.children()[1]);
    header.end_struct();
  }
  column.end_list();
}

// -1 is Kafka's "no timestamp".
void append_timestamp(TimestampMs timestamp, ColumnBuilder& column) {
  constexpr std::int64_t kMsMax = INT64_MAX / 1000;
  if (timestamp.value() < 0 || timestamp.value() > kMsMax)
    column.append_null();
  else
    column.append(timestamp.value() * 1000);
}

}  // namespace

void append_metadata(std::string_view topic_id, PartitionId partition, const Record& record, ColumnBuilder& column) {
  auto& fields = column.children();
  fields[0].append_bytes(topic_id.data(), topic_id.size());
  fields[1].append(partition.value());
  fields[2].append(record.offset.value());
  append_timestamp(record.timestamp, fields[3]);
  append_nullable(record.key, fields[4]);
  append_headers(record, fields[5]);
  column.end_struct();
}

void append_dead_letter(const tail::Source& source, std::string_view topic, const Record& record,
                        std::string_view reason, tail::ChunkBuilder& rows) {
  auto& columns = rows.columns();
  append_nullable(record.value, columns[0]);
  append_nullable(record.key, columns[1]);
  columns[2].append_bytes(reason.data(), reason.size());
  columns[3].append_bytes(topic.data(), topic.size());
  columns[4].append(source.partition.value());
  columns[5].append(record.offset.value());
  append_timestamp(record.timestamp, columns[6]);
  append_headers(record, columns[7]);
  rows.end_row();
}

}  // namespace tarn::worker::land
