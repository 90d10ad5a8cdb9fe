// The columns of a row that come from the record, not from its value: `_kafka`, and those of a dead letter.
#pragma once

#include <string_view>

#include "tail/chunk_builder.h"
#include "tail/tail.h"
#include "wire/kafka/record_batch.h"

namespace tarn::worker::land {

// `column` is engine::metadata_field()'s.
void append_metadata(std::string_view topic_id, PartitionId partition, const wire::kafka::Record& record,
                     tail::ColumnBuilder& column);

// One row of engine::dead_letter_fields().
void append_dead_letter(const tail::Source& source, std::string_view topic, const wire::kafka::Record& record,
                        std::string_view reason, tail::ChunkBuilder& rows);

}  // namespace tarn::worker::land
