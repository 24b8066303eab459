// Who may call what: one row for each RPC of the API. What has no row is denied.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::access {

enum class Role {
  // With an admin token; each may also do what those before it may.
  kViewer,    // sees everything but secrets
  kOperator,  // changes the configuration, moves nodes
  kOwner,     // and what opens doors: tokens, nodes' certificates, backups, seeds, master keys
  // A data plane.
  kNode,      // its certificate; on a plaintext connection a join token for any number of uses
  kNewcomer,  // a join token, over TLS only
  kMember,    // its certificate
};

struct RpcRule {
  std::string_view method;  // e.g. "/sluice.admin.v1.ProviderService/CreateProvider"
  Role role;                // that it takes
  bool writes = false;
};

const std::vector<RpcRule>& RpcRules();
// Null if there is none.
const RpcRule* FindRpcRule(std::string_view method);

}  // namespace sluice::access
