#include "controlplane/access/access_gate.h"

#include <utility>

#include "common/base/text.h"

namespace sluice::access {

absl::StatusOr<std::unique_ptr<AccessGate>> AccessGate::Load(store::Store& store,
                                                             std::string authority,
                                                             const base::Clock& clock) {
  const auto rows = store.Tokens();
  if (!rows.ok()) return rows.status();
  auto tokens = TokenGate::Make(*rows, clock);
  if (!tokens.ok()) return tokens.status();
  const auto nodes = store.Nodes();
  if (!nodes.ok()) return nodes.status();
  return std::unique_ptr<AccessGate>(
      new AccessGate(*std::move(tokens), std::move(authority), *nodes, clock));
}

absl::StatusOr<Principal> AccessGate::Admit(std::string_view method,
                                            const Presented& presented) const {
  const RpcRule* rule = FindRpcRule(method);
  if (rule == nullptr) return AdmitAdmin(method, Role::kOwner, true, presented);
  switch (rule->role) {
    case Role::kViewer:
    case Role::kOperator:
    case Role::kOwner:
      return AdmitAdmin(method, rule->role, false, presented);
    case Role::kNode:
      return AdmitNode(presented);
    case Role::kNewcomer:
      return AdmitNewcomer(presented);
    case Role::kMember:
      return nodes_.Check(presented.certificate);
  }
  return absl::PermissionDeniedError(base::Cat("nobody may call ", method));
}

absl::StatusOr<Principal> AccessGate::AdmitAdmin(std::string_view method, Role needed, bool denied,
                                                 const Presented& presented) const {
  auto principal = tokens_->CheckAdmin(presented.token);
  if (!principal.ok()) return principal;
  // The roles of admin tokens stand in their order.
  if (principal->role >= needed && !denied) return principal;
  return absl::PermissionDeniedError(base::Cat("the token \"", principal->name, "\" (",
                                               AdminRoleName(principal->role), ") may not call ",
                                               base::Escaped(method)));
}

absl::StatusOr<Principal> AccessGate::AdmitNode(const Presented& presented) const {
  // Over TLS a token only joins: else one that was handed around would stay good for ever, and no
  // node could be expelled.
  if (presented.tls) return nodes_.Check(presented.certificate);
  auto principal = tokens_->CheckJoin(presented.token);
  if (!principal.ok() || principal->role == Role::kNode) return principal;
  return absl::PermissionDeniedError(
      base::Cat("the join token \"", principal->name, "\" is for one use: it joins over TLS only"));
}

absl::StatusOr<Principal> AccessGate::AdmitNewcomer(const Presented& presented) const {
  auto principal = tokens_->CheckJoin(presented.token);
  if (!principal.ok() || presented.tls) return principal;
  return absl::FailedPreconditionError(
      "this control plane listens without TLS: a node gets a certificate over TLS only");
}

absl::Status AccessGate::CheckNode(const Principal& principal, std::string_view node) const {
  if (!principal.node.empty() && principal.node != node) {
    return absl::PermissionDeniedError(
        base::Cat("the certificate is of node ", principal.node, ", not of ", base::Escaped(node)));
  }
  return nodes_.CheckNotExpelled(node, principal.issued_at);
}

}  // namespace sluice::access
