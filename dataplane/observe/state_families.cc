#include <string_view>

#include "dataplane/observe/metrics_families.h"
#include "dataplane/observe/process_stats.h"

namespace sluice::observe {

void AddConfiguration(MetricsPage& page, const ConfigurationState& state) {
  page.Gauge("sluice_dataplane_config_revision", "Revision served; 0: none yet.",
             static_cast<double>(state.revision));
  MetricFamily& epoch = page.Family(MetricType::Gauge, "sluice_dataplane_config_epoch_info",
                                    "Epoch of the configuration served, as a label.");
  if (state.serving()) MetricsPage::Add(epoch, 1, {{"epoch", state.epoch}});
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

namespace {

void AddTokens(MetricsPage& page, const GuardState::Tokens& tokens) {
  MetricFamily& verdicts =
      page.Family(MetricType::Counter, "sluice_dataplane_tokens_total",
                  "JSON Web Tokens that were shown while an issuer was configured, by what was "
                  "found of them. Clients are told of one failure only.");
  for (const GuardState::Tokens::Verdict& verdict : tokens.verdicts) {
    MetricsPage::Add(verdicts, static_cast<double>(verdict.count), {{"verdict", verdict.name}});
  }
  page.Gauge("sluice_dataplane_tokens_remembered",
             "Verified JSON Web Tokens that are not verified again; at most 32768.",
             static_cast<double>(tokens.remembered));
  page.Gauge("sluice_dataplane_token_subjects",
             "Subjects of JSON Web Tokens whose limits are counted; at most 131072.",
             static_cast<double>(tokens.subjects));
}

constexpr std::string_view kHealths[] = {"healthy", "cooling", "suspended", "exhausted"};

}  // namespace

void AddGuards(MetricsPage& page, const GuardState& state) {
  MetricFamily& keys =
      page.Family(MetricType::Gauge, "sluice_dataplane_provider_key_state",
                  "1 for the state that a provider key is in, by the key's id; 0 for the others.");
  for (const GuardState::Key& key : state.keys) {
    for (const std::string_view health : kHealths) {
      MetricsPage::Add(keys, key.health == health,
                       {{"key", key.id}, {"state", std::string(health)}});
    }
  }
  MetricFamily& loads = page.Family(MetricType::Gauge, "sluice_dataplane_provider_key_in_flight",
                                    "Requests under way with a provider key, by its id.");
  for (const GuardState::Key& key : state.keys) {
    MetricsPage::Add(loads, key.in_flight, {{"key", key.id}});
  }
  MetricFamily& breakers =
      page.Family(MetricType::Gauge, "sluice_dataplane_provider_breaker_state",
                  "Circuit breaker of a provider: 0 closed, 1 open, 2 half-open.");
  for (const GuardState::Provider& provider : state.providers) {
    MetricsPage::Add(breakers, provider.breaker, {{"provider", provider.name}});
  }
  MetricFamily& running = page.Family(MetricType::Gauge, "sluice_dataplane_provider_in_flight",
                                      "Requests under way to a provider.");
  for (const GuardState::Provider& provider : state.providers) {
    MetricsPage::Add(running, provider.in_flight, {{"provider", provider.name}});
  }
  AddTokens(page, state.tokens);
}

void AddRecords(MetricsPage& page, const RecordState& state) {
  const UsageSpool::State& spool = state.spool;
  page.Gauge("sluice_dataplane_usage_spool_bytes", "Size of the usage records on disk.",
             static_cast<double>(spool.bytes));
  page.Gauge("sluice_dataplane_usage_records_waiting",
             "Usage records on disk that the control plane has not stored yet.",
             static_cast<double>(spool.waiting));
  page.Gauge("sluice_dataplane_usage_spool_full",
             "1 while requests are summed up instead of recorded, for want of room or of a disk "
             "that takes them.",
             spool.full);
  page.Counter("sluice_dataplane_usage_records_total", "Usage records written to the disk.",
               static_cast<double>(spool.spooled));
  page.Counter("sluice_dataplane_usage_requests_folded_total",
               "Requests of client keys that were summed up for want of room.",
               static_cast<double>(spool.folded));
  page.Counter("sluice_dataplane_usage_records_lost_total",
               "Usage records that could not be read back from the disk.",
               static_cast<double>(spool.lost));
  page.Counter("sluice_dataplane_usage_spool_failures_total",
               "Failed attempts to write, sync or read usage records.",
               static_cast<double>(spool.failures));
  page.Counter("sluice_dataplane_access_log_dropped_total",
               "Lines of the access log that were dropped because nobody took them.",
               static_cast<double>(state.access_log_dropped));
  page.Counter("sluice_dataplane_tail_lines_total",
               "Requests that were sent to somebody who watches live.",
               static_cast<double>(state.tail.sent));
  page.Counter("sluice_dataplane_tail_left_out_total",
               "Requests that somebody watches live and that were too many to be sent.",
               static_cast<double>(state.tail.left_out));
}

void AddTraces(MetricsPage& page, const TraceState& state) {
  page.Counter("sluice_dataplane_trace_spans_exported_total", "Spans that the collector took.",
               static_cast<double>(state.exported));
  page.Gauge("sluice_dataplane_trace_spans_waiting",
             "Spans on their way to the collector; at most 4096 and a batch.",
             static_cast<double>(state.waiting));
  MetricFamily& dropped =
      page.Family(MetricType::Counter, "sluice_dataplane_trace_spans_dropped_total",
                  "Spans that the collector never had, by why.");
  const auto add = [&](const char* reason, uint64_t count) {
    MetricsPage::Add(dropped, static_cast<double>(count), {{"reason", reason}});
  };
  add("queue_full", state.dropped.queue_full);
  add("refused", state.dropped.refused);
  add("unreachable", state.dropped.unreachable);
  add("ending", state.dropped.ending);
  page.Counter("sluice_dataplane_trace_export_failures_total",
               "Attempts to bring spans to the collector that failed.",
               static_cast<double>(state.failures));
}

void AddTls(MetricsPage& page, const TlsState& state) {
  MetricFamily& ends =
      page.Family(MetricType::Gauge, "sluice_dataplane_tls_certificate_not_after_seconds",
                  "When a certificate in use expires, in seconds since 1970, by its file.");
  for (const TlsState::Certificate& one : state.certificates) {
    MetricsPage::Add(ends, one.not_after_seconds, {{"file", one.file}});
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
    MetricsPage::Add(handshakes, static_cast<double>(one.count), {{"end", one.end}});
  }
}

void AddProcess(MetricsPage& page, const std::string& build, absl::Time started_at) {
  MetricsPage::Add(
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

}  // namespace sluice::observe
