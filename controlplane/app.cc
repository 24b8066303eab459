#include "controlplane/app.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <map>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "controlplane/service/audit_service.h"
#include "controlplane/service/client_key_service.h"
#include "controlplane/service/fleet_service.h"
#include "controlplane/service/history_service.h"
#include "controlplane/service/node_service.h"
#include "controlplane/service/provider_key_service.h"
#include "controlplane/service/provider_service.h"
#include "controlplane/service/settings_service.h"
#include "controlplane/service/status_service.h"

namespace sluice::controlplane {
namespace {

constexpr int kWorkThreads = 2;
constexpr size_t kMaxWaitingCalls = 1024;
constexpr absl::Duration kPatience = absl::Seconds(3);

absl::StatusOr<base::HostPort> ParseListen(const std::string& text, std::string_view flag,
                                           bool insecure) {
  auto address = base::ParseHostPort(text);
  if (!address.ok()) {
    return absl::InvalidArgumentError(
        base::Cat(flag, ": ", base::ToStd(address.status().message())));
  }
  if (address->IsLoopback() || insecure) return address;
  return absl::FailedPreconditionError(
      base::Cat(flag, " ", text,
                " is not a loopback address, and the port is plaintext: anyone on the way reads "
                "tokens and keys. Say --insecure to allow it"));
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
  auto listen = ParseListen(options.listen, "--listen", options.insecure);
  if (!listen.ok()) return listen.status();
  auto ops_listen = ParseListen(options.ops_listen, "--ops-listen", options.insecure);
  if (!ops_listen.ok()) return ops_listen.status();
  RaiseFileLimit();
  const base::SystemClock clock;
  auto opened = OpenOrCreateStore(options.paths, clock);
  if (!opened.ok()) return opened.status();
  auto gate = access::TokenGate::Load(*opened->store);
  if (!gate.ok()) return gate.status();
  auto epoch = opened->store->Epoch();
  if (!epoch.ok()) return epoch.status();
  std::unique_ptr<App> app(new App(*std::move(opened), *std::move(gate), *std::move(epoch)));
  absl::Status status = app->publisher_.Refresh();
  if (status.ok()) status = app->Listen(*listen, *ops_listen);
  if (status.ok()) status = WritePortFile(options.port_file, app->grpc_port(), app->ops_port());
  if (!status.ok()) return status;
  spdlog::info("listening on {} port {}, ops on {} port {}, revision {}", listen->host,
               app->grpc_port(), ops_listen->host, app->ops_port(),
               app->publisher_.Current()->revision());
  return app;
}

App::App(OpenedStore opened, access::TokenGate gate, std::string epoch)
    : started_at_(clock_.Now()),
      opened_(std::move(opened)),
      gate_(std::move(gate)),
      publisher_(*opened_.store, *opened_.sealer, std::move(epoch)),
      hub_(publisher_, nodes_, clock_),
      publish_thread_(publisher_, hub_),
      write_path_(*opened_.store, clock_, publish_thread_),
      provider_ops_(write_path_),
      provider_key_ops_(write_path_, *opened_.sealer),
      client_key_ops_(write_path_),
      settings_ops_(write_path_),
      history_ops_(*opened_.store),
      revision_ops_(write_path_, *opened_.sealer),
      work_threads_(kWorkThreads, kMaxWaitingCalls),
      desk_(gate_, work_threads_, rpc_counters_),
      metrics_(hub_, rpc_counters_, work_threads_) {
  services_.push_back(std::make_unique<service::ProviderService>(desk_, provider_ops_));
  services_.push_back(std::make_unique<service::ProviderKeyService>(desk_, provider_key_ops_));
  services_.push_back(std::make_unique<service::ClientKeyService>(desk_, client_key_ops_));
  services_.push_back(std::make_unique<service::SettingsService>(desk_, settings_ops_));
  services_.push_back(
      std::make_unique<service::HistoryService>(desk_, history_ops_, revision_ops_));
  services_.push_back(std::make_unique<service::AuditService>(desk_, history_ops_));
  services_.push_back(std::make_unique<service::NodeService>(desk_, history_ops_, hub_));
  services_.push_back(
      std::make_unique<service::StatusService>(desk_, history_ops_, nodes_, started_at_));
  services_.push_back(std::make_unique<service::FleetService>(gate_, hub_));
}

App::~App() {
  hub_.CloseAll(absl::UnavailableError("the control plane is stopping"));
  if (server_ != nullptr) server_->Stop(kPatience);
}

absl::Status App::Listen(const base::HostPort& listen, const base::HostPort& ops_listen) {
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  auto server = service::GrpcServer::Start(listen, services);
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

service::OpsAnswer App::Ready() const {
  const absl::Status status = publisher_.LastStatus();
  if (status.ok()) return {.body = "ready\n"};
  return {.status = 503, .body = "the newest revision is not published\n"};
}

}  // namespace sluice::controlplane
