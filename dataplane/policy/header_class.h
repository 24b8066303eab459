// Which header fields may not cross the gateway, by name (docs/PASSTHROUGH.md, 3.2, 3.3, 4.2).
#pragma once

#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "dataplane/http/header_list.h"

namespace sluice::policy {

// Belongs to one connection or to one message's framing: whoever writes the next message writes its
// own.
bool IsHopByHop(std::string_view name);

// Where a client's credential is looked for, and may therefore stand.
bool IsClientCredential(std::string_view name);

// Only the gateway itself says X-Sluice-*.
bool IsGatewayOwn(std::string_view name);

// Is not forwarded from client to provider, credentials included.
bool StopsUpstream(std::string_view name);

// Is not forwarded from provider to client.
bool StopsDownstream(std::string_view name);

// The names that the Connection fields of a message give to be removed with them. Views into the
// header list.
class ConnectionNames {
 public:
  explicit ConnectionNames(const http::HeaderList& headers);
  bool Has(std::string_view name) const;

 private:
  std::vector<std::string_view> names_;
};

}  // namespace sluice::policy
