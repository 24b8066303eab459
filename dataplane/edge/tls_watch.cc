#include "dataplane/edge/tls_watch.h"

#include "dataplane/edge/contain.h"

namespace sluice::edge {

TlsWatch::TlsWatch(TlsFiles& files, absl::Duration every)
    : files_(files), every_(every), thread_([this] { Run(); }) {}

TlsWatch::~TlsWatch() {
  end_.Notify();
  thread_.join();
}

void TlsWatch::Run() {
  while (!end_.WaitForNotificationWithTimeout(every_)) {
    Contain("looking at the TLS files", [this] { files_.Check(); });
  }
}

}  // namespace sluice::edge
