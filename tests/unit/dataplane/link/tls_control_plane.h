// A control plane over TLS that lets nodes join and renew, and remembers what they showed. Any
// thread.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/private_key.h"
#include "common/wire/channel.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::test {

class TlsControlPlane final : public fleet::v1::Fleet::Service {
 public:
  // Certificates are issued by `clock`; its own by the real one, which its peers go by.
  TlsControlPlane(std::string token, const base::Clock& clock)
      : token_(std::move(token)),
        clock_(clock),
        authority_(crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24 * 3650))) {
    const base::Secret key = crypto::MakePrivateKey();
    const auto certificate =
        authority_.IssueServer(key, {"localhost", "127.0.0.1"}, absl::Now(), absl::Hours(24));
    EXPECT_TRUE(certificate.ok()) << certificate.status();
    grpc::ServerBuilder builder;
    wire::ConfigureServer(builder);
    builder.AddListeningPort("127.0.0.1:0", wire::TlsServer({*certificate, key.Clone()}), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~TlsControlPlane() override {
    if (!released_.HasBeenNotified()) released_.Notify();
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  std::string address() const { return base::Cat("127.0.0.1:", port_); }
  const std::string& authority() const { return authority_.certificate(); }
  void SetLifetime(absl::Duration lifetime) { lifetime_ = lifetime; }
  // Join is answered only when the object ends.
  void Hold() { hold_ = true; }
  // The next calls of either kind fail.
  void Fail(grpc::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  int joins() const {
    absl::MutexLock lock(&mutex_);
    return joins_;
  }
  // The certificates with which renewals came.
  std::vector<std::string> renewals() const {
    absl::MutexLock lock(&mutex_);
    return renewals_;
  }

 private:
  grpc::Status Join(grpc::ServerContext* context, const fleet::v1::JoinRequest* request,
                    fleet::v1::JoinResponse* response) override {
    if (hold_) released_.WaitForNotification();
    absl::MutexLock lock(&mutex_);
    ++joins_;
    if (!failure_.ok()) return failure_;
    if (wire::TokenOf(context->client_metadata()) != token_) {
      return {grpc::StatusCode::UNAUTHENTICATED, "a valid join token is required"};
    }
    return Issue(request->certificate_request(), request->node_id(), response);
  }
  grpc::Status Renew(grpc::ServerContext* context, const fleet::v1::RenewRequest* request,
                     fleet::v1::JoinResponse* response) override {
    absl::MutexLock lock(&mutex_);
    renewals_.push_back(wire::PeerCertificate(*context->auth_context()));
    if (!failure_.ok()) return failure_;
    return Issue(request->certificate_request(), "renewed", response);
  }
  grpc::Status Issue(const std::string& request, const std::string& node,
                     fleet::v1::JoinResponse* response) {
    auto issued =
        authority_.IssueClient(request, base::Cat("sluice-node:", node), clock_.Now(), lifetime_);
    if (!issued.ok()) return wire::ToGrpcStatus(issued.status());
    response->set_certificate(*std::move(issued));
    return grpc::Status::OK;
  }

  const std::string token_;
  const base::Clock& clock_;
  const crypto::CertificateAuthority authority_;
  absl::Duration lifetime_ = absl::Hours(24);
  std::atomic<bool> hold_ = false;
  absl::Notification released_;
  int port_ = 0;
  mutable absl::Mutex mutex_;
  grpc::Status failure_;
  int joins_ = 0;
  std::vector<std::string> renewals_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::test
