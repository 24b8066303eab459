// What every unary RPC of the admin API has in common: the caller is admitted, the use case runs on
// a work thread, whatever it throws stops here, and the outcome is counted and answered.
//
// Thread-safe; outlives the server.
#pragma once

#include <grpcpp/grpcpp.h>

#include <exception>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "common/wire/channel.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/ops/caller.h"
#include "controlplane/service/denial_log.h"
#include "controlplane/service/rpc_counters.h"
#include "controlplane/service/work_threads.h"

namespace sluice::service {

class RpcDesk {
 public:
  RpcDesk(const access::AccessGate& gate, WorkThreads& threads, RpcCounters& counters,
          DenialLog& denials)
      : gate_(gate), threads_(threads), counters_(counters), denials_(denials) {}

  // `method` is the full name, a literal. `body(caller)` returns StatusOr<Response>; it runs once
  // at most, and what it refers to must live until the call ends, as request and response do.
  template <typename Response, typename Body>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, std::string_view method,
                                   Response* response, Body body) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    auto caller = Admit(*context, method);
    if (!caller.ok()) {
      Finish(reactor, method, caller.status());
      return reactor;
    }
    const bool posted = threads_.Post(
        [this, context, method, response, reactor, caller = *std::move(caller), body]() mutable {
          const absl::Time began = absl::Now();
          const absl::Status status = Run(*context, caller, response, body);
          counters_.Took(method, absl::Now() - began);
          Finish(reactor, method, status);
        });
    if (!posted) Finish(reactor, method, Overloaded());
    return reactor;
  }

  absl::StatusOr<ops::Caller> Admit(const grpc::CallbackServerContext& context,
                                    std::string_view method) const;
  void Count(std::string_view method, const grpc::Status& status) {
    counters_.Count(method, status.error_code());
  }
  WorkThreads& threads() { return threads_; }
  static absl::Status Overloaded();
  // What to answer for an exception, which is logged without its text.
  static absl::Status Unexpected(std::string_view method);

 private:
  template <typename Response, typename Body>
  absl::Status Run(const grpc::CallbackServerContext& context, const ops::Caller& caller,
                   Response* response, Body& body) {
    // Nobody would see the answer, least of all the text of a new key.
    if (context.IsCancelled()) return absl::CancelledError("the caller has left");
    try {
      absl::StatusOr<Response> result = body(caller);
      if (!result.ok()) return result.status();
      *response = *std::move(result);
      return absl::OkStatus();
    } catch (const std::exception&) {
      return Unexpected(caller.rpc);
    }
  }

  void Finish(grpc::ServerUnaryReactor* reactor, std::string_view method,
              const absl::Status& status);

  const access::AccessGate& gate_;
  WorkThreads& threads_;
  RpcCounters& counters_;
  DenialLog& denials_;
};

}  // namespace sluice::service
