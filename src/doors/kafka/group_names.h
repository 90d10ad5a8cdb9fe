// The right to act on a consumer group.
#pragma once

#include <string_view>

#include "doors/kafka/api_table.h"

namespace tarn::doors::kafka {

bool may_group(const Caller& caller, access::Action action, std::string_view group);

}  // namespace tarn::doors::kafka
