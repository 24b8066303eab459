#include "dataplane/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/observe/process_stats.h"

namespace sluice::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, AddsUpItsWorkers) {
  Metrics metrics("1.2.3", absl::UnixEpoch());
  WorkerMetrics& one = metrics.AddWorker();
  WorkerMetrics& two = metrics.AddWorker();
  one.OnStarted();
  one.OnEnded({.status = 200, .failed = std::nullopt, .bytes_up = 5, .bytes_down = 7});
  two.OnStarted();
  two.OnEnded({.status = 200, .failed = std::nullopt, .bytes_up = 1, .bytes_down = 1});
  two.OnStarted();
  two.OnConnectionOpened();
  two.OnPaused(Direction::kDown);
  EXPECT_EQ(metrics.Totals().all_requests(), 2U);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_requests_total{class=\"2xx\",side=\"none\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("sluice_dataplane_requests_total{class=\"5xx\",side=\"upstream\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_bytes_total{direction=\"up\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_bytes_total{direction=\"down\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_in_flight 1\n"));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_downstream_connections 1\n"));
  EXPECT_THAT(text,
              HasSubstr("sluice_dataplane_backpressure_pauses_total{direction=\"down\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_dataplane_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# HELP sluice_dataplane_in_flight "));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_build_info{version=\"1.2.3\"} 1\n"));
}

TEST(Metrics, AddsUpWhatProvidersWereUsedFor) {
  Metrics metrics("1", absl::UnixEpoch());
  WorkerMetrics& one = metrics.AddWorker();
  WorkerMetrics& two = metrics.AddWorker();
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("metered_tokens_total{")));
  one.usage().Add("openai", 11, 7, UsageQuality::kComplete);
  two.usage().Add("openai", 1'000'000'000'000, 1, UsageQuality::kPartial);
  two.usage().Add("other", 0, 0, UsageQuality::kUnmetered);
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_metered_tokens_total{provider=\"openai\",kind=\"input\"} "
           "1000000000011\n",
           "sluice_dataplane_metered_tokens_total{provider=\"openai\",kind=\"output\"} 8\n",
           "sluice_dataplane_metered_tokens_total{provider=\"other\",kind=\"input\"} 0\n",
           "sluice_dataplane_metered_answers_total{provider=\"openai\",quality=\"complete\"} 1\n",
           "sluice_dataplane_metered_answers_total{provider=\"openai\",quality=\"partial\"} 1\n",
           "sluice_dataplane_metered_answers_total{provider=\"openai\",quality=\"estimated\"} 0\n",
           "sluice_dataplane_metered_answers_total{provider=\"other\",quality=\"unmetered\"} 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, BoundsTheProvidersThatItTellsApart) {
  UsageCounts counts;
  for (size_t i = 0; i < UsageCounts::kMostProviders + 10; ++i) {
    counts.Add("p" + std::to_string(i), 1, 0, UsageQuality::kComplete);
  }
  counts.Add("p0", 1, 0, UsageQuality::kComplete);
  UsageByProvider totals;
  counts.AddTo(&totals);
  EXPECT_EQ(totals.size(), UsageCounts::kMostProviders + 1);
  EXPECT_EQ(totals["p0"].input_tokens, 2U);
  EXPECT_EQ(totals[std::string(UsageCounts::kOthers)].input_tokens, 10U);
}

