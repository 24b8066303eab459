#include "controlplane/cli/error_text.h"

#include "absl/strings/match.h"
#include "common/base/text.h"
#include "common/wire/connect_failure.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

std::string Unreachable(const std::string& message, const CallSite& site) {
  if (absl::StrContains(message, "DNS resolution failed")) {
    return base::Cat("cannot find the control plane: the name in \"", site.server,
                     "\" does not resolve; check --server or SLUICE_SERVER");
  }
  if (const auto disagreement = wire::TlsFailure(message, site.tls)) {
    return base::Cat("no connection to the control plane at ", site.server, ": ", *disagreement,
                     "; check --ca-file or SLUICE_CA_FILE");
  }
  const std::string reason = wire::ConnectFailure(message, site.tls);
  if (absl::StrContains(message, "failed to connect") ||
      absl::StrContains(message, "connections to all backends failing")) {
    return base::Cat("cannot reach the control plane at ", site.server, " (", reason,
                     "); is it running, and is --server or SLUICE_SERVER right?");
  }
  return base::Cat("the connection to the control plane at ", site.server, " failed (", reason,
                   "); try again, or look at its log");
}

std::string Sentence(const grpc::Status& failure, const CallSite& site) {
  const std::string message = Printable(failure.error_message());
  switch (failure.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return Unreachable(message, site);
    case grpc::StatusCode::UNAUTHENTICATED:
      return base::Cat("the control plane at ", site.server, " does not accept the token from ",
                       site.token_source, "; give an admin token of this control plane");
    case grpc::StatusCode::PERMISSION_DENIED:
      return base::Cat("the token from ", site.token_source, " may not do this: ", message);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return base::Cat("the control plane at ", site.server, " did not answer within ",
                       DurationText(site.timeout),
                       "; a write may have happened all the same (see sluicectl history), and "
                       "--timeout waits longer");
    case grpc::StatusCode::UNIMPLEMENTED:
      return base::Cat("the server at ", site.server,
                       " does not know this command; is it a Sluice control plane, and not older "
                       "than this sluicectl?");
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::OUT_OF_RANGE:
      // The control plane's own sentence about the request.
      if (!message.empty()) return message;
      [[fallthrough]];
    default:
      return base::Cat("the control plane at ", site.server, " failed", message.empty() ? "" : " (",
                       message, message.empty() ? "" : ")", "; look at its log");
  }
}

}  // namespace

absl::Status Explain(const grpc::Status& failure, const CallSite& site) {
  if (failure.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(Sentence(failure, site));
}

}  // namespace sluice::cli
