// A provider whose answer depends on the key that a request came with. Notes who came, and when.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {

class KeyedUpstream {
 public:
  struct Seen {
    std::string key;
    std::string request;  // head and body as they came
    int status = 0;       // of the answer
    std::chrono::steady_clock::time_point at;
  };

  KeyedUpstream();

  std::string url() const { return upstream_.url() + "/v1"; }
  // From now on, to requests with `key`; e.g. Answer("k", 429, "Retry-After: 3"). Without a call:
  // 200.
  void Answer(const std::string& key, int status, const std::string& field = "",
              const std::string& body = R"({"from":"provider"})");
  std::vector<Seen> seen() const;
  std::vector<Seen> SeenWith(const std::string& key) const;

 private:
  struct Reply {
    int status = 200;
    std::string text;
  };
  static Reply Make(int status, const std::string& field, const std::string& body);
  void Serve(RawSocket& socket);

  mutable absl::Mutex mutex_;
  std::map<std::string, Reply> replies_ ABSL_GUARDED_BY(mutex_);
  std::vector<Seen> seen_ ABSL_GUARDED_BY(mutex_);
  RawUpstream upstream_;  // the last: its threads use the others
};

}  // namespace sluice::test