TEST(Metrics, ShowsHowTracesFareWhereThereAreAny) {
  Metrics metrics("1", absl::UnixEpoch());
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("_trace_")));
  metrics.SetTraceSource([] { return TraceState{9, 8, {1, 2, 3, 4}, 5}; });
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_trace_spans_exported_total 9\n",
           "sluice_dataplane_trace_spans_waiting 8\n",
           "sluice_dataplane_trace_spans_dropped_total{reason=\"queue_full\"} 1\n",
           "sluice_dataplane_trace_spans_dropped_total{reason=\"refused\"} 2\n",
           "sluice_dataplane_trace_spans_dropped_total{reason=\"unreachable\"} 3\n",
           "sluice_dataplane_trace_spans_dropped_total{reason=\"ending\"} 4\n",
           "sluice_dataplane_trace_export_failures_total 5\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, ShowsTheStateOfTheConfiguration) {
  Metrics metrics("1", absl::UnixEpoch() + absl::Seconds(5));
  metrics.SetConfigurationSource([] {
    ConfigurationState state;
    state.connected = true;
    state.epoch = "epoch-a";
    state.revision = 41;
    state.age_seconds = 12.5;
    state.stored = false;
    state.applied = 3;
    state.refused = 2;
    state.store_failures = 1;
    return state;
  });
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_config_revision 41\n",
           "sluice_dataplane_config_epoch_info{epoch=\"epoch-a\"} 1\n",
           "sluice_dataplane_config_live 0\n",
           "sluice_dataplane_config_stored 0\n",
           "sluice_dataplane_last_known_good_age_seconds 12.5\n",
           "sluice_dataplane_control_plane_connected 1\n",
           "sluice_dataplane_configs_applied_total 3\n",
           "sluice_dataplane_configs_refused_total 2\n",
           "sluice_dataplane_config_store_failures_total 1\n",
           "process_start_time_seconds 5\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, ShowsTheGuardsOfProvidersAndTheirKeys) {
  Metrics metrics("1", absl::UnixEpoch());
  metrics.AddWorker().OnRetried();
  metrics.AddWorker().OnRetried();
  metrics.SetGuardSource([] {
    GuardState state;
    state.keys = {{"pk_1", "suspended", 0}, {"pk_2", "healthy", 3}};
    state.providers = {{"openai", 1, 3}};
    state.tokens = {{{"good", 9}, {"expired", 2}}, 5, 4};
    return state;
  });
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_retries_total 2\n",
           "sluice_dataplane_provider_key_state{key=\"pk_1\",state=\"suspended\"} 1\n",
           "sluice_dataplane_provider_key_state{key=\"pk_1\",state=\"healthy\"} 0\n",
           "sluice_dataplane_provider_key_state{key=\"pk_2\",state=\"healthy\"} 1\n",
           "sluice_dataplane_provider_key_in_flight{key=\"pk_2\"} 3\n",
           "sluice_dataplane_provider_breaker_state{provider=\"openai\"} 1\n",
           "sluice_dataplane_provider_in_flight{provider=\"openai\"} 3\n",
           "sluice_dataplane_tokens_total{verdict=\"expired\"} 2\n",
           "sluice_dataplane_tokens_remembered 5\n",
           "sluice_dataplane_token_subjects 4\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, ShowsHowTlsFares) {
  Metrics metrics("1", absl::UnixEpoch());
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("sluice_dataplane_tls_")));
  metrics.SetTlsSource([] {
    TlsState state;
    state.certificates = {{"/a.crt", 2e9}, {"/b.crt", 2.5e9}};
    state.handshakes = {{"full", 7}, {"failed", 2}};
    state.loads = 3;
    state.refusals = 4;
    state.refused = true;
    return state;
  });
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_tls_certificate_not_after_seconds{file=\"/a.crt\"} 2000000000\n",
           "sluice_dataplane_tls_certificate_not_after_seconds{file=\"/b.crt\"} 2500000000\n",
           "sluice_dataplane_tls_handshakes_total{end=\"full\"} 7\n",
           "sluice_dataplane_tls_handshakes_total{end=\"failed\"} 2\n",
           "sluice_dataplane_tls_loads_total 3\n",
           "sluice_dataplane_tls_load_failures_total 4\n",
           "sluice_dataplane_tls_files_refused 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, RendersBeforeThereIsAnything) {
  const std::string text = Metrics("1", absl::UnixEpoch()).Render();
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_config_revision 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("config_epoch_info{")));
}

TEST(ProcessStats, KnowThisProcess) {
  EXPECT_GT(ResidentBytes(), 1 << 20);
  EXPECT_GE(OpenFileDescriptors(), 3);
  EXPECT_GE(MaxFileDescriptors(), OpenFileDescriptors());
  EXPECT_GE(CpuSeconds(), 0.0);
}

TEST(Metrics, ShowsWhatIsWatchedLive) {
  Metrics metrics("1", absl::UnixEpoch());
  metrics.SetRecordSource([] {
    RecordState state;
    state.tail = {.sent = 3, .left_out = 20};
    return state;
  });
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_tail_lines_total 3\n"));
  EXPECT_THAT(text, HasSubstr("sluice_dataplane_tail_left_out_total 20\n"));
}

}  // namespace
}  // namespace sluice::observe
