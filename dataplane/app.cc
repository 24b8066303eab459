#include "dataplane/app.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "common/base/file.h"
#include "common/base/text.h"
#include "dataplane/config/resume.h"
#include "dataplane/config/seed_start.h"
#include "dataplane/edge/fd_limit.h"
#include "dataplane/observe/node_id.h"
#include "dataplane/observe/ops_pages.h"
#include "dataplane/observe/process_stats.h"
#include "dataplane/observe/readiness.h"
#include "dataplane/proxy/proxy_handler.h"
#include "dataplane/trace/collector_headers.h"
#include "dataplane/upstream/library.h"

namespace sluice::dataplane {
namespace {

constexpr size_t kMaxOpsConnections = 256;
constexpr size_t kMaxKeyUses = 1000;  // of a heartbeat
constexpr std::chrono::milliseconds kDrainPoll{20};
constexpr std::chrono::seconds kDelivery{2};
constexpr char kUsageFolder[] = "usage";

observe::TlsState StateOf(edge::TlsFiles& files) {
  const edge::TlsFiles::State state = files.state();
  observe::TlsState tls;
  for (const edge::TlsFiles::Certificate& one : state.certificates) {
    tls.certificates.push_back(
        {one.file, absl::ToDoubleSeconds(one.not_after - absl::UnixEpoch())});
  }
  tls.loads = state.loads;
  tls.refusals = state.refusals;
  tls.refused = state.refused;
  const auto add = [&](const char* name, edge::HandshakeEnd end) {
    tls.handshakes.push_back({name, files.slot().count(end)});
  };
  add("full", edge::HandshakeEnd::kFull);
  add("resumed", edge::HandshakeEnd::kResumed);
  add("plaintext", edge::HandshakeEnd::kPlaintext);
  add("failed", edge::HandshakeEnd::kFailed);
  add("left", edge::HandshakeEnd::kLeft);
  add("timed_out", edge::HandshakeEnd::kTimedOut);
  return tls;
}

}  // namespace

App::App(const Options& options) : options_(options), metrics_(SLUICE_VERSION, absl::Now()) {
  live_state_.OnCuts([this] { cuts_.Ring(); });
}

App::~App() {
  // The link first: it publishes into what the workers read.
  if (link_) link_->Stop();
  ops_port_.reset();
  data_port_.reset();
  recorder_.reset();
  traces_.reset();
  tls_watch_.reset();
}

absl::StatusOr<std::unique_ptr<App>> App::Start(const Options& options) {
  std::unique_ptr<App> app(new App(options));
  absl::Status status = upstream::InitialiseLibrary();
  if (!status.ok()) return status;
  app->LoadAuthorities();
  status = app->OpenState();
  if (!status.ok()) return status;
  status = app->OpenTracing();
  if (!status.ok()) return status;
  status = app->OpenRecords();
  if (!status.ok()) return status;
  app->MakeLink();
  status = app->OpenTls();
  if (!status.ok()) return status;
  status = app->Listen();
  if (!status.ok()) return status;
  app->link_->Start();
  app->recorder_->Start([link = app->link_.get()] { link->OnUsage(); },
                        [link = app->link_.get()] { link->OnTail(); });
  status = app->WritePortFile();
  if (!status.ok()) return status;
  return app;
}

void App::LoadAuthorities() {
  auto authorities = upstream::LoadAuthorities();
  if (authorities.ok()) {
    authorities_ = *std::move(authorities);
  } else {
    spdlog::warn("the system's authorities cannot be read, so TLS to providers may fail: {}",
                 base::ToStd(authorities.status().message()));
  }
}

absl::Status App::OpenState() {
  auto last_known_good = config::LastKnownGood::Open(options_.flags.state_dir, clock_);
  if (!last_known_good.ok()) return last_known_good.status();
  last_known_good_ = *std::move(last_known_good);
  node_id_ = options_.flags.node_id;
  if (node_id_.empty()) {
    auto node_id = observe::LoadOrMakeNodeId(options_.flags.state_dir);
    if (!node_id.ok()) return node_id.status();
    node_id_ = *std::move(node_id);
  }
  held_ = config::ServeLastKnownGood(*last_known_good_, live_state_, slot_);
  if (!held_.has_value()) {
    held_ = config::ServeSeed({options_.flags.seed_file, options_.flags.seed_key_file},
                              *last_known_good_, live_state_, slot_);
  }
  return absl::OkStatus();
}

absl::Status App::OpenTracing() {
  const Flags& flags = options_.flags;
  if (flags.trace_endpoint.empty()) return absl::OkStatus();
  trace::Exporter::Options exporter;
  exporter.endpoint = flags.trace_endpoint;
  while (exporter.endpoint.ends_with('/')) exporter.endpoint.pop_back();
  exporter.resource = {node_id_, SLUICE_VERSION};
  if (!flags.trace_headers_file.empty()) {
    auto headers = trace::ReadCollectorHeaders(flags.trace_headers_file);
    if (!headers.ok()) return headers.status();
    exporter.headers = *std::move(headers);
  }
  traces_ = std::make_unique<trace::Exporter>(std::move(exporter));
  metrics_.SetTraceSource([this] { return traces_->state(); });
  return absl::OkStatus();
}

absl::Status App::OpenRecords() {
  observe::UsageSpool::Options spool;
  spool.folder = base::Cat(options_.flags.state_dir, "/", kUsageFolder);
  spool.most_bytes = static_cast<uint64_t>(options_.flags.usage_spool_mib) << 20;
  auto opened = observe::UsageSpool::Open(std::move(spool), clock_);
  if (!opened.ok()) return opened.status();
  usage_spool_ = *std::move(opened);
  if (!options_.flags.access_log.empty()) {
    auto log = observe::AccessLog::Open(options_.flags.access_log);
    if (!log.ok()) return log.status();
    access_log_ = *std::move(log);
  }
  tail_feed_ = std::make_unique<observe::TailFeed>(node_id_, clock_);
  recorder_ = std::make_unique<observe::Recorder>(node_id_, *usage_spool_, access_log_.get(),
                                                  traces_.get(), tail_feed_.get());
  metrics_.SetRecordSource([this] { return Records(); });
  return absl::OkStatus();
}

observe::RecordState App::Records() const {
  return {usage_spool_->state(), access_log_ == nullptr ? 0 : access_log_->dropped(),
          tail_feed_->state()};
}

void App::MakeLink() {
  link::ControlLink::Options options;
  options.control_plane = options_.flags.control_plane;
  options.insecure = options_.flags.insecure;
  options.join_token_file = options_.flags.join_token_file;
  options.authority_file = options_.flags.control_plane_ca_file;
  options.state_dir = options_.flags.state_dir;
  options.node_id = node_id_;
  options.labels = options_.labels;
  options.build = SLUICE_VERSION;
  options.on_drain = [this](bool on) { LeaveRotation(on); };
  options.usage = usage_spool_.get();
  options.budgets = &budgets_;
  options.on_budgets = [this] { budget_news_.Ring(); };
  options.tail = tail_feed_.get();
  link_ = std::make_unique<link::ControlLink>(
      std::move(options), std::exchange(held_, {}), slot_, live_state_, *last_known_good_,
      [this] { return Heartbeat(); }, clock_);
  metrics_.SetConfigurationSource([this] { return link_->State(); });
  metrics_.SetGuardSource([this] { return Guards(); });
}

fleet::v1::Heartbeat App::Heartbeat() {
  observe::WorkerTotals totals = metrics_.Totals();
  fleet::v1::Heartbeat beat;
  beat.set_in_flight(totals.in_flight);
  beat.set_requests(static_cast<int64_t>(totals.all_requests()));
  beat.set_errors(static_cast<int64_t>(totals.own_errors()));
  beat.set_rss_bytes(observe::ResidentBytes());
  beat.set_open_streams(totals.open_streams);
  beat.set_draining(OutOfRotation());
  for (guard::UsedKeys::Use& use : used_keys_.Take(kMaxKeyUses)) {
    fleet::v1::KeyUse* told = beat.add_key_uses();
    told->set_client_key_id(std::move(use.id));
    told->mutable_last_used_at()->set_seconds(absl::ToUnixSeconds(use.at));
  }
  return beat;
}

observe::GuardState App::Guards() const {
  const absl::Time now = clock_.Now();
  observe::GuardState state;
  for (const auto& key : live_state_.KeyStates()) {
    state.keys.push_back(
        {key->id(), std::string(guard::HealthName(key->Read(now).health)), key->in_flight()});
  }
  for (const auto& [name, guards] : live_state_.Guards()) {
    state.providers.push_back(
        {name, static_cast<int>(guards->breaker.state()), guards->in_flight.count()});
  }
  const config::TokenMemory& tokens = live_state_.token_memory();
  for (size_t i = 0; i < config::kTokenVerdicts; ++i) {
    const auto verdict = static_cast<config::TokenVerdict>(i);
    state.tokens.verdicts.push_back({std::string(config::NameOf(verdict)), tokens.count(verdict)});
  }
  state.tokens.remembered = tokens.tokens();
  state.tokens.subjects = tokens.subjects();
  return state;
}

void App::LeaveRotation(bool on) {
  if (drained_.exchange(on, std::memory_order_relaxed) == on) return;
  spdlog::info(on ? "drained by the operator: not ready, and every answer ends its connection"
                  : "no longer drained by the operator");
  data_port_->CloseAfterAnswers(on);
}

bool App::OutOfRotation() const {
  return draining_.load(std::memory_order_relaxed) || drained_.load(std::memory_order_relaxed);
}

absl::Status App::OpenTls() {
  if (options_.tls.empty()) return absl::OkStatus();
  auto files = edge::TlsFiles::Open(options_.tls, clock_);
  if (!files.ok()) return files.status();
  tls_files_ = *std::move(files);
  tls_watch_ = std::make_unique<edge::TlsWatch>(*tls_files_);
  metrics_.SetTlsSource([this] { return StateOf(*tls_files_); });
  return absl::OkStatus();
}

absl::Status App::Listen() {
  absl::StatusOr<size_t> fd_limit = edge::RaiseFdLimit();
  if (!fd_limit.ok()) return fd_limit.status();

  edge::ListenerOptions data;
  data.address = options_.listen;
  data.workers = options_.flags.workers;
  data.reuse_port = options_.flags.reuse_port;
  data.max_connections = edge::MaxConnectionsFor(*fd_limit);
  if (tls_files_ != nullptr) data.tls = &tls_files_->slot();
  data.make_handler = [this](event::Loop& loop) {
    proxy::Shared shared{slot_, clock_,   draining_,    used_keys_,
                         cuts_, budgets_, budget_news_, !options_.tls.empty()};
    shared.authorities = authorities_.get();
    if (traces_ != nullptr) shared.trace_share = options_.flags.trace_sample;
    return std::make_unique<proxy::ProxyHandler>(shared, loop, metrics_.AddWorker(),
                                                 recorder_->AddQueue());
  };
  auto data_port = edge::Listener::Start(std::move(data));
  if (!data_port.ok()) return data_port.status();
  data_port_ = *std::move(data_port);

  edge::ListenerOptions ops;
  ops.address = options_.ops_listen;
  ops.workers = 1;
  ops.max_connections = kMaxOpsConnections;
  ops.make_handler = [this](event::Loop&) {
    auto readiness = [this] {
      observe::Readiness readiness = observe::ReadinessOf(link_->State());
      if (OutOfRotation()) {
        readiness.ready = false;
        readiness.reason = "draining";
      }
      return readiness;
    };
    return std::make_unique<observe::OpsPages>(readiness, [this] { return metrics_.Render(); });
  };
  auto ops_port = edge::Listener::Start(std::move(ops));
  if (!ops_port.ok()) return ops_port.status();
  ops_port_ = *std::move(ops_port);
  spdlog::info("node {} serves on {}:{}{} with {} workers, ops on {}:{}", node_id_,
               options_.listen.host, data_port_->port(), tls_files_ == nullptr ? "" : " (TLS)",
               options_.flags.workers, options_.ops_listen.host, ops_port_->port());
  return absl::OkStatus();
}

absl::Status App::WritePortFile() const {
  if (options_.flags.port_file.empty()) return absl::OkStatus();
  return base::WriteFileAtomically(
      options_.flags.port_file,
      fmt::format("{{\"http\":{},\"ops\":{}}}\n", data_port_->port(), ops_port_->port()), 0644);
}

void App::Drain(const std::function<bool()>& hurry) {
  draining_.store(true, std::memory_order_relaxed);
  data_port_->BeginDrain();
  auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(options_.flags.drain_seconds);
  int64_t in_flight = metrics_.Totals().in_flight;
  spdlog::info("draining: {} requests in flight, at most {} s", in_flight,
               options_.flags.drain_seconds);
  while ((in_flight = metrics_.Totals().in_flight) > 0 && !hurry() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kDrainPoll);
  }
  if (in_flight > 0) spdlog::warn("ending with {} requests cut", in_flight);
  DeliverRecords(hurry);
}

void App::DeliverRecords(const std::function<bool()>& hurry) {
  recorder_->Settle();
  link_->OnUsage();
  const auto deadline = std::chrono::steady_clock::now() + kDelivery;
  while (usage_spool_->state().waiting > 0 && link_->State().connected && !hurry() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kDrainPoll);
  }
}

}  // namespace sluice::dataplane
