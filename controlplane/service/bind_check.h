// Why an address cannot be listened on, in the words of the system: the libraries that listen do
// not say.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/base/address.h"

namespace sluice::service {

// OK if `address` can be bound now; else names `flag`, the address and the reason.
absl::Status CheckBindable(const base::HostPort& address, std::string_view flag);

}  // namespace sluice::service
