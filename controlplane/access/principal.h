// Who calls, and what a call shows of it.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "controlplane/access/rpc_rules.h"

namespace sluice::access {

// What stands in a call, unchecked.
struct Presented {
  bool tls = false;
  std::string_view token = {};        // "" if there is none
  std::string_view certificate = {};  // PEM; "" if there is none
};

// Who has been let in.
struct Principal {
  std::string token_id;  // public; empty for a node with a certificate
  std::string name;      // of the token, or "node " and the node's id
  Role role = Role::kViewer;

  // Of nodes only.
  std::string node = {};  // that the certificate is of; empty: it came with a join token
  // When the join token was made, or the certificate issued.
  absl::Time issued_at = absl::InfinitePast();
  absl::Time expires_at = absl::InfiniteFuture();  // of the certificate
};

}  // namespace sluice::access
