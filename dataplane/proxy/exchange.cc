#include "dataplane/proxy/exchange.h"

#include <chrono>
#include <utility>

#include "dataplane/policy/downstream_headers.h"
#include "dataplane/policy/refusal.h"
#include "dataplane/policy/scope.h"
#include "dataplane/policy/upstream_headers.h"
#include "dataplane/proxy/admission.h"
#include "dataplane/proxy/price.h"

namespace sluice::proxy {
namespace {

// A refused request's body is read away up to this, so that its connection can be used again.
constexpr uint64_t kDiscardedBodyBytes = 256 * 1024;
// A control plane that has not answered by then cannot be asked.
constexpr std::chrono::seconds kBudgetPatience{1};

}  // namespace

Exchange::Exchange(ProxyHandler& handler, std::shared_ptr<const config::Snapshot> snapshot,
                   const http::RequestHead& head, http::ResponseSink& sink)
    : handler_(handler), snapshot_(std::move(snapshot)), head_(head), sink_(sink) {
  handler_.metrics().OnStarted();
  handler_.Join(this, &joined_at_);
}

Exchange::~Exchange() {
  if (state_ != State::kDone) End(http::Side::kDownstream);
  handler_.Leave(joined_at_);
}

void Exchange::Start() {
  request_id_ = policy::EffectiveRequestId(head_.headers, handler_.NewRequestId());
  if (const auto& share = handler_.shared().trace_share; share.has_value()) {
    trace_ = std::make_unique<const RequestTrace>(head_.headers, *share);
  }
  auto admission = AdmitNow(handler_.shared(), snapshot_.get(), head_, known_);
  if (auto* refused = std::get_if<http::GatewayError>(&admission)) return Reply(*refused);
  auto& admitted = std::get<Admission>(admission);
  route_ = std::move(admitted.route);
  key_place_ = std::move(admitted.key_place);
  provider_place_ = std::move(admitted.provider_place);
  waiting_place_ = std::move(admitted.upstream_place);
  if (key_place_.waits()) return Wait();
  GoOn();
}

void Exchange::Wait() {
  state_ = State::kWaiting;
  budget_wait_.emplace(handler_.timers(), [this] {
    budget_wait_->over = true;
    LookAtBudget();
  });
  budget_wait_->patience.Set(handler_.now() + kBudgetPatience);
}

void Exchange::LookAtBudget() {
  if (state_ != State::kWaiting) return;
  const BudgetLook look = proxy::LookAtBudget(*route_.client_key, handler_.shared().budgets,
                                              handler_.shared().clock.Now(), budget_wait_->over);
  if (look.answer == BudgetAnswer::kWait) return;
  if (look.answer == BudgetAnswer::kRefused) return Fail(look.refusal);
  StopWaiting();
}

// The body that came meanwhile goes the way that it would have gone.
void Exchange::StopWaiting() {
  const std::string held = std::move(budget_wait_->held);
  const bool ended = budget_wait_->body_ended;
  const bool paused = std::exchange(body_paused_, false);
  budget_wait_.reset();
  GoOn();
  const http::Flow flow = held.empty() ? http::Flow::kMore : OnBody(held);
  if (ended) OnBodyEnd();
  if (paused && flow == http::Flow::kMore && state_ != State::kDone) sink_.ResumeRequest();
}

void Exchange::GoOn() {
  if (!policy::HasModelRule(*route_.client_key)) {
    if (ModelPeek::CanRead(head_)) model_peek_.emplace();
    return Forward(*std::exchange(waiting_place_, std::nullopt));
  }
  state_ = State::kLooking;
  model_check_.emplace(head_, route_);
  if (model_check_->verdict() == ModelCheck::Verdict::kMore) sink_.SendContinue();
  FollowModelCheck();
}

// The flow is that of the body that was held, if it goes on now.
http::Flow Exchange::FollowModelCheck() {
  switch (model_check_->verdict()) {
    case ModelCheck::Verdict::kMore:
      break;
    case ModelCheck::Verdict::kRefused:
      waiting_place_.reset();
      Fail(model_check_->refusal());
      break;
    case ModelCheck::Verdict::kAllowed:
      if (state_ != State::kLooking) break;
      Forward(*std::exchange(waiting_place_, std::nullopt));
      if (const std::string held = model_check_->TakeHeld(); !held.empty()) return PushBody(held);
      break;
  }
  return http::Flow::kMore;
}

http::Flow Exchange::PushBody(std::string_view bytes) {
  notes_.outcome().bytes_up += bytes.size();
  if (model_peek_.has_value()) model_peek_->Take(bytes);
  if (tries_->Push(bytes) == http::Flow::kMore) return http::Flow::kMore;
  body_paused_ = true;
  handler_.metrics().OnPaused(observe::Direction::kUp);
  return http::Flow::kFull;
}

void Exchange::Forward(UpstreamPlace place) {
  state_ = State::kForwarding;
  notes_.Admitted();
  sink_.SendContinue();
  upstream::Observer& self = *this;
  const policy::TraceFields* trace = trace_ == nullptr ? nullptr : &trace_->fields();
  tries_.emplace(handler_, Tries::Request{*snapshot_, head_, route_, request_id_, trace},
                 std::move(place), self);
  tries_->Start();
}

void Exchange::CutIfRevoked() {
  const bool under_way =
      state_ == State::kForwarding || state_ == State::kLooking || state_ == State::kWaiting;
  if (!under_way || !key_place_.cut()) return;
  http::GatewayError error = policy::InvalidApiKey();
  error.close = true;
  Fail(error);
}

http::Flow Exchange::OnBody(std::string_view bytes) {
  if (state_ == State::kWaiting) {
    budget_wait_->held += bytes;
    body_paused_ = true;
    return http::Flow::kFull;
  }
  body_bytes_ += bytes.size();
  if (state_ == State::kReplying && body_bytes_ > kDiscardedBodyBytes) {
    sink_.Finish();
    End(failed_);
  }
  if (state_ != State::kForwarding && state_ != State::kLooking) return http::Flow::kMore;
  if (body_bytes_ > route_.provider->max_body_bytes) {
    http::GatewayError error = policy::RequestTooLarge(route_.provider->max_body_bytes);
    error.close = true;
    Fail(error);
    return http::Flow::kMore;
  }
  if (model_check_) {
    const bool looking = state_ == State::kLooking;
    model_check_->Take(bytes);
    const http::Flow flow = FollowModelCheck();
    if (looking || state_ != State::kForwarding) return flow;
  }
  return PushBody(bytes);
}

void Exchange::OnBodyEnd() {
  if (state_ == State::kWaiting) {
    budget_wait_->body_ended = true;
    return;
  }
  body_ended_ = true;
  if (model_check_ && (state_ == State::kForwarding || state_ == State::kLooking)) {
    model_check_->TakeEnd();
    FollowModelCheck();
    if (state_ != State::kForwarding) return;
  }
  if (state_ == State::kForwarding) {
    tries_->PushEnd();
  } else if (state_ == State::kReplying) {
    sink_.Finish();
    End(failed_);
  }
}

void Exchange::OnDrained() {
  if (state_ == State::kForwarding) tries_->ResumeResponse();
}

void Exchange::OnRequestFailed(const http::GatewayError& error) {
  if (state_ != State::kDone) Fail(error);
}

void Exchange::OnDisconnect(http::Disconnect) {
  if (state_ != State::kDone) End(http::Side::kDownstream);
}

void Exchange::OnResponseHead(http::ResponseHead& head) {
  metering_.Begin(route_, head_.method, head, handler_.decoding());
  notes_.Answered(head);
  policy::EditDownstreamHeaders(route_, policy::OriginSeenBy(head_.headers, handler_.shared().tls),
                                request_id_, &head);
  notes_.outcome().status = head.status;
  head_sent_ = true;
  streaming_ = !head.bodyless && (head.framing.kind == http::Framing::Kind::kChunked ||
                                  head.framing.kind == http::Framing::Kind::kUntilClose);
  if (streaming_) handler_.metrics().OnStreamOpened();
  sink_.SendHead(head);
}

http::Flow Exchange::OnResponseBody(std::string_view bytes) {
  notes_.outcome().bytes_down += bytes.size();
  http::Flow flow = sink_.SendBody(bytes);
  // Of a copy, and when the bytes are on their way.
  metering_.Take(bytes);
  if (flow == http::Flow::kFull) handler_.metrics().OnPaused(observe::Direction::kDown);
  return flow;
}

void Exchange::OnResponseEnd() {
  sink_.Finish();
  End(std::nullopt);
}

void Exchange::OnFailure(const upstream::Failure& failure) { Fail(failure.error); }

void Exchange::OnRequestDrained() {
  if (!std::exchange(body_paused_, false)) return;
  sink_.ResumeRequest();
}

void Exchange::Fail(const http::GatewayError& error) {
  notes_.Refused(error);
  if (tries_) tries_->Release();
  if (!head_sent_) return Reply(error);
  sink_.Abort();
  End(error.side);
}

void Exchange::Reply(const http::GatewayError& error) {
  if (state_ == State::kWaiting) {
    body_ended_ = budget_wait_->body_ended;
    budget_wait_.reset();
    waiting_place_.reset();
  }
  state_ = State::kReplying;
  notes_.Refused(error);
  failed_ = error.side;
  std::string body = http::ErrorBody(error);
  http::ResponseHead head = http::ErrorHead(error, body.size(), request_id_);
  head.bodyless = head_.method == "HEAD";
  notes_.outcome().status = error.status;
  head_sent_ = true;
  sink_.SendHead(head);
  if (!head.bodyless) {
    notes_.outcome().bytes_down += body.size();
    sink_.SendBody(body);
  }
  if (std::exchange(body_paused_, false)) sink_.ResumeRequest();
  bool rest_may_come =
      head_.framing.has_body() && !body_ended_ && !error.close && !head_.expects_continue;
  if (rest_may_come && body_bytes_ <= kDiscardedBodyBytes) return;
  sink_.Finish();
  End(failed_);
}

void Exchange::End(std::optional<http::Side> failed) {
  state_ = State::kDone;
  if (tries_) tries_->Release();
  key_place_.Leave();
  provider_place_.Drop();
  if (std::exchange(streaming_, false)) handler_.metrics().OnStreamClosed();
  notes_.outcome().failed = failed;
  handler_.metrics().OnEnded(notes_.outcome());
  Note(metering_.End(route_, !failed.has_value(), handler_.metrics().usage()));
}

std::string_view Exchange::BodyModel() const {
  if (model_check_.has_value()) return model_check_->body_model();
  return model_peek_.has_value() ? model_peek_->model() : std::string_view();
}

void Exchange::Note(const meter::Usage& usage) {
  observe::RequestRecord record = notes_.Ended(usage, route_.endpoint, BodyModel());
  record.ended_at = handler_.shared().clock.Now();
  record.request_id = request_id_;
  record.revision = snapshot_ == nullptr ? 0 : snapshot_->revision();
  if (known_.client_key != nullptr) record.client_key_id = known_.client_key->id;
  if (known_.provider != nullptr) {
    record.provider = known_.provider->name;
    if (IsMetered(head_.method, record.outcome.status)) {
      record.tokens.cost_nanos = CostOf(known_.provider->prices, record.model, usage);
    }
  }
  if (tries_) {
    record.tries = tries_->count();
    record.times.connect = tries_->connect_time();
    if (tries_->key() != nullptr) record.provider_key_id = tries_->key()->id;
  }
  record.method = head_.method;
  record.path = LoggedPath(head_.target);
  SpendBudget(record);
  if (trace_ != nullptr && trace_->sampled()) {
    record.trace =
        trace_->Note(RequestedModel(route_.endpoint, BodyModel()), usage.model, known_.provider);
  }
  handler_.metrics().traffic().Add(record);
  handler_.records().Push(std::move(record));
}

// Before the record is on its way: what is told as delivered was used.
void Exchange::SpendBudget(const observe::RequestRecord& record) {
  const config::ClientKeyEntry* key = known_.client_key.get();
  if (key == nullptr || key->terms == nullptr || !key->terms->budget.has_value()) return;
  const guard::Spending used = {record.tokens.input + record.tokens.output,
                                record.tokens.cost_nanos.value_or(0)};
  if (used == guard::Spending{}) return;
  handler_.shared().budgets.Spend(*key->terms->budget, key->id, key->guard, record.ended_at, used);
}

}  // namespace sluice::proxy
