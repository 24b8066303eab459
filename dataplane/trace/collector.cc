#include "dataplane/trace/collector.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/check.h"

namespace sluice::trace {
namespace {

// An answer says little; what goes on and on is cut off.
constexpr size_t kMostAnswerBytes = size_t{64} << 10;
constexpr curl_off_t kLongestWait = 60;

bool IsForLater(long status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

Collector::Collector(const std::string& endpoint, const std::vector<base::Secret>& headers,
                     const std::string& agent)
    : url_(endpoint + "/v1/traces"),
      multi_(curl_multi_init()),
      easy_(curl_easy_init()),
      end_(Time::max().time_since_epoch().count()) {
  SLUICE_CHECK(multi_ != nullptr && easy_ != nullptr, "libcurl cannot allocate a handle");
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    SLUICE_CHECK(longer != nullptr, "libcurl cannot allocate a list of header fields");
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  add("Content-Type: application/json");
  add("Expect:");
  for (const base::Secret& header : headers) add(std::string(header.Reveal()));
  SetUp(agent);
}

Collector::~Collector() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

void Collector::SetUp(const std::string& agent) {
  curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(kPatience.count()));
  curl_easy_setopt(easy_, CURLOPT_POST, 1L);
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Collector::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

void Collector::EndBy(Time time) {
  end_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  curl_multi_wakeup(multi_);
}

Collector::Answer Collector::Post(const std::string& body) {
  answer_bytes_ = 0;
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body.data());
  if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) return Judge(CURLE_OUT_OF_MEMORY);
  const CURLcode code = Perform();
  curl_multi_remove_handle(multi_, easy_);
  // Not kept: the body goes.
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");
  return Judge(code);
}

CURLcode Collector::Perform() {
  const Time begun = std::chrono::steady_clock::now();
  CURLcode result = CURLE_OK;
  while (true) {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_RECV_ERROR;
    if (TakeResult(result)) return result;
    const int left = LeftMillis(begun);
    if (left == 0) return CURLE_OPERATION_TIMEDOUT;
    if (curl_multi_poll(multi_, nullptr, 0, left, nullptr) != CURLM_OK) return CURLE_RECV_ERROR;
  }
}

bool Collector::TakeResult(CURLcode& result) {
  int more = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &more)) {
    if (message->msg != CURLMSG_DONE) continue;
    result = message->data.result;
    return true;
  }
  return false;
}

int Collector::LeftMillis(Time begun) const {
  const Time end =
      std::min(begun + kPatience, Time(Time::duration(end_.load(std::memory_order_relaxed))));
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

Collector::Answer Collector::Judge(CURLcode code) {
  // What it sends after its answer's head is of no interest.
  long status = 0;
  if (code == CURLE_OK || code == CURLE_WRITE_ERROR) {
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  }
  Answer answer;
  if (status == 0) {
    answer.again = true;
    answer.problem = curl_easy_strerror(code);
    return answer;
  }
  answer.taken = status >= 200 && status < 300;
  if (answer.taken) return answer;
  answer.again = IsForLater(status);
  answer.problem = fmt::format("the collector answers {}", status);
  curl_off_t wait = 0;
  curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &wait);
  answer.wait = std::chrono::seconds(std::clamp<curl_off_t>(wait, 0, kLongestWait));
  return answer;
}

size_t Collector::OnBody(char*, size_t size, size_t count, void* self) {
  auto* collector = static_cast<Collector*>(self);
  collector->answer_bytes_ += size * count;
  return collector->answer_bytes_ > kMostAnswerBytes ? 0 : size * count;
}

}  // namespace sluice::trace
