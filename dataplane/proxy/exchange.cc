#include "dataplane/proxy/exchange.h"

#include <utility>

#include "dataplane/policy/downstream_headers.h"
#include "dataplane/policy/refusal.h"
#include "dataplane/policy/scope.h"
#include "dataplane/policy/upstream_headers.h"
#include "dataplane/proxy/admission.h"

namespace sluice::proxy {
namespace {

// A refused request's body is read away up to this, so that its connection can be used again.
constexpr uint64_t kDiscardedBodyBytes = 256 * 1024;

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
  auto admission = AdmitNow(handler_.shared(), snapshot_.get(), head_);
  if (auto* refused = std::get_if<http::GatewayError>(&admission)) return Reply(*refused);
  auto& admitted = std::get<Admission>(admission);
  route_ = std::move(admitted.route);
  key_place_ = std::move(admitted.key_place);
  provider_place_ = std::move(admitted.provider_place);
  if (!policy::HasModelRule(*route_.client_key)) {
    return Forward(std::move(admitted.upstream_place));
  }
  state_ = State::kLooking;
  waiting_place_ = std::move(admitted.upstream_place);
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
  outcome_.bytes_up += bytes.size();
  if (tries_->Push(bytes) == http::Flow::kMore) return http::Flow::kMore;
  body_paused_ = true;
  handler_.metrics().OnPaused(observe::Direction::kUp);
  return http::Flow::kFull;
}

void Exchange::Forward(UpstreamPlace place) {
  state_ = State::kForwarding;
  sink_.SendContinue();
  upstream::Observer& self = *this;
  tries_.emplace(handler_, Tries::Request{*snapshot_, head_, route_, request_id_}, std::move(place),
                 self);
  tries_->Start();
}

void Exchange::CutIfRevoked() {
  const bool under_way = state_ == State::kForwarding || state_ == State::kLooking;
  if (!under_way || !key_place_.cut()) return;
  http::GatewayError error = policy::InvalidApiKey();
  error.close = true;
  Fail(error);
}

http::Flow Exchange::OnBody(std::string_view bytes) {
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
  policy::EditDownstreamHeaders(route_, policy::OriginSeenBy(head_.headers, handler_.shared().tls),
                                request_id_, &head);
  outcome_.status = head.status;
  head_sent_ = true;
  streaming_ = !head.bodyless && (head.framing.kind == http::Framing::Kind::kChunked ||
                                  head.framing.kind == http::Framing::Kind::kUntilClose);
  if (streaming_) handler_.metrics().OnStreamOpened();
  sink_.SendHead(head);
}

http::Flow Exchange::OnResponseBody(std::string_view bytes) {
  outcome_.bytes_down += bytes.size();
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
  if (tries_) tries_->Release();
  if (!head_sent_) return Reply(error);
  sink_.Abort();
  End(error.side);
}

void Exchange::Reply(const http::GatewayError& error) {
  state_ = State::kReplying;
  failed_ = error.side;
  std::string body = http::ErrorBody(error);
  http::ResponseHead head = http::ErrorHead(error, body.size(), request_id_);
  head.bodyless = head_.method == "HEAD";
  outcome_.status = error.status;
  head_sent_ = true;
  sink_.SendHead(head);
  if (!head.bodyless) {
    outcome_.bytes_down += body.size();
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
  metering_.End(route_, !failed.has_value(), handler_.metrics().usage());
  outcome_.failed = failed;
  handler_.metrics().OnEnded(outcome_);
}

}  // namespace sluice::proxy
