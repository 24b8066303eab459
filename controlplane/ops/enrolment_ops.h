// Nodes come in, stay in and are put out: certificates for them, and their end. Thread-safe.
//
// Each is one transaction of the node's row, the token that was used up, and the audit. What it
// changes counts at once.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/crypto/certificate_authority.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/store.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::ops {

class EnrolmentOps {
 public:
  // What signs certificates. Without an authority there are none to be had.
  struct Issuer {
    const crypto::CertificateAuthority* authority = nullptr;
    absl::Duration lifetime = absl::Hours(24);
    std::string server_authority = {};  // PEM, for JoinResponse.authority
  };

  // All must outlive the object.
  EnrolmentOps(store::Store& store, access::AccessGate& gate, Issuer issuer,
               const base::Clock& clock)
      : store_(store), gate_(gate), issuer_(std::move(issuer)), clock_(clock) {}

  // By a caller with a join token. Unauthenticated if that is no longer good; PermissionDenied for
  // a node that was expelled after it was made.
  absl::StatusOr<fleet::v1::JoinResponse> Join(const Caller& caller,
                                               const fleet::v1::JoinRequest& request);
  // By a caller with a certificate.
  absl::StatusOr<fleet::v1::JoinResponse> Renew(const Caller& caller,
                                                const fleet::v1::RenewRequest& request);
  // `seen`: the node connected since the start, so that it exists although it may have no
  // certificate. NotFound for one that nobody knows. Its connections are the caller's to end.
  absl::Status Expel(const Caller& caller, const std::string& node, bool seen);

 private:
  struct Issued {
    std::string certificate;  // PEM
    absl::Time at;
    absl::Time expires_at;
  };

  absl::StatusOr<Issued> Issue(const std::string& node, const std::string& request) const;
  // The row of `node` as it will be; an error if what was issued at `shown_at` is worth nothing.
  static absl::StatusOr<store::NodeRow> RowFor(store::EnrolmentRows& rows, const std::string& node,
                                               const Issued& issued, absl::Time shown_at);
  fleet::v1::JoinResponse Response(Issued issued) const;

  store::Store& store_;
  access::AccessGate& gate_;
  const Issuer issuer_;
  const base::Clock& clock_;
};

}  // namespace sluice::ops
