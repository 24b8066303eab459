#include "controlplane/access/node_gate.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/certificate.h"

namespace sluice::access {
namespace {

constexpr std::string_view kScheme = "sluice-node:";

// "" if there is not exactly one name, of a node.
std::string NodeOf(const crypto::CertificateFacts& facts) {
  if (facts.uris.size() != 1 || !facts.hosts.empty()) return "";
  std::string_view name = facts.uris.front();
  return base::ConsumePrefix(name, kScheme) ? std::string(name) : "";
}

}  // namespace

std::string NodeUri(std::string_view node) { return base::Cat(kScheme, node); }

absl::Status CheckNotExpelled(const store::NodeRow& node, absl::Time issued_at) {
  if (!node.expelled_at.has_value() || issued_at > *node.expelled_at) return absl::OkStatus();
  return absl::PermissionDeniedError(
      base::Cat("node ", base::Escaped(node.id), " was expelled at ",
                absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *node.expelled_at, absl::UTCTimeZone()),
                ": to come back it needs a join token that was made since"));
}

NodeGate::NodeGate(std::string authority, const std::vector<store::NodeRow>& nodes,
                   const base::Clock& clock)
    : authority_(std::move(authority)), clock_(clock) {
  for (const store::NodeRow& node : nodes) nodes_.emplace(node.id, node);
}

absl::StatusOr<Principal> NodeGate::Check(std::string_view certificate) const {
  if (certificate.empty() || authority_.empty()) {
    return absl::UnauthenticatedError("a node's certificate is required");
  }
  auto facts = crypto::CheckClientCertificate(certificate, authority_, clock_.Now());
  if (!facts.ok()) return facts.status();
  std::string node = NodeOf(*facts);
  if (node.empty()) return absl::UnauthenticatedError("the certificate is not one of a node");
  if (absl::Status status = CheckNotExpelled(node, facts->issued_at); !status.ok()) return status;
  return Principal{.token_id = "",
                   .name = base::Cat("node ", node),
                   .role = Role::kNode,
                   .node = node,
                   .issued_at = facts->issued_at,
                   .expires_at = facts->not_after};
}

absl::Status NodeGate::CheckNotExpelled(std::string_view node, absl::Time issued_at) const {
  const auto row = Find(node);
  return row.has_value() ? access::CheckNotExpelled(*row, issued_at) : absl::OkStatus();
}

void NodeGate::Put(const store::NodeRow& node) {
  absl::MutexLock lock(&mutex_);
  store::NodeRow& row = nodes_.try_emplace(node.id, node).first->second;
  row.expelled_at = std::max(row.expelled_at, node.expelled_at);  // none is before any
  if (row.joined_at > node.joined_at) return;
  row.joined_at = node.joined_at;
  row.expires_at = node.expires_at;
}

std::optional<store::NodeRow> NodeGate::Find(std::string_view node) const {
  absl::MutexLock lock(&mutex_);
  const auto found = nodes_.find(std::string(node));
  if (found == nodes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace sluice::access
