#include "dataplane/observe/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/observe/process_stats.h"

namespace sluice::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::string_view kClassNames[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::string_view kSideNames[] = {"none", "gateway", "downstream", "upstream"};
constexpr std::string_view kDirectionNames[] = {"up", "down"};
static_assert(std::size(kClassNames) == WorkerTotals::kClasses);
static_assert(std::size(kSideNames) == WorkerTotals::kSides);

// One scrape in the making.
class Page {
 public:
  MetricFamily& Family(MetricType type, std::string name, std::string help) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return families_.back();
  }
  static void Add(MetricFamily& family, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }
  void Counter(std::string name, std::string help, double value) {
    Add(Family(MetricType::Counter, std::move(name), std::move(help)), value);
  }
  void Gauge(std::string name, std::string help, double value) {
    Add(Family(MetricType::Gauge, std::move(name), std::move(help)), value);
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddByDirection(Page& page, std::string name, std::string help,
                    const std::array<uint64_t, 2>& counts) {
  MetricFamily& family = page.Family(MetricType::Counter, std::move(name), std::move(help));
  for (size_t i = 0; i < counts.size(); ++i) {
    Page::Add(family, static_cast<double>(counts[i]),
              {{"direction", std::string(kDirectionNames[i])}});
  }
}

void AddTraffic(Page& page, const WorkerTotals& totals) {
  MetricFamily& requests = page.Family(
      MetricType::Counter, "sluice_dataplane_requests_total",
      "Requests ended, by class of the status sent (none: no head was sent) and by the side they "
      "failed on (none: they went through).");
  for (size_t i = 0; i < WorkerTotals::kClasses; ++i) {
    for (size_t j = 0; j < WorkerTotals::kSides; ++j) {
      Page::Add(requests, static_cast<double>(totals.requests[i][j]),
                {{"class", std::string(kClassNames[i])}, {"side", std::string(kSideNames[j])}});
    }
  }
  page.Gauge("sluice_dataplane_in_flight", "Requests that run now.",
             static_cast<double>(totals.in_flight));
  page.Gauge("sluice_dataplane_open_streams",
             "Answers under way whose length is not known, e.g. event streams.",
             static_cast<double>(totals.open_streams));
  page.Gauge("sluice_dataplane_downstream_connections", "Client connections that are open.",
             static_cast<double>(totals.connections));
  AddByDirection(page, "sluice_dataplane_bytes_total",
                 "Body bytes of ended requests: up to providers, down to clients.", totals.bytes);
  page.Counter("sluice_dataplane_retries_total",
               "Tries of requests beyond their first: with another provider key, or over another "
               "connection.",
               static_cast<double>(totals.retries));
  AddByDirection(page, "sluice_dataplane_backpressure_pauses_total",
                 "Times a source was paused because the reader of that direction was behind.",
                 totals.pauses);
}

constexpr std::string_view kQualityNames[] = {"complete", "partial", "estimated", "unmetered"};
static_assert(std::size(kQualityNames) == kUsageQualities);

void AddUsage(Page& page, const UsageByProvider& usage) {
  MetricFamily& tokens =
      page.Family(MetricType::Counter, "sluice_dataplane_metered_tokens_total",
                  "Tokens that answers of a provider told of, by kind: input or output.");
  for (const auto& [provider, totals] : usage) {
    Page::Add(tokens, static_cast<double>(totals.input_tokens),
              {{"provider", provider}, {"kind", "input"}});
    Page::Add(tokens, static_cast<double>(totals.output_tokens),
              {{"provider", provider}, {"kind", "output"}});
  }
  MetricFamily& answers = page.Family(
      MetricType::Counter, "sluice_dataplane_metered_answers_total",
      "Answers of a provider to POST with a status of 2xx, by how well their usage is known.");
  for (const auto& [provider, totals] : usage) {
    for (size_t i = 0; i < kUsageQualities; ++i) {
      Page::Add(answers, static_cast<double>(totals.answers[i]),
                {{"provider", provider}, {"quality", std::string(kQualityNames[i])}});
    }
  }
}

void AddConfiguration(Page& page, const ConfigurationState& state) {
  page.Gauge("sluice_dataplane_config_revision", "Revision served; 0: none yet.",
             static_cast<double>(state.revision));
  MetricFamily& epoch = page.Family(MetricType::Gauge, "sluice_dataplane_config_epoch_info",
                                    "Epoch of the configuration served, as a label.");
  if (state.serving()) Page::Add(epoch, 1, {{"epoch", state.epoch}});
  page.Gauge("sluice_dataplane_config_live",
             "1 while what is served is what the control plane has now.", state.live);
  page.Gauge("sluice_dataplane_config_stored",
             "1 if the configuration served is on disk, so that a restart comes back with it.",
             state.stored);
  page.Gauge("sluice_dataplane_last_known_good_age_seconds",
             "Time since the control plane last confirmed the configuration served; 0 while live.",
             state.age_seconds);
  page.Gauge("sluice_dataplane_control_plane_connected",
             "1 while the control plane answers on the node's stream.", state.connected);
  page.Counter("sluice_dataplane_control_plane_connects_total",
               "Streams on which the control plane answered.", static_cast<double>(state.connects));
  page.Counter("sluice_dataplane_configs_applied_total", "Configurations taken.",
               static_cast<double>(state.applied));
  page.Counter("sluice_dataplane_configs_refused_total", "Configurations refused.",
               static_cast<double>(state.refused));
  page.Counter("sluice_dataplane_config_store_failures_total",
               "Failed attempts to write the last-known-good file.",
               static_cast<double>(state.store_failures));
}

constexpr std::string_view kHealths[] = {"healthy", "cooling", "suspended", "exhausted"};

void AddGuards(Page& page, const GuardState& state) {
  MetricFamily& keys =
      page.Family(MetricType::Gauge, "sluice_dataplane_provider_key_state",
                  "1 for the state that a provider key is in, by the key's id; 0 for the others.");
  for (const GuardState::Key& key : state.keys) {
    for (const std::string_view health : kHealths) {
      Page::Add(keys, key.health == health, {{"key", key.id}, {"state", std::string(health)}});
    }
  }
  MetricFamily& loads = page.Family(MetricType::Gauge, "sluice_dataplane_provider_key_in_flight",
                                    "Requests under way with a provider key, by its id.");
  for (const GuardState::Key& key : state.keys) {
    Page::Add(loads, key.in_flight, {{"key", key.id}});
  }
  MetricFamily& breakers =
      page.Family(MetricType::Gauge, "sluice_dataplane_provider_breaker_state",
                  "Circuit breaker of a provider: 0 closed, 1 open, 2 half-open.");
  for (const GuardState::Provider& provider : state.providers) {
    Page::Add(breakers, provider.breaker, {{"provider", provider.name}});
  }
  MetricFamily& running = page.Family(MetricType::Gauge, "sluice_dataplane_provider_in_flight",
                                      "Requests under way to a provider.");
  for (const GuardState::Provider& provider : state.providers) {
    Page::Add(running, provider.in_flight, {{"provider", provider.name}});
  }
}

void AddTokens(Page& page, const GuardState::Tokens& tokens) {
  MetricFamily& verdicts =
      page.Family(MetricType::Counter, "sluice_dataplane_tokens_total",
                  "JSON Web Tokens that were shown while an issuer was configured, by what was "
                  "found of them. Clients are told of one failure only.");
  for (const GuardState::Tokens::Verdict& verdict : tokens.verdicts) {
    Page::Add(verdicts, static_cast<double>(verdict.count), {{"verdict", verdict.name}});
  }
  page.Gauge("sluice_dataplane_tokens_remembered",
             "Verified JSON Web Tokens that are not verified again; at most 32768.",
             static_cast<double>(tokens.remembered));
  page.Gauge("sluice_dataplane_token_subjects",
             "Subjects of JSON Web Tokens whose limits are counted; at most 131072.",
             static_cast<double>(tokens.subjects));
}

void AddTls(Page& page, const TlsState& state) {
  MetricFamily& ends =
      page.Family(MetricType::Gauge, "sluice_dataplane_tls_certificate_not_after_seconds",
                  "When a certificate in use expires, in seconds since 1970, by its file.");
  for (const TlsState::Certificate& one : state.certificates) {
    Page::Add(ends, one.not_after_seconds, {{"file", one.file}});
  }
  page.Counter("sluice_dataplane_tls_loads_total",
               "Times the TLS files were taken into use, at the start, changed or for new keys of "
               "tickets.",
               static_cast<double>(state.loads));
  page.Counter("sluice_dataplane_tls_load_failures_total",
               "Times changed TLS files could not be used.", static_cast<double>(state.refusals));
  page.Gauge("sluice_dataplane_tls_files_refused",
             "1 while the TLS files cannot be used, and former certificates are shown.",
             state.refused);
  MetricFamily& handshakes =
      page.Family(MetricType::Counter, "sluice_dataplane_tls_handshakes_total",
                  "TLS handshakes ended, by how: full and resumed are good.");
  for (const TlsState::Handshakes& one : state.handshakes) {
    Page::Add(handshakes, static_cast<double>(one.count), {{"end", one.end}});
  }
}

void AddProcess(Page& page, const std::string& build, absl::Time started_at) {
  Page::Add(
      page.Family(MetricType::Gauge, "sluice_dataplane_build_info", "The version, as a label."), 1,
      {{"version", build}});
  page.Gauge("process_start_time_seconds", "Start of the process in seconds since 1970.",
             absl::ToDoubleSeconds(started_at - absl::UnixEpoch()));
  page.Counter("process_cpu_seconds_total", "User and system time spent.", CpuSeconds());
  page.Gauge("process_resident_memory_bytes", "Resident memory.",
             static_cast<double>(ResidentBytes()));
  page.Gauge("process_open_fds", "Open file descriptors.",
             static_cast<double>(OpenFileDescriptors()));
  page.Gauge("process_max_fds", "Most file descriptors that may be open.",
             static_cast<double>(MaxFileDescriptors()));
}

}  // namespace

Metrics::Metrics(std::string build, absl::Time started_at)
    : build_(std::move(build)), started_at_(started_at) {}

WorkerMetrics& Metrics::AddWorker() {
  absl::MutexLock lock(&mutex_);
  return workers_.emplace_back();
}

void Metrics::SetConfigurationSource(std::function<ConfigurationState()> source) {
  absl::MutexLock lock(&mutex_);
  configuration_ = std::move(source);
}

void Metrics::SetTlsSource(std::function<TlsState()> source) {
  absl::MutexLock lock(&mutex_);
  tls_ = std::move(source);
}

void Metrics::SetGuardSource(std::function<GuardState()> source) {
  absl::MutexLock lock(&mutex_);
  guards_ = std::move(source);
}

WorkerTotals Metrics::Totals() const {
  absl::MutexLock lock(&mutex_);
  WorkerTotals totals;
  for (const WorkerMetrics& worker : workers_) totals += worker.Read();
  return totals;
}

UsageByProvider Metrics::Usage() const {
  absl::MutexLock lock(&mutex_);
  UsageByProvider usage;
  for (const WorkerMetrics& worker : workers_) worker.usage().AddTo(&usage);
  return usage;
}

std::string Metrics::Render() const {
  std::function<ConfigurationState()> configuration;
  std::function<TlsState()> tls;
  std::function<GuardState()> guards;
  {
    absl::MutexLock lock(&mutex_);
    configuration = configuration_;
    tls = tls_;
    guards = guards_;
  }
  Page page;
  AddTraffic(page, Totals());
  AddUsage(page, Usage());
  AddConfiguration(page, configuration ? configuration() : ConfigurationState());
  if (guards) {
    const GuardState state = guards();
    AddGuards(page, state);
    AddTokens(page, state.tokens);
  }
  if (tls) AddTls(page, tls());
  AddProcess(page, build_, started_at_);
  return page.Text();
}

}  // namespace sluice::observe
