// Looks at the files of a TLS listener again and again, on a thread of its own.
#pragma once

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "dataplane/edge/tls_files.h"

namespace sluice::edge {

class TlsWatch {
 public:
  // `files` outlives this object, which from now on is the one that checks.
  explicit TlsWatch(TlsFiles& files, absl::Duration every = absl::Seconds(1));
  ~TlsWatch();
  TlsWatch(const TlsWatch&) = delete;
  TlsWatch& operator=(const TlsWatch&) = delete;

 private:
  void Run();

  TlsFiles& files_;
  const absl::Duration every_;
  absl::Notification end_;
  std::thread thread_;
};

}  // namespace sluice::edge
