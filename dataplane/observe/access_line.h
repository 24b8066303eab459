// The access log's line of a request: one JSON object. docs/OPERATIONS.md explains each field; what
// is not known is left out. Pure.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/observe/request_record.h"

namespace sluice::observe {

// Ends with a line feed.
std::string AccessLine(const RequestRecord& record, std::string_view node);

}  // namespace sluice::observe
