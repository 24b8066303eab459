// The door to the collector of traces: one export after the other, over HTTP or HTTPS, on a
// connection that is kept. libcurl's; its global state must have been initialised.
//
// One thread, but for EndBy.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/secret.h"

namespace sluice::trace {

class Collector {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kPatience{5000};

  struct Answer {
    bool taken = false;
    bool again = false;            // the same export may be taken later
    std::string problem = {};      // where it was not taken: completes "traces are not exported: "
    std::chrono::seconds wait{0};  // what the collector asks for before that; 0: nothing
  };

  // `endpoint`: scheme://host[:port][/path]; exports go to /v1/traces below it. `headers`: "Name:
  // value" each. `agent`: User-Agent.
  Collector(const std::string& endpoint, const std::vector<base::Secret>& headers,
            const std::string& agent);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Blocks until there is an answer, kPatience at most.
  Answer Post(const std::string& body);
  // Whatever runs then ends by `time`. Any thread.
  void EndBy(Time time);

 private:
  struct EndList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  void SetUp(const std::string& agent);
  // How the transfer that was begun ended; CURLE_OPERATION_TIMEDOUT: it had no more time.
  CURLcode Perform();
  // Nothing if it goes on.
  bool TakeResult(CURLcode& result);
  int LeftMillis(Time begun) const;
  Answer Judge(CURLcode code);

  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);

  const std::string url_;
  std::unique_ptr<curl_slist, EndList> headers_;
  CURLM* const multi_;
  CURL* const easy_;
  size_t answer_bytes_ = 0;
  std::atomic<Time::rep> end_;  // since the clock's epoch
};

}  // namespace sluice::trace
