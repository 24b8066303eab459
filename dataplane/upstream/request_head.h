// The head of a request as it goes to a provider.
#pragma once

#include <string>

#include "dataplane/upstream/request.h"

namespace sluice::upstream {

// Request line, Host, the request's own fields in their order, framing, blank line. All of it has
// been checked: nothing in it ends a line.
void AppendRequestHead(const Request& request, std::string* out);

}  // namespace sluice::upstream
