// Which client keys were used since it was last asked. Noting costs a request two loads; once per
// key and period, a push onto a list without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dataplane/guard/client_key_guard.h"

namespace sluice::guard {

class UsedKeys {
 public:
  struct Use {
    std::string id;
    absl::Time at;  // of the first use in its period
  };

  UsedKeys() = default;
  ~UsedKeys();
  UsedKeys(const UsedKeys&) = delete;
  UsedKeys& operator=(const UsedKeys&) = delete;

  // Any thread.
  void Note(ClientKeyGuard& key, const std::string& id, absl::Time now);
  // One thread. Begins a period; at most `most`, the others next time.
  std::vector<Use> Take(size_t most);

 private:
  struct Node {
    Use use;
    Node* next = nullptr;
  };

  std::atomic<uint32_t> period_{1};
  std::atomic<Node*> noted_{nullptr};
  std::vector<Use> left_;  // the taker's
};

}  // namespace sluice::guard
