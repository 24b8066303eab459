#include "dataplane/proxy/tries.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "dataplane/policy/upstream_headers.h"
#include "dataplane/proxy/retry_rules.h"

namespace sluice::proxy {

using guard::KeyOpinion;

Tries::Tries(ProxyHandler& handler, const Request& request, UpstreamPlace place,
             upstream::Observer& owner)
    : handler_(handler),
      request_(request),
      provider_(*request.route.provider),
      owner_(owner),
      repeatable_(IsRepeatable(request.head, provider_.retries)),
      place_(std::move(place)),
      body_(request.head.framing) {
  if (provider_.retries.max_attempts <= 1) body_.Drop();
}

void Tries::Start() { Begin(); }

void Tries::Begin() {
  ++tries_;
  key_ = place_.key ? place_.key.index() : SIZE_MAX;
  held_.reset();
  failed_status_ = looking_ = false;
  looked_at_.clear();
  upstream::Client& client = handler_.upstream();
  transfer_ = upstream::TransferLease(client, client.Start(BuildRequest(), this));
}

upstream::Request Tries::BuildRequest() const {
  upstream::Request request;
  request.method = request_.head.method;
  request.origin = provider_.origin;
  request.target = request_.route.path_and_query;
  const config::ProviderKeyEntry* key = place_.key ? &provider_.keys[place_.key.index()] : nullptr;
  policy::BuildUpstreamHeaders(request_.head, request_.route, key, request_.id, &request.headers,
                               request_.trace);
  request.framing = request_.head.framing;
  request.connect_timeout = provider_.times.connect;
  request.first_byte_timeout = provider_.times.first_byte;
  request.idle_timeout = provider_.times.stream_idle;
  request.buffer_high_bytes = request_.snapshot.limits().buffer_high_bytes;
  request.buffer_low_bytes = request_.snapshot.limits().buffer_low_bytes;
  return request;
}

http::Flow Tries::Push(std::string_view bytes) {
  if (!relayed_) body_.Append(bytes);
  return transfer_->Push(bytes);
}

void Tries::PushEnd() {
  body_ended_ = true;
  transfer_->PushEnd();
}

void Tries::Release() {
  if (transfer_) connect_time_ = transfer_->ConnectTime();
  transfer_.Release();
  place_.pass.Drop();
  place_.key.GiveBack();
  body_.Drop();
}

void Tries::OnResponseHead(http::ResponseHead& head) {
  failed_status_ = IsProviderFailure(head.status);
  if (!failed_status_) place_.pass.Answered();
  Judge(head);
  const bool refused = guard::IsKeyFailure(guard::OpinionOf(head.status)) && place_.key;
  if (refused && MayTryAgain() && AnotherKeyIsUsable()) {
    held_.emplace(HeldAnswer{head, ""});
    return;
  }
  relayed_ = true;
  body_.Drop();
  owner_.OnResponseHead(head);
}

void Tries::Judge(const http::ResponseHead& head) {
  if (!place_.key) return;
  const absl::Time now = handler_.shared().clock.Now();
  const guard::KeyVerdict verdict = guard::JudgeAnswer(head, now);
  looking_ = verdict.opinion == KeyOpinion::kLimited;
  if (verdict.opinion == KeyOpinion::kForbidden && !place_.key.probing()) {
    forbidden_.push_back(place_.key.state());
    return;
  }
  place_.key.Judge(verdict, now);
  if (verdict.opinion != KeyOpinion::kGood) return;
  const guard::KeyVerdict refused = {KeyOpinion::kForbidden, std::nullopt,
                                     "403, and another key was let in"};
  for (guard::ProviderKeyState* state : std::exchange(forbidden_, {})) {
    state->Judge(refused, guard::ProviderKeyState::Entry::kUse, now);
  }
}

http::Flow Tries::OnResponseBody(std::string_view bytes) {
  LookAt(bytes);
  if (!held_) return owner_.OnResponseBody(bytes);
  if (held_->CanTake(bytes)) {
    held_->body.append(bytes);
    return http::Flow::kMore;
  }
  RelayHeld();
  return owner_.OnResponseBody(bytes);
}

void Tries::LookAt(std::string_view bytes) {
  if (!looking_) return;
  looked_at_.append(bytes.substr(0, guard::kLookedAtBytes - looked_at_.size()));
  looking_ = looked_at_.size() < guard::kLookedAtBytes;
  if (!guard::NamesInsufficientQuota(looked_at_)) return;
  looking_ = false;
  place_.key.Judge({KeyOpinion::kExhausted, std::nullopt, "429, insufficient_quota"},
                   handler_.shared().clock.Now());
}

void Tries::OnResponseEnd() {
  TellBreaker(failed_status_);
  if (held_) {
    if (TryAgain(true)) return;
    RelayHeld();
  }
  owner_.OnResponseEnd();
}

void Tries::OnFailure(const upstream::Failure& failure) {
  TellBreaker(true);
  // What is held back was cut: a refusal of the key all the same.
  if (held_ && TryAgain(true)) return;
  if (!held_ && !relayed_ && MayRepeatAfter(failure, repeatable_) && TryAgain(false)) return;
  owner_.OnFailure(failure);
}

void Tries::TellBreaker(bool failed) {
  if (!place_.pass.End(failed, handler_.now())) return;
  spdlog::warn("provider {} fails too often: the circuit breaker is open", provider_.name);
}

bool Tries::MayTryAgain() const {
  return !relayed_ && body_.held() && tries_ < provider_.retries.max_attempts;
}

bool Tries::AnotherKeyIsUsable() const {
  const absl::Time now = handler_.shared().clock.Now();
  for (size_t i = 0; i < provider_.pooled.size(); ++i) {
    const bool tried = i == place_.key.index() ||
                       std::find(tried_keys_.begin(), tried_keys_.end(), i) != tried_keys_.end();
    if (!tried && provider_.pooled[i].state->IsUsable(now)) return true;
  }
  return false;
}

bool Tries::TryAgain(bool with_another_key) {
  if (!MayTryAgain()) return false;
  const bool takes_key = static_cast<bool>(place_.key);
  if (takes_key) tried_keys_.push_back(place_.key.index());
  place_.key.GiveBack();
  UpstreamPlace next;
  if (takes_key) {
    auto wish = WishFor(request_.route, handler_.shared().clock.Now());
    wish.tried = tried_keys_;
    wish.only_untried = with_another_key;
    auto lent = provider_.guards->pool.Lend(provider_.pooled, wish);
    if (std::holds_alternative<guard::NoKey>(lent)) return false;
    next.key = std::move(std::get<guard::KeyLease>(lent));
  }
  const auto pass = provider_.guards->breaker.Enter(provider_.breaker, handler_.now());
  if (!pass) return false;
  next.pass = guard::BreakerPass(&provider_.guards->breaker, &provider_.breaker, *pass);
  place_ = std::move(next);
  handler_.metrics().OnRetried();
  Begin();
  const bool full = !body_.view().empty() && transfer_->Push(body_.view()) == http::Flow::kFull;
  if (body_ended_) {
    transfer_->PushEnd();
  } else if (!full) {
    owner_.OnRequestDrained();
  }
  return true;
}

http::Flow Tries::RelayHeld() {
  HeldAnswer answer = *std::exchange(held_, std::nullopt);
  relayed_ = true;
  body_.Drop();
  owner_.OnResponseHead(answer.head);
  return answer.body.empty() ? http::Flow::kMore : owner_.OnResponseBody(answer.body);
}

}  // namespace sluice::proxy
