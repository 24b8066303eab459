// One request, from its head to the last byte of its answer. The file to read first.
//
//   kAdmitting  OnRequest: may it go, where, with which key?
//   kWaiting    only for keys with a budget whose share is used up: until the control plane has
//               lent more
//   kLooking    only for keys with a model rule: the body is held until its model is known
//   kForwarding head, body and answer flow between sink (downstream) and tries (upstream), each
//               side paused when the other is behind
//   kReplying   the gateway answers itself; what is left of the request body is read away, up to
//               a bound
//   kDone       ended, in End() and nowhere else
//
// Lives on one worker; owned by the edge's connection. Keeps the snapshot it began with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/config/snapshot.h"
#include "dataplane/event/timer.h"
#include "dataplane/http/handler.h"
#include "dataplane/policy/admission.h"
#include "dataplane/proxy/key_place.h"
#include "dataplane/proxy/metering.h"
#include "dataplane/proxy/model_check.h"
#include "dataplane/proxy/model_peek.h"
#include "dataplane/proxy/proxy_handler.h"
#include "dataplane/proxy/request_notes.h"
#include "dataplane/proxy/request_trace.h"
#include "dataplane/proxy/tries.h"
#include "dataplane/upstream/observer.h"

namespace sluice::proxy {

class Exchange final : public http::Exchange, private upstream::Observer {
 public:
  Exchange(ProxyHandler& handler, std::shared_ptr<const config::Snapshot> snapshot,
           const http::RequestHead& head, http::ResponseSink& sink);
  ~Exchange() override;
  void Start();
  // Ends what is under way if its client key was revoked together with that.
  void CutIfRevoked();
  // Goes on if it waits for its key's budget, and that has something now, or nothing any more.
  void LookAtBudget();

  http::Flow OnBody(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnDrained() override;
  void OnRequestFailed(const http::GatewayError& error) override;
  void OnDisconnect(http::Disconnect why) override;

 private:
  enum class State { kAdmitting, kWaiting, kLooking, kForwarding, kReplying, kDone };

  // What came of the body meanwhile: no more than one piece, since the edge is told to wait.
  struct BudgetWait {
    BudgetWait(event::TimerQueue& timers, std::function<void()> give_up)
        : patience(timers, std::move(give_up)) {}
    event::Timer patience;
    std::string held = {};
    bool body_ended = false;
    bool over = false;  // it has waited long enough
  };

  void OnResponseHead(http::ResponseHead& head) override;
  http::Flow OnResponseBody(std::string_view bytes) override;
  void OnResponseEnd() override;
  void OnFailure(const upstream::Failure& failure) override;
  void OnRequestDrained() override;

  void Wait();
  void StopWaiting();
  void GoOn();
  void Forward(UpstreamPlace place);
  http::Flow PushBody(std::string_view bytes);
  // Does what the model check has come to.
  http::Flow FollowModelCheck();
  // Answers with `error` if no head has gone out, else cuts the connection.
  void Fail(const http::GatewayError& error);
  void Reply(const http::GatewayError& error);
  void End(std::optional<http::Side> failed);
  void Note(const meter::Usage& usage);
  void SpendBudget(const observe::RequestRecord& record);
  // What was found in the request's body; empty: nothing.
  std::string_view BodyModel() const;

  ProxyHandler& handler_;
  size_t joined_at_ = 0;  // the handler's
  const std::shared_ptr<const config::Snapshot> snapshot_;
  const http::RequestHead& head_;
  http::ResponseSink& sink_;
  State state_ = State::kAdmitting;
  policy::Known known_;
  policy::Route route_;
  KeyPlace key_place_;
  std::string request_id_;
  guard::InFlightHold provider_place_;
  std::unique_ptr<const RequestTrace> trace_;   // null: no part is taken in traces
  std::optional<ModelCheck> model_check_;       // for keys with a model rule
  std::optional<ModelPeek> model_peek_;         // for others, if there is anything to see
  std::optional<UpstreamPlace> waiting_place_;  // while kWaiting and kLooking
  std::optional<BudgetWait> budget_wait_;       // while kWaiting
  std::optional<Tries> tries_;                  // from kForwarding on
  uint64_t body_bytes_ = 0;                     // of the request, seen
  bool body_ended_ = false;
  bool body_paused_ = false;  // the edge waits for ResumeRequest
  bool head_sent_ = false;
  bool streaming_ = false;  // the answer under way has no known length
  std::optional<http::Side> failed_;
  Metering metering_;
  RequestNotes notes_;
};

}  // namespace sluice::proxy
