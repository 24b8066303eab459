// A control plane: builds everything from its options, and tears it down in reverse.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/address.h"
#include "common/base/clock.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/first_start.h"
#include "controlplane/ops/admin_token_ops.h"
#include "controlplane/ops/backup_ops.h"
#include "controlplane/ops/client_key_ops.h"
#include "controlplane/ops/declaration_ops.h"
#include "controlplane/ops/enrolment_ops.h"
#include "controlplane/ops/history_ops.h"
#include "controlplane/ops/join_token_ops.h"
#include "controlplane/ops/jwt_issuer_ops.h"
#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/ops/provider_key_refresh.h"
#include "controlplane/ops/provider_ops.h"
#include "controlplane/ops/revision_ops.h"
#include "controlplane/ops/rollout_ops.h"
#include "controlplane/ops/secret_ops.h"
#include "controlplane/ops/seed_ops.h"
#include "controlplane/ops/settings_ops.h"
#include "controlplane/ops/usage_ops.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/reference/reference_reader.h"
#include "controlplane/service/budget_desk.h"
#include "controlplane/service/control_metrics.h"
#include "controlplane/service/denial_log.h"
#include "controlplane/service/grpc_server.h"
#include "controlplane/service/key_use_log.h"
#include "controlplane/service/node_roster.h"
#include "controlplane/service/ops_port.h"
#include "controlplane/service/publish_thread.h"
#include "controlplane/service/rpc_counters.h"
#include "controlplane/service/rpc_desk.h"
#include "controlplane/service/usage_intake.h"
#include "controlplane/service/work_threads.h"
#include "controlplane/store/usage_store.h"
#include "controlplane/tls_files.h"

namespace sluice::controlplane {

struct AppOptions {
  std::string listen = "127.0.0.1:9090";
  std::string ops_listen = "127.0.0.1:9091";
  StorePaths paths = {"var/controlplane/sluice.db", "var/controlplane/master.key"};
  // Plaintext listeners on addresses that are not loopback.
  bool insecure = false;
  // The API's listener has TLS if this says so, and where it is not loopback and not `insecure`.
  TlsOptions tls;
  std::string node_certificate_lifetime = "24h";
  std::vector<std::string> secret_programs;  // absolute paths
  store::UsageTerms usage;
  // Written when both ports listen: {"grpc":N,"ops":N}. Empty: not.
  std::string port_file;
};

class App {
 public:
  // Serves when it returns. Any error is one sentence for the operator.
  static absl::StatusOr<std::unique_ptr<App>> Start(const AppOptions& options);
  // Stops within a few seconds, streams open or not.
  ~App();

  uint16_t grpc_port() const { return server_->port(); }
  uint16_t ops_port() const { return ops_port_->port(); }

 private:
  // `clock`: the one that `gate` looks at.
  App(std::unique_ptr<base::SystemClock> clock, OpenedStore opened,
      std::unique_ptr<store::UsageStore> usage, std::optional<TlsMaterial> tls,
      std::unique_ptr<access::AccessGate> gate, std::string epoch, absl::Duration certificate_life,
      reference::ReaderOptions references);

  // Says what fails, and goes on.
  void ReadReferences();
  absl::Status Listen(const base::HostPort& listen, const base::HostPort& ops_listen);
  ops::ReferenceReader ReferenceDoor() const;
  ops::EnrolmentOps::Issuer IssuerFor(absl::Duration lifetime) const;
  absl::StatusOr<wire::Seed> SeedOfNow() const;
  service::OpsAnswer Ready() const;

  std::unique_ptr<base::SystemClock> clock_;
  absl::Time started_at_;
  OpenedStore opened_;
  std::unique_ptr<store::UsageStore> usage_store_;
  std::optional<TlsMaterial> tls_;  // none: plaintext
  std::unique_ptr<access::AccessGate> gate_;
  publish::Publisher publisher_;
  publish::NodeRegistry nodes_;
  publish::WatchHub hub_;
  service::KeyUseLog key_use_log_;
  service::BudgetDesk budget_desk_;
  service::UsageIntake usage_intake_;
  service::NodeRoster roster_;
  service::PublishThread publish_thread_;
  ops::WritePath write_path_;
  ops::ProviderOps provider_ops_;
  reference::ReferenceReader reference_reader_;
  ops::ProviderKeyOps provider_key_ops_;
  ops::ProviderKeyRefresh provider_key_refresh_;
  ops::ClientKeyOps client_key_ops_;
  ops::JwtIssuerOps jwt_issuer_ops_;
  ops::SettingsOps settings_ops_;
  ops::HistoryOps history_ops_;
  ops::RevisionOps revision_ops_;
  ops::RolloutOps rollout_ops_;
  ops::DeclarationOps declaration_ops_;
  ops::BackupOps backup_ops_;
  ops::SeedOps seed_ops_;
  ops::JoinTokenOps join_token_ops_;
  ops::AdminTokenOps admin_token_ops_;
  ops::SecretOps secret_ops_;
  ops::EnrolmentOps enrolment_ops_;
  ops::UsageOps usage_ops_;
  service::RpcCounters rpc_counters_;
  service::WorkThreads work_threads_;
  service::DenialLog denial_log_;
  service::RpcDesk desk_;
  service::ControlMetrics metrics_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<service::GrpcServer> server_;
  std::unique_ptr<service::OpsPort> ops_port_;
};

}  // namespace sluice::controlplane
