#include "controlplane/ops/enrolment_ops.h"

#include <optional>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/certificate.h"
#include "common/wire/field_text.h"
#include "common/wire/node_id.h"

namespace sluice::ops {
namespace {

using store::EnrolmentRows;
using store::NodeRow;
using store::TokenRow;

std::string Until(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// The gate saw the token a moment ago; of two who use it up at once, one comes too late.
absl::StatusOr<TokenRow> StillGood(const EnrolmentRows& rows, const Caller& caller) {
  auto token = rows.FindToken(caller.principal.token_id);
  if (!token.ok()) return token.status();
  if (!token->has_value()) return absl::UnauthenticatedError("a valid join token is required");
  if (!(*token)->used_by.empty()) {
    return absl::UnauthenticatedError(
        base::Cat("the join token \"", (*token)->name, "\" was for one use, and has been used"));
  }
  return **std::move(token);
}

}  // namespace

absl::StatusOr<EnrolmentOps::Issued> EnrolmentOps::Issue(const std::string& node,
                                                         const std::string& request) const {
  if (issuer_.authority == nullptr) {
    return absl::FailedPreconditionError("this control plane issues no certificates");
  }
  const absl::Time now = clock_.Now();
  auto certificate =
      issuer_.authority->IssueClient(request, access::NodeUri(node), now, issuer_.lifetime);
  if (!certificate.ok()) return certificate.status();
  const auto facts = crypto::ReadCertificate(*certificate);
  if (!facts.ok()) return facts.status();
  return Issued{*std::move(certificate), facts->issued_at, facts->not_after};
}

absl::StatusOr<NodeRow> EnrolmentOps::RowFor(EnrolmentRows& rows, const std::string& node,
                                             const Issued& issued, absl::Time shown_at) {
  auto known = rows.FindNode(node);
  if (!known.ok()) return known.status();
  NodeRow row = (*known).value_or(NodeRow{.id = node});
  if (absl::Status status = access::CheckNotExpelled(row, shown_at); !status.ok()) return status;
  row.joined_at = issued.at;
  row.expires_at = issued.expires_at;
  return row;
}

fleet::v1::JoinResponse EnrolmentOps::Response(Issued issued) const {
  fleet::v1::JoinResponse response;
  response.set_certificate(std::move(issued.certificate));
  response.set_authority(issuer_.server_authority);
  return response;
}

absl::StatusOr<fleet::v1::JoinResponse> EnrolmentOps::Join(const Caller& caller,
                                                           const fleet::v1::JoinRequest& request) {
  const std::string& node = request.node_id();
  if (!wire::IsNodeId(node)) {
    return absl::InvalidArgumentError(
        base::Cat("node_id ", wire::Quoted(node), " is not ", wire::kNodeIdRule));
  }
  auto issued = Issue(node, request.certificate_request());
  if (!issued.ok()) return issued.status();
  NodeRow row;
  bool used_up = false;
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, issued->at), [&](EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const auto token = StillGood(rows, caller);
        if (!token.ok()) return token.status();
        auto made = RowFor(rows, node, *issued, token->created_at);
        if (!made.ok()) return made.status();
        row = *std::move(made);
        absl::Status status = rows.PutNode(row);
        used_up = token->single_use;
        if (status.ok() && used_up) status = rows.MarkUsed(token->id, node);
        if (!status.ok()) return status;
        return base::Cat("node ", node, " joined, certificate until ", Until(issued->expires_at));
      });
  if (!stored.ok()) return stored;
  gate_.nodes().Put(row);
  if (used_up) gate_.tokens().MarkUsed(caller.principal.token_id, node);
  return Response(*std::move(issued));
}

absl::StatusOr<fleet::v1::JoinResponse> EnrolmentOps::Renew(
    const Caller& caller, const fleet::v1::RenewRequest& request) {
  const std::string& node = caller.principal.node;
  auto issued = Issue(node, request.certificate_request());
  if (!issued.ok()) return issued.status();
  NodeRow row;
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, issued->at), [&](EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        auto made = RowFor(rows, node, *issued, caller.principal.issued_at);
        if (!made.ok()) return made.status();
        row = *std::move(made);
        const absl::Status put = rows.PutNode(row);
        if (!put.ok()) return put;
        return base::Cat("certificate of node ", node, " renewed until ",
                         Until(issued->expires_at));
      });
  if (!stored.ok()) return stored;
  gate_.nodes().Put(row);
  return Response(*std::move(issued));
}

absl::Status EnrolmentOps::Expel(const Caller& caller, const std::string& node, bool seen) {
  NodeRow row;
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, clock_.Now()), [&](EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const auto known = rows.FindNode(node);
        if (!known.ok()) return known.status();
        if (!known->has_value() && !seen) {
          return absl::NotFoundError(base::Cat("there is no node ", wire::Quoted(node)));
        }
        row = known->value_or(NodeRow{.id = node});
        // Not before this transaction: what another issued until then has to be worth nothing.
        row.expelled_at = clock_.Now();
        const absl::Status put = rows.PutNode(row);
        if (!put.ok()) return put;
        return base::Cat("node ", node, " expelled");
      });
  if (stored.ok()) gate_.nodes().Put(row);
  return stored;
}

}  // namespace sluice::ops
