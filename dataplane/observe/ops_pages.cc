#include "dataplane/observe/ops_pages.h"

#include <string_view>
#include <utility>

#include "common/crypto/digest.h"

namespace sluice::observe {
namespace {

struct Page {
  int status = 200;
  std::string_view content_type;
  std::string body;
};

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kExposition = "text/plain; version=0.0.4; charset=utf-8";

// The whole answer has gone to the sink by the time it exists; what still comes of the request is
// not wanted.
class AnsweredExchange : public http::Exchange {
 public:
  http::Flow OnBody(std::string_view) override { return http::Flow::kMore; }
  void OnBodyEnd() override {}
  void OnDrained() override {}
  void OnRequestFailed(const http::GatewayError&) override {}
  void OnDisconnect(http::Disconnect) override {}
};

void Send(const http::ResponseHead& head, std::string_view body, http::ResponseSink& sink) {
  sink.SendHead(head);
  if (!head.bodyless && !body.empty()) sink.SendBody(body);
  sink.Finish();
}

void SendPage(const Page& page, bool bodyless, http::ResponseSink& sink) {
  http::ResponseHead head;
  head.status = page.status;
  head.reason = http::ReasonPhrase(page.status);
  head.headers.Add("Content-Type", page.content_type);
  head.headers.Add("Cache-Control", "no-store");
  head.framing = http::Framing::Length(page.body.size());
  head.bodyless = bodyless;
  Send(head, page.body, sink);
}

void SendError(const http::GatewayError& error, bool bodyless, std::string_view request_id,
               http::ResponseSink& sink) {
  const std::string body = http::ErrorBody(error);
  http::ResponseHead head = http::ErrorHead(error, body.size(), request_id);
  head.bodyless = bodyless;
  Send(head, body, sink);
}

http::GatewayError MethodNotAllowed() {
  http::GatewayError error;
  error.status = 405;
  error.type = http::kTypeInvalidRequest;
  error.code = "method_not_allowed";
  error.message = "the ops port answers GET and HEAD only";
  error.allow = "GET, HEAD";
  return error;
}

http::GatewayError NotFound() {
  http::GatewayError error;
  error.status = 404;
  error.type = http::kTypeNotFound;
  error.code = "unknown_route";
  error.message = "the ops port has /livez, /readyz and /metrics";
  return error;
}

}  // namespace

OpsPages::OpsPages(std::function<Readiness()> readiness, std::function<std::string()> metrics)
    : readiness_(std::move(readiness)), metrics_(std::move(metrics)) {}

std::unique_ptr<http::Exchange> OpsPages::OnRequest(const http::RequestHead& head,
                                                    http::ResponseSink& sink) {
  const bool bodyless = head.method == "HEAD";
  const std::string_view target = head.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (head.method != "GET" && !bodyless) {
    SendError(MethodNotAllowed(), bodyless, NewRequestId(), sink);
  } else if (path == "/livez") {
    SendPage({200, kText, "ok\n"}, bodyless, sink);
  } else if (path == "/readyz") {
    const Readiness readiness = readiness_();
    SendPage({readiness.ready ? 200 : 503, kJson, ToJson(readiness)}, bodyless, sink);
  } else if (path == "/metrics") {
    SendPage({200, kExposition, metrics_()}, bodyless, sink);
  } else {
    SendError(NotFound(), bodyless, NewRequestId(), sink);
  }
  return std::make_unique<AnsweredExchange>();
}

http::Limits OpsPages::limits() const { return {}; }

void OpsPages::OnRejected(const http::GatewayError&) {}

std::string OpsPages::NewRequestId() { return crypto::RandomBase32(26); }

}  // namespace sluice::observe
