// Answers that wait until a test says go: `hold=NAME` on a request, /emulator/release/NAME to let
// all of that name go, those that come later too. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice::emulator {

class HoldBoard {
 public:
  // False if that name was released before; else `go` is called once, from the thread that releases
  // it. `go` must stand that its connection is gone by then.
  bool Wait(const std::string& name, std::function<void()> go);
  // Returns how many were waiting.
  size_t Release(const std::string& name);
  // Names can be used again. Who waits goes on waiting.
  void Forget();

 private:
  absl::Mutex mutex_;
  std::set<std::string> released_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::function<void()>>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::emulator
