// Says who a caller is, and no to whoever may not call: every RPC passes it first. What it knows of
// tokens and nodes is that of this moment. Thread-safe.
//
// What a caller has to show is its rule's (rpc_rules.h). What a call shows beside that counts for
// nothing: a node's certificate opens no RPC of the admin API, and an admin token none of nodes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/access/node_gate.h"
#include "controlplane/access/principal.h"
#include "controlplane/access/token_gate.h"
#include "controlplane/store/store.h"

namespace sluice::access {

class AccessGate {
 public:
  // With the tokens and nodes of `store`. `authority`: PEM of what signs nodes' certificates; empty
  // if nothing does. DataLoss names a token whose role is unknown.
  static absl::StatusOr<std::unique_ptr<AccessGate>> Load(store::Store& store,
                                                          std::string authority,
                                                          const base::Clock& clock);

  // Unauthenticated: what the rule of `method` asks for is missing or not valid. PermissionDenied:
  // the caller is known, but may not call it, or there is no rule. FailedPrecondition: over TLS
  // only.
  absl::StatusOr<Principal> Admit(std::string_view method, const Presented& presented) const;
  // Whether who was admitted to Connect may call itself `node`.
  absl::Status CheckNode(const Principal& principal, std::string_view node) const;

  TokenGate& tokens() { return *tokens_; }
  NodeGate& nodes() { return nodes_; }
  const NodeGate& nodes() const { return nodes_; }

 private:
  AccessGate(std::unique_ptr<TokenGate> tokens, std::string authority,
             const std::vector<store::NodeRow>& nodes, const base::Clock& clock)
      : tokens_(std::move(tokens)), nodes_(std::move(authority), nodes, clock) {}

  absl::StatusOr<Principal> AdmitAdmin(std::string_view method, Role needed, bool denied,
                                       const Presented& presented) const;
  absl::StatusOr<Principal> AdmitNode(const Presented& presented) const;
  absl::StatusOr<Principal> AdmitNewcomer(const Presented& presented) const;

  std::unique_ptr<TokenGate> tokens_;
  NodeGate nodes_;
};

}  // namespace sluice::access
