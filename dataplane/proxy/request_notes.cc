#include "dataplane/proxy/request_notes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/crypto/key_text.h"
#include "dataplane/policy/model_scan.h"
#include "dataplane/proxy/metering.h"

namespace sluice::proxy {
namespace {

constexpr size_t kMostIdBytes = 128;
constexpr size_t kMostModelBytes = 128;
// In the order in which they are looked for.
constexpr std::array<std::string_view, 4> kRequestIds = {"x-request-id", "request-id",
                                                         "x-amzn-requestid", "opc-request-id"};

std::string UpstreamRequestId(const http::HeaderList& headers) {
  for (const std::string_view name : kRequestIds) {
    for (size_t i = 0; i < headers.size(); ++i) {
      const http::HeaderList::Field field = headers[i];
      if (http::NameEquals(field.name, name)) {
        return std::string(field.value.substr(0, kMostIdBytes));
      }
    }
  }
  return "";
}

// What follows the mark of our keys is taken out, up to a slash.
std::string WithoutKeys(std::string text) {
  constexpr std::string_view kInstead = "...";
  for (size_t at = text.find(crypto::kClientKeyPrefix); at != std::string::npos;
       at = text.find(crypto::kClientKeyPrefix, at + crypto::kClientKeyPrefix.size())) {
    const size_t begin = at + crypto::kClientKeyPrefix.size();
    const size_t end = std::min(text.find('/', begin), text.size());
    text.replace(begin, end - begin, kInstead);
  }
  return text;
}

}  // namespace

int64_t RequestNotes::SinceBegin() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begin_)
      .count();
}

void RequestNotes::Answered(const http::ResponseHead& head) {
  first_byte_ = SinceBegin();
  upstream_request_id_ = UpstreamRequestId(head.headers);
}

observe::RequestRecord RequestNotes::Ended(const meter::Usage& usage, std::string_view endpoint,
                                           std::string_view body_model) const {
  observe::RequestRecord record;
  record.upstream_request_id = upstream_request_id_;
  record.outcome = outcome_;
  record.reason = reason_;
  record.times = {admitted_, first_byte_, SinceBegin()};
  record.model = usage.model;
  if (record.model.empty()) record.model = RequestedModel(endpoint, body_model);
  record.tokens = {usage.input,     usage.output,     usage.cached,  usage.cache_write,
                   usage.reasoning, usage.cost_nanos, usage.audio_ms};
  record.quality = QualityOf(usage.quality);
  return record;
}

std::string RequestedModel(std::string_view endpoint, std::string_view body_model) {
  std::string model = policy::ModelInEndpoint(endpoint).value_or(std::string(body_model));
  // Before it is cut: a part of a key is still one.
  model = WithoutKeys(std::move(model)).substr(0, kMostModelBytes);
  for (char& c : model) {
    if (c < ' ' || c > '~') c = '?';
  }
  return model;
}

std::string LoggedPath(std::string_view target) {
  return WithoutKeys(std::string(target.substr(0, std::min(target.find('?'), target.find('#')))));
}

}  // namespace sluice::proxy
