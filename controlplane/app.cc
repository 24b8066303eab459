#include "controlplane/app.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <map>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "controlplane/publish/canary_selection.h"
#include "controlplane/service/admin_token_service.h"
#include "controlplane/service/audit_service.h"
#include "controlplane/service/backup_service.h"
#include "controlplane/service/client_key_service.h"
#include "controlplane/service/declaration_service.h"
#include "controlplane/service/fleet_service.h"
#include "controlplane/service/history_service.h"
#include "controlplane/service/join_token_service.h"
#include "controlplane/service/jwt_issuer_service.h"
#include "controlplane/service/node_service.h"
#include "controlplane/service/provider_key_service.h"
#include "controlplane/service/provider_service.h"
#include "controlplane/service/rollout_service.h"
#include "controlplane/service/secret_service.h"
#include "controlplane/service/settings_service.h"
#include "controlplane/service/status_service.h"
#include "controlplane/service/usage_service.h"

namespace sluice::controlplane {
namespace {

// More than the disk needs: a reference of a provider key may hold one of them for seconds.
constexpr int kWorkThreads = 4;
constexpr size_t kMaxWaitingCalls = 1024;
constexpr absl::Duration kPatience = absl::Seconds(3);
// For all references at a start: what comes late is read when it is asked for.
constexpr absl::Duration kReferencePatience = absl::Seconds(30);
constexpr absl::Duration kShortestCertificate = absl::Minutes(1);
constexpr absl::Duration kLongestCertificate = absl::Hours(24 * 366);
constexpr int kMostUsageDays = 3660;

absl::StatusOr<base::HostPort> ParseListen(const std::string& text, std::string_view flag) {
  auto address = base::ParseHostPort(text);
  if (address.ok()) return address;
  return absl::InvalidArgumentError(base::Cat(flag, ": ", base::ToStd(address.status().message())));
}

absl::StatusOr<base::HostPort> ParseOpsListen(const std::string& text, bool insecure) {
  auto address = ParseListen(text, "--ops-listen");
  if (!address.ok() || address->IsLoopback() || insecure) return address;
  return absl::FailedPreconditionError(
      base::Cat("--ops-listen ", text,
                " is not a loopback address, and the port is plaintext: anyone on the way reads "
                "what it shows. Say --insecure to allow it"));
}

bool NeedsTls(const AppOptions& options, const base::HostPort& listen) {
  return options.tls.on || !options.tls.certificate_file.empty() || !options.tls.key_file.empty() ||
         (!listen.IsLoopback() && !options.insecure);
}

absl::StatusOr<absl::Duration> ParseCertificateLife(const std::string& text) {
  absl::Duration life;
  if (absl::ParseDuration(text, &life) && life >= kShortestCertificate &&
      life <= kLongestCertificate) {
    return life;
  }
  return absl::InvalidArgumentError(base::Cat("--node-certificate-lifetime \"", base::Escaped(text),
                                              "\" is not a time of 1m to 8784h, e.g. 24h or 90m"));
}

absl::Status CheckDays(std::string_view flag, int days, int lowest) {
  if (days >= lowest && days <= kMostUsageDays) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Cat(flag, " ", days, " is not ", lowest, " to ", kMostUsageDays));
}

absl::Status CheckUsage(const AppOptions& options) {
  absl::Status status = CheckDays("--usage-detail-days", options.usage.detail_days, 0);
  status.Update(CheckDays("--usage-days", options.usage.days, 1));
  if (!status.ok()) return status;
  if (base::Cat("/", options.paths.database).ends_with("/usage.db")) {
    return absl::InvalidArgumentError(base::Cat(
        "--database ", options.paths.database,
        ": the name usage.db is that of the usage database beside it, so choose another"));
  }
  return absl::OkStatus();
}

// What opens the control plane is no provider key.
reference::ReaderOptions ReferencesOf(const AppOptions& options) {
  reference::ReaderOptions references;
  references.programs = options.secret_programs;
  references.own_paths = {FolderOf(options.paths.database), options.paths.master_key_file};
  return references;
}

// A connection for each data plane: as many as the system lets this process have.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    spdlog::warn("the limit of open files cannot be raised to {}", limit.rlim_max);
  }
}

absl::Status WritePortFile(const std::string& path, uint16_t grpc, uint16_t ops) {
  if (path.empty()) return absl::OkStatus();
  return base::WriteFileAtomically(path, base::Cat("{\"grpc\":", grpc, ",\"ops\":", ops, "}\n"),
                                   0644);
}

}  // namespace

