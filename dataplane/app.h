// The composition root of a data plane: builds every part, in order, and takes them down in
// reverse. The one place that knows everybody.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/crypto/trust_store.h"
#include "dataplane/config/last_known_good.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_slot.h"
#include "dataplane/edge/listener.h"
#include "dataplane/edge/tls_files.h"
#include "dataplane/edge/tls_watch.h"
#include "dataplane/flags.h"
#include "dataplane/guard/budget_book.h"
#include "dataplane/guard/used_keys.h"
#include "dataplane/link/control_link.h"
#include "dataplane/observe/access_log.h"
#include "dataplane/observe/metrics.h"
#include "dataplane/observe/recorder.h"
#include "dataplane/observe/tail_feed.h"
#include "dataplane/observe/usage_spool.h"
#include "dataplane/proxy/worker_board.h"
#include "dataplane/trace/exporter.h"

namespace sluice::dataplane {

class App {
 public:
  // Listens and serves when it returns. An error is one sentence; nothing is left behind.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Options& options);
  // Ends at once what still runs.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Refuses new requests and waits for those in flight, at most flags.drain_seconds, or until
  // `hurry` says so.
  void Drain(const std::function<bool()>& hurry);
  // The access log was moved away. Any thread.
  void ReopenLogs() {
    if (access_log_ != nullptr) access_log_->Reopen();
  }

 private:
  explicit App(const Options& options);
  void LoadAuthorities();
  absl::Status OpenState();
  absl::Status OpenTracing();
  absl::Status OpenRecords();
  void MakeLink();
  absl::Status OpenTls();
  absl::Status Listen();
  absl::Status WritePortFile() const;
  fleet::v1::Heartbeat Heartbeat();
  observe::GuardState Guards() const;
  observe::RecordState Records() const;
  // What was used until now is brought to the control plane, if that takes it at once.
  void DeliverRecords(const std::function<bool()>& hurry);
  // By the operator's word: the link's thread.
  void LeaveRotation(bool on);
  bool OutOfRotation() const;

  const Options options_;
  base::SystemClock clock_;
  std::atomic<bool> draining_{false};  // the process ends: new requests are refused
  std::atomic<bool> drained_{false};   // by the operator: everything is still served
  observe::Metrics metrics_;
  config::LiveState live_state_;
  guard::UsedKeys used_keys_;
  guard::BudgetBook budgets_;
  proxy::WorkerBoard cuts_;
  proxy::WorkerBoard budget_news_;
  config::SnapshotSlot slot_;
  std::string node_id_;
  std::unique_ptr<crypto::TrustStore> authorities_;  // null: libcurl's own way
  std::unique_ptr<config::LastKnownGood> last_known_good_;
  std::optional<config::HeldConfiguration> held_;  // from OpenState to MakeLink
  std::unique_ptr<observe::UsageSpool> usage_spool_;
  std::unique_ptr<observe::AccessLog> access_log_;  // null: none is written
  std::unique_ptr<trace::Exporter> traces_;         // null: no part is taken in traces
  std::unique_ptr<observe::TailFeed> tail_feed_;
  std::unique_ptr<observe::Recorder> recorder_;
  std::unique_ptr<link::ControlLink> link_;
  std::unique_ptr<edge::TlsFiles> tls_files_;  // null: the data port is plaintext
  std::unique_ptr<edge::TlsWatch> tls_watch_;
  std::unique_ptr<edge::Listener> data_port_;
  std::unique_ptr<edge::Listener> ops_port_;
};

}  // namespace sluice::dataplane
