// On whose behalf a use case runs; what the history and the audit say of it.
#pragma once

#include <string>

#include "controlplane/access/token_gate.h"

namespace sluice::ops {

struct Caller {
  access::Principal principal;
  std::string peer;  // address, e.g. "ipv4:127.0.0.1:4711"
  std::string rpc;   // e.g. "CreateProvider"
};

}  // namespace sluice::ops