absl::StatusOr<std::unique_ptr<App>> App::Start(const AppOptions& options) {
  auto listen = ParseListen(options.listen, "--listen");
  if (!listen.ok()) return listen.status();
  auto ops_listen = ParseOpsListen(options.ops_listen, options.insecure);
  if (!ops_listen.ok()) return ops_listen.status();
  const auto certificate_life = ParseCertificateLife(options.node_certificate_lifetime);
  if (!certificate_life.ok()) return certificate_life.status();
  const absl::Status usage_options = CheckUsage(options);
  if (!usage_options.ok()) return usage_options;
  RaiseFileLimit();
  auto clock = std::make_unique<base::SystemClock>();
  auto opened = OpenOrCreateStore(options.paths, *clock);
  if (!opened.ok()) return opened.status();
  auto usage = store::UsageStore::Open(options.paths.UsageFile(), options.usage);
  if (!usage.ok()) return usage.status();
  std::optional<TlsMaterial> tls;
  if (NeedsTls(options, *listen)) {
    auto made =
        LoadOrMakeTls(FolderOf(options.paths.database), listen->host, options.tls, clock->Now());
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  auto gate =
      access::AccessGate::Load(*opened->store, tls ? tls->authority.certificate() : "", *clock);
  if (!gate.ok()) return gate.status();
  auto epoch = opened->store->Epoch();
  if (!epoch.ok()) return epoch.status();
  std::unique_ptr<App> app(new App(std::move(clock), *std::move(opened), *std::move(usage),
                                   std::move(tls), *std::move(gate), *std::move(epoch),
                                   *certificate_life, ReferencesOf(options)));
  absl::Status status = app->publisher_.Refresh();
  if (status.ok()) app->ReadReferences();
  if (status.ok()) status = app->Listen(*listen, *ops_listen);
  if (status.ok()) status = WritePortFile(options.port_file, app->grpc_port(), app->ops_port());
  if (!status.ok()) return status;
  spdlog::info("listening on {} port {} {}, ops on {} port {}, revision {}", listen->host,
               app->grpc_port(), app->tls_ ? "with TLS" : "in plaintext", ops_listen->host,
               app->ops_port(), app->publisher_.Current()->revision);
  return app;
}

App::App(std::unique_ptr<base::SystemClock> clock, OpenedStore opened,
         std::unique_ptr<store::UsageStore> usage, std::optional<TlsMaterial> tls,
         std::unique_ptr<access::AccessGate> gate, std::string epoch,
         absl::Duration certificate_life, reference::ReaderOptions references)
    : clock_(std::move(clock)),
      started_at_(clock_->Now()),
      opened_(std::move(opened)),
      usage_store_(std::move(usage)),
      tls_(std::move(tls)),
      gate_(std::move(gate)),
      publisher_(*opened_.store, *opened_.sealer, std::move(epoch)),
      hub_(publisher_, nodes_, *clock_),
      key_use_log_(*opened_.store, hub_.key_uses()),
      budget_desk_(*opened_.store, *usage_store_, *clock_),
      usage_intake_(*usage_store_, hub_.usage_inbox(), budget_desk_, *clock_, absl::Seconds(1),
                    &hub_.activity()),
      publish_thread_(publisher_, hub_, roster_),
      write_path_(*opened_.store, *clock_, publish_thread_,
                  [this](const ops::CanaryRequest& canary) {
                    return publish::ChooseTerms(canary.selector, canary.max_errors, nodes_.List());
                  }),
      provider_ops_(write_path_),
      reference_reader_(std::move(references)),
      provider_key_ops_(write_path_, *opened_.sealer, ReferenceDoor()),
      provider_key_refresh_(write_path_, *opened_.sealer, ReferenceDoor()),
      client_key_ops_(write_path_),
      jwt_issuer_ops_(write_path_, *opened_.sealer),
      settings_ops_(write_path_),
      history_ops_(*opened_.store),
      revision_ops_(write_path_, *opened_.sealer),
      rollout_ops_(write_path_, *opened_.sealer),
      declaration_ops_(write_path_, *opened_.sealer),
      backup_ops_(*opened_.store, *clock_),
      seed_ops_(*opened_.store, *clock_, std::move(opened_.seed_key),
                [this] { return SeedOfNow(); }),
      join_token_ops_(*opened_.store, *gate_, *clock_),
      admin_token_ops_(*opened_.store, *gate_, *clock_),
      secret_ops_(*opened_.store, *opened_.sealer,
                  {std::string(kMasterKeyCheck), std::string(kMasterKeyId)}, *clock_),
      enrolment_ops_(*opened_.store, *gate_, IssuerFor(certificate_life), *clock_),
      usage_ops_(*opened_.store, *usage_store_, *clock_),
      work_threads_(kWorkThreads, kMaxWaitingCalls),
      denial_log_(*clock_),
      desk_(*gate_, work_threads_, rpc_counters_, denial_log_),
      metrics_(hub_, rpc_counters_, work_threads_, usage_intake_.counters(),
               budget_desk_.ledger()) {
  services_.push_back(std::make_unique<service::ProviderService>(desk_, provider_ops_));
  services_.push_back(std::make_unique<service::ProviderKeyService>(desk_, provider_key_ops_,
                                                                    provider_key_refresh_, hub_));
  services_.push_back(
      std::make_unique<service::ClientKeyService>(desk_, client_key_ops_, key_use_log_));
  services_.push_back(std::make_unique<service::JwtIssuerService>(desk_, jwt_issuer_ops_));
  services_.push_back(std::make_unique<service::SettingsService>(desk_, settings_ops_));
  services_.push_back(
      std::make_unique<service::HistoryService>(desk_, history_ops_, revision_ops_));
  services_.push_back(std::make_unique<service::AuditService>(desk_, history_ops_));
  services_.push_back(std::make_unique<service::NodeService>(
      desk_, history_ops_, hub_, enrolment_ops_, gate_->nodes(), roster_, seed_ops_));
  services_.push_back(
      std::make_unique<service::StatusService>(desk_, history_ops_, nodes_, started_at_));
  auto rollouts =
      std::make_unique<service::RolloutService>(desk_, rollout_ops_, publisher_, nodes_);
  publish_thread_.EachSecond([this, rollouts = rollouts.get()] {
    rollouts->Look();
    key_use_log_.Tick();
  });
  services_.push_back(std::move(rollouts));
  services_.push_back(std::make_unique<service::DeclarationService>(desk_, declaration_ops_));
  services_.push_back(std::make_unique<service::BackupService>(desk_, backup_ops_));
  services_.push_back(std::make_unique<service::JoinTokenService>(desk_, join_token_ops_));
  services_.push_back(std::make_unique<service::AdminTokenService>(desk_, admin_token_ops_));
  services_.push_back(std::make_unique<service::SecretService>(desk_, secret_ops_));
  services_.push_back(
      std::make_unique<service::UsageService>(desk_, usage_ops_, hub_, budget_desk_));
  services_.push_back(
      std::make_unique<service::FleetService>(desk_, *gate_, hub_, roster_, enrolment_ops_));
}

ops::ReferenceReader App::ReferenceDoor() const {
  return [this](const config::v1::SecretReference& reference) {
    return reference_reader_.Read(reference);
  };
}

void App::ReadReferences() {
  const ops::Caller itself{
      {.token_id = "", .name = "control plane", .role = access::Role::kOwner}, "", "Start"};
  const auto read = provider_key_refresh_.Refresh(itself, {}, clock_->Now() + kReferencePatience);
  if (!read.ok())
    spdlog::error("references are not read: {}", base::ToStd(read.status().message()));
}

ops::EnrolmentOps::Issuer App::IssuerFor(absl::Duration lifetime) const {
  if (!tls_.has_value()) return {};
  return {&tls_->authority, lifetime, tls_->server_authority};
}

App::~App() {
  publish_thread_.EachSecond([] {});
  hub_.CloseAll(absl::UnavailableError("the control plane is stopping"));
  if (server_ != nullptr) server_->Stop(kPatience);
}

absl::Status App::Listen(const base::HostPort& listen, const base::HostPort& ops_listen) {
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  auto server = service::GrpcServer::Start(listen, tls_ ? &tls_->server : nullptr, services);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  const std::map<std::string, service::OpsPort::Handler> paths = {
      {"/livez", [] { return service::OpsAnswer{.body = "ok\n"}; }},
      {"/readyz", [this] { return Ready(); }},
      {"/metrics",
       [this] {
         return service::OpsAnswer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                   .body = metrics_.Text()};
       }},
  };
  auto ops_port = service::OpsPort::Start(ops_listen, paths);
  if (!ops_port.ok()) return ops_port.status();
  ops_port_ = *std::move(ops_port);
  return absl::OkStatus();
}

absl::StatusOr<wire::Seed> App::SeedOfNow() const {
  publish::WholeConfiguration whole = publisher_.Whole();
  if (whole.head.epoch.empty()) return absl::UnavailableError("nothing is published yet");
  return wire::Seed{whole.head.epoch, whole.head.revision, whole.head.hash, whole.head.lineage,
                    std::move(whole.bytes)};
}

service::OpsAnswer App::Ready() const {
  const absl::Status status = publisher_.LastStatus();
  if (status.ok()) return {.body = "ready\n"};
  return {.status = 503, .body = "the newest revision is not published\n"};
}

}  // namespace sluice::controlplane
