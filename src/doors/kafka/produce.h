// Produce: each partition's batch goes to the log unparsed; the answer comes when every one of them is durable.
#pragma once

#include <functional>

#include "doors/kafka/api_table.h"
#include "wire/kafka/messages/produce.h"

namespace tarn::doors::kafka {

// Called once, on any thread, maybe before start_produce returns.
using ProduceDone = std::move_only_function<void(wire::kafka::ProduceResponse)>;

// Starts the appends, in the request's order; blocks while the log's write path is full. The bytes that `request`
// borrows live until `done` was called.
void start_produce(const Caller& caller, wire::kafka::ProduceRequest request, std::int16_t version, ProduceDone done);

}  // namespace tarn::doors::kafka
