// With what a node comes to its control plane. On a plaintext connection that is its join token, at
// each connection. Over TLS it is a certificate: the first is got with the join token, each further
// one with the one before it, long before that ends.
//
// The link's thread, except Cancel(). Blocks on the network and the disk.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "dataplane/link/node_identity.h"

namespace sluice::link {

class Enrolment {
 public:
  struct Options {
    std::string control_plane;   // host:port
    bool insecure = false;       // plaintext to an address that is not loopback
    std::string authority_file;  // PEM, of what vouches for the control plane; empty: plaintext
    std::string join_token_file;
    std::string node_id;
    std::string state_dir;
    std::chrono::milliseconds answer{30'000};  // longest time that joining may take
    uint64_t seed = 0;                         // of the jitter
  };

  struct Entrance {
    std::shared_ptr<grpc::Channel> channel;
    base::Secret token;  // empty: the channel shows a certificate
  };

  // `clock` must outlive the object.
  Enrolment(Options options, const base::Clock& clock);

  // For one connection. The files are read anew, so that changed ones need no restart. An error is
  // one sentence; Unauthenticated or PermissionDenied if the control plane refuses the token.
  absl::StatusOr<Entrance> Enter();
  // The control plane refused what the last Entrance had: the next one tries the join token, if
  // there is one.
  void Refused() { refused_ = true; }
  // For "the control plane refused ...".
  std::string Shown() const;
  // Why it did not come to a connection, or ended, in words.
  std::string Explain(const absl::Status& why) const;

  // To be asked every few seconds while connected: whether the certificate was renewed just now, so
  // that the connection should be made anew. A failure is logged, and tried again in time.
  bool RenewIfDue(const std::shared_ptr<grpc::Channel>& channel);

  // Any thread: what blocks now, and what would later, ends soon.
  void Cancel();

 private:
  absl::StatusOr<Entrance> EnterInPlaintext();
  absl::StatusOr<std::string> ReadAuthority() const;
  absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenTls(const std::string& authority,
                                                         bool with_certificate) const;
  absl::Status Join(const std::string& authority, const base::Secret& token);
  absl::Status Renew(const std::shared_ptr<grpc::Channel>& channel);
  absl::Time RenewalTime() const;
  // False when the link is to stop.
  bool Expose(grpc::ClientContext* context);

  const Options options_;
  const base::Clock& clock_;
  const double jitter_;  // 0 to 1
  NodeIdentity identity_;
  bool refused_ = false;
  bool token_shown_ = false;
  absl::Time next_renewal_ = absl::InfinitePast();

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // for Cancel()
};

}  // namespace sluice::link
