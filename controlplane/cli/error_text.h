// What a failed call means for the person who made it: one sentence that says what to do, never the
// text that gRPC makes of it. Pure.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::cli {

struct CallSite {
  std::string server;        // host:port
  std::string token_source;  // e.g. `the token file "admin.token"`
  absl::Duration timeout;
  bool tls = false;
};

// Never InvalidArgument nor DeadlineExceeded: these belong to the command line and to --wait
// (exit_code.h).
absl::Status Explain(const grpc::Status& failure, const CallSite& site);

}  // namespace sluice::cli
