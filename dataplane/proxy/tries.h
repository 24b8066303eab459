// The tries of one request at its provider: the first, and where proxy/retry_rules allow it further
// ones, with another provider key or over another connection. Whoever owns it sees one transfer,
// that of the answer which goes to the client.
//
//   a try ends ----refused the key (401, 402, 403, 429), and another key can be tried--> next try
//              ----before any byte of an answer, and it may be repeated----------------> next try
//              ----else----> the owner is told, as if there had been no other
//
// Another try is only possible while nothing of an answer has reached the owner and the request's
// body is still held (held_body.h). What each try says of key and provider is told to their guards.
// One worker; owned by its exchange, which outlives it, as do route, head and snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/config/snapshot.h"
#include "dataplane/guard/provider_guards.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/upstream_headers.h"
#include "dataplane/proxy/held_answer.h"
#include "dataplane/proxy/held_body.h"
#include "dataplane/proxy/proxy_handler.h"
#include "dataplane/proxy/upstream_place.h"
#include "dataplane/upstream/client.h"
#include "dataplane/upstream/observer.h"

namespace sluice::proxy {

class Tries final : private upstream::Observer {
 public:
  struct Request {
    const config::Snapshot& snapshot;
    const http::RequestHead& head;
    const policy::Route& route;
    const std::string& id;
    const policy::TraceFields* trace = nullptr;  // null: the client's own pass through
  };
  // `owner` is told of the answer as a transfer tells its observer.
  Tries(ProxyHandler& handler, const Request& request, UpstreamPlace place,
        upstream::Observer& owner);
  ~Tries() = default;
  Tries(const Tries&) = delete;
  Tries& operator=(const Tries&) = delete;

  void Start();
  // As those of upstream::Transfer.
  http::Flow Push(std::string_view bytes);
  void PushEnd();
  void ResumeResponse() { transfer_->ResumeResponse(); }
  int count() const { return tries_; }
  // Of the last try; null: it took none.
  const config::ProviderKeyEntry* key() const {
    return key_ < provider_.keys.size() ? &provider_.keys[key_] : nullptr;
  }
  // Of the last try, once it is released: see upstream::Transfer.
  std::optional<int64_t> connect_time() const { return connect_time_; }
  // Ends the try that runs; no call to the owner after it.
  void Release();

 private:
  void OnResponseHead(http::ResponseHead& head) override;
  http::Flow OnResponseBody(std::string_view bytes) override;
  void OnResponseEnd() override;
  void OnFailure(const upstream::Failure& failure) override;
  void OnRequestDrained() override { owner_.OnRequestDrained(); }

  // Begins the next try, whose place stands in place_.
  void Begin();
  upstream::Request BuildRequest() const;
  // What the answer's head says of the key.
  void Judge(const http::ResponseHead& head);
  // Whether a 429's body speaks of money; of `bytes` more of it.
  void LookAt(std::string_view bytes);
  // Ends the pass of the try.
  void TellBreaker(bool failed);

  bool MayTryAgain() const;
  bool AnotherKeyIsUsable() const;
  // False if there is no place for another try.
  bool TryAgain(bool with_another_key);
  http::Flow RelayHeld();

  ProxyHandler& handler_;
  const Request request_;
  const config::ProviderEntry& provider_;
  upstream::Observer& owner_;
  const bool repeatable_;

  UpstreamPlace place_;
  upstream::TransferLease transfer_;
  HeldBody body_;
  bool body_ended_ = false;
  int tries_ = 0;
  std::optional<int64_t> connect_time_;
  size_t key_ = SIZE_MAX;  // of the last try, among those of the provider
  std::vector<size_t> tried_keys_;
  // Of tries that were answered 403: about the key, if another key is let in.
  std::vector<guard::ProviderKeyState*> forbidden_;

  std::optional<HeldAnswer> held_;
  bool relayed_ = false;        // the head has gone to the owner
  bool failed_status_ = false;  // the answer's status is a failure of the provider
  bool looking_ = false;        // at the body of a 429
  std::string looked_at_;
};

}  // namespace sluice::proxy
