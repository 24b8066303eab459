// What callers of a running control plane may hold: join tokens, certificates, and what only looks
// like one. One thread.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/key_text.h"
#include "common/crypto/private_key.h"
#include "controlplane/access/node_gate.h"
#include "controlplane/store/store.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {

// A client's side of TLS.
struct Shown {
  std::string certificate;  // empty: none
  base::Secret private_key;

  Shown Clone() const { return {certificate, private_key.Clone()}; }
};

// The authority of a control plane, from its files.
inline crypto::CertificateAuthority AuthorityOf(const RunningApp& app) {
  auto authority = crypto::CertificateAuthority::Load(
      *base::ReadFile(app.folder().File("state/ca.crt")),
      base::Secret(*base::ReadFile(app.folder().File("state/ca.key"))));
  EXPECT_TRUE(authority.ok()) << authority.status();
  return *std::move(authority);
}

// For `node`, from `issued` on; the control plane does not know of it.
inline Shown MakeShown(const crypto::CertificateAuthority& authority, const std::string& node,
                       absl::Time issued = absl::Now(), absl::Duration life = absl::Hours(24)) {
  base::Secret key = crypto::MakePrivateKey();
  auto certificate = authority.IssueClient(*crypto::MakeCertificateRequest(key),
                                           access::NodeUri(node), issued, life);
  EXPECT_TRUE(certificate.ok()) << certificate.status();
  return {*std::move(certificate), std::move(key)};
}

// Puts a token into the store of a control plane that does not run.
inline base::Secret AddToken(const AppOptions& options, store::TokenKind kind, std::string name,
                             std::string role, absl::Time expires_at = absl::InfiniteFuture()) {
  base::SystemClock clock;
  auto opened = OpenOrCreateStore(options.paths, clock);
  EXPECT_TRUE(opened.ok()) << opened.status();
  const bool admin = kind == store::TokenKind::kAdmin;
  crypto::NewKey key =
      crypto::MintKey(admin ? crypto::kAdminTokenPrefix : crypto::kJoinTokenPrefix);
  const store::TokenRow row{.id = key.id,
                            .kind = kind,
                            .name = std::move(name),
                            .role = std::move(role),
                            .sha256 = key.sha256,
                            .created_at = absl::Now(),
                            .expires_at = expires_at};
  store::AuditEntry entry;
  entry.at = absl::Now();
  const absl::Status added = opened->store->Enrol(
      std::move(entry), [&](store::EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const absl::Status inserted = rows.InsertToken(row);
        if (!inserted.ok()) return inserted;
        return "token made by a test";
      });
  EXPECT_TRUE(added.ok()) << added;
  return std::move(key.text);
}

// Through the API.
inline base::Secret MakeJoinToken(RunningApp& app, const std::string& name,
                                  bool single_use = false) {
  admin::v1::CreateJoinTokenRequest request;
  request.set_name(name);
  request.set_single_use(single_use);
  admin::v1::CreateJoinTokenResponse response;
  const grpc::Status status = admin::v1::JoinTokenService::NewStub(app.Channel())
                                  ->CreateJoinToken(app.AsOwner().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return base::Secret(response.token());
}

inline base::Secret MakeAdminToken(RunningApp& app, const std::string& name,
                                   const std::string& role) {
  admin::v1::CreateAdminTokenRequest request;
  request.set_name(name);
  request.set_role(role);
  admin::v1::CreateAdminTokenResponse response;
  const grpc::Status status = admin::v1::AdminTokenService::NewStub(app.Channel())
                                  ->CreateAdminToken(app.AsOwner().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return base::Secret(response.text());
}

inline grpc::Status RevokeAdminToken(RunningApp& app, const std::string& name) {
  admin::v1::RevokeAdminTokenRequest request;
  request.set_token(name);
  admin::v1::RevokeAdminTokenResponse response;
  return admin::v1::AdminTokenService::NewStub(app.Channel())
      ->RevokeAdminToken(app.AsOwner().get(), request, &response);
}

inline grpc::Status RevokeJoinToken(RunningApp& app, const std::string& name) {
  admin::v1::RevokeJoinTokenRequest request;
  request.set_id(name);
  admin::v1::RevokeJoinTokenResponse response;
  return admin::v1::JoinTokenService::NewStub(app.Channel())
      ->RevokeJoinToken(app.AsOwner().get(), request, &response);
}

inline grpc::Status Expel(RunningApp& app, const std::string& node) {
  admin::v1::ExpelNodeRequest request;
  request.set_node(node);
  admin::v1::ExpelNodeResponse response;
  return admin::v1::NodeService::NewStub(app.Channel())
      ->ExpelNode(app.AsOwner().get(), request, &response);
}

// Joins; `shown` is what the node holds from then on.
inline grpc::Status Join(RunningApp& app, const std::string& node, const base::Secret& token,
                         Shown* shown = nullptr) {
  base::Secret key = crypto::MakePrivateKey();
  fleet::v1::JoinRequest request;
  request.set_node_id(node);
  request.set_certificate_request(*crypto::MakeCertificateRequest(key));
  fleet::v1::JoinResponse response;
  const grpc::Status status = fleet::v1::Fleet::NewStub(app.Channel())
                                  ->Join(RunningApp::With(token).get(), request, &response);
  if (status.ok() && shown != nullptr) *shown = {response.certificate(), std::move(key)};
  return status;
}

}  // namespace sluice::controlplane
