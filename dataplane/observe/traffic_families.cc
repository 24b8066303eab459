#include <limits>
#include <string_view>
#include <utility>

#include "dataplane/observe/metrics_families.h"

namespace sluice::observe {

namespace {

constexpr std::string_view kClassNames[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

constexpr std::string_view kSideNames[] = {"none", "gateway", "downstream", "upstream"};

constexpr std::string_view kDirectionNames[] = {"up", "down"};

static_assert(std::size(kClassNames) == WorkerTotals::kClasses);

static_assert(std::size(kSideNames) == WorkerTotals::kSides);

void AddByDirection(MetricsPage& page, std::string name, std::string help,
                    const std::array<uint64_t, 2>& counts) {
  MetricFamily& family = page.Family(MetricType::Counter, std::move(name), std::move(help));
  for (size_t i = 0; i < counts.size(); ++i) {
    MetricsPage::Add(family, static_cast<double>(counts[i]),
                     {{"direction", std::string(kDirectionNames[i])}});
  }
}

void AddHeld(MetricsPage& page, const WorkerTotals& totals) {
  const auto add = [&](std::string name, std::string help, auto number) {
    MetricFamily& family = page.Family(MetricType::Gauge, std::move(name), std::move(help));
    for (size_t i = 0; i < totals.waiting_bytes.size(); ++i) {
      MetricsPage::Add(family, static_cast<double>(number(totals.waiting_bytes[i])),
                       {{"direction", std::string(kDirectionNames[i])}});
    }
  };
  add("sluice_dataplane_buffered_bytes",
      "Memory for bodies that wait: up for providers that have not taken them, down for clients.",
      [](const LevelTotal& level) { return level.now; });
  add("sluice_dataplane_buffered_bytes_highest", "The most that one worker has held so.",
      [](const LevelTotal& level) { return level.highest; });
  MetricFamily& connections =
      page.Family(MetricType::Gauge, "sluice_dataplane_upstream_connections",
                  "Connections to providers: busy, or idle and kept for the next request.");
  MetricsPage::Add(
      connections,
      static_cast<double>(totals.upstream_connections - totals.idle_upstream_connections),
      {{"state", "busy"}});
  MetricsPage::Add(connections, static_cast<double>(totals.idle_upstream_connections),
                   {{"state", "idle"}});
  page.Gauge("sluice_dataplane_decoder_bytes", "Memory for looking into compressed answers, about.",
             static_cast<double>(totals.decoder_bytes.now));
  page.Gauge("sluice_dataplane_decoder_bytes_highest", "The most that one worker has held so.",
             static_cast<double>(totals.decoder_bytes.highest));
}

}  // namespace

void AddTraffic(MetricsPage& page, const WorkerTotals& totals) {
  MetricFamily& requests = page.Family(
      MetricType::Counter, "sluice_dataplane_requests_total",
      "Requests ended, by class of the status sent (none: no head was sent) and by the side they "
      "failed on (none: they went through).");
  for (size_t i = 0; i < WorkerTotals::kClasses; ++i) {
    for (size_t j = 0; j < WorkerTotals::kSides; ++j) {
      MetricsPage::Add(
          requests, static_cast<double>(totals.requests[i][j]),
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
  AddHeld(page, totals);
}

namespace {

constexpr double kMicros = 1e6;  // of a second

template <typename Bounds, typename Totals>
ClientMetric HistogramOf(const Bounds& bounds, const Totals& totals, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  uint64_t count = 0;
  for (size_t i = 0; i < totals.counts.size(); ++i) {
    count += totals.counts[i];
    const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) / kMicros
                                           : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(totals.sum_us) / kMicros;
  return metric;
}

void AddEnds(MetricFamily& family, const std::string& provider, const ProviderTotals& totals) {
  for (size_t i = 0; i < kMethodNames.size(); ++i) {
    for (size_t j = 0; j < kStatusClasses; ++j) {
      for (size_t k = 0; k < kFailureSides; ++k) {
        const uint64_t count = totals.requests[i][j][k];
        // Most never happen.
        if (count == 0) continue;
        MetricsPage::Add(family, static_cast<double>(count),
                         {{"provider", provider},
                          {"method", std::string(kMethodNames[i])},
                          {"class", std::string(kClassNames[j])},
                          {"side", std::string(kSideNames[k])}});
      }
    }
  }
}

}  // namespace

void AddWorkers(MetricsPage& page, const std::vector<WorkerTotals>& workers) {
  const auto add = [&](MetricType type, std::string name, std::string help, auto number) {
    MetricFamily& family = page.Family(type, std::move(name), std::move(help));
    for (size_t i = 0; i < workers.size(); ++i) {
      MetricsPage::Add(family, static_cast<double>(number(workers[i])),
                       {{"worker", std::to_string(i)}});
    }
  };
  add(MetricType::Gauge, "sluice_dataplane_worker_in_flight", "Requests that run now, by worker.",
      [](const WorkerTotals& worker) { return worker.in_flight; });
  add(MetricType::Gauge, "sluice_dataplane_worker_connections",
      "Client connections that are open, by worker.",
      [](const WorkerTotals& worker) { return worker.connections; });
  add(MetricType::Counter, "sluice_dataplane_worker_requests_total", "Requests ended, by worker.",
      [](const WorkerTotals& worker) { return worker.all_requests(); });
}

void AddProviders(MetricsPage& page, const TrafficByProvider& traffic,
                  const GatewayTimesHistogram::Totals& admission) {
  MetricFamily& ends =
      page.Family(MetricType::Counter, "sluice_dataplane_provider_requests_total",
                  "Requests ended whose provider was known, by method, class of the status sent "
                  "and side they failed on.");
  for (const auto& [provider, totals] : traffic) AddEnds(ends, provider, totals);
  MetricFamily& first =
      page.Family(MetricType::Histogram, "sluice_dataplane_first_byte_seconds",
                  "From a request's head until the head of the provider's answer.");
  for (const auto& [provider, totals] : traffic) {
    first.metric.push_back(
        HistogramOf(kRequestBounds, totals.first_byte, {{"provider", provider}}));
  }
  MetricFamily& whole = page.Family(MetricType::Histogram, "sluice_dataplane_request_seconds",
                                    "From a request's head until its end, streams included.");
  for (const auto& [provider, totals] : traffic) {
    whole.metric.push_back(HistogramOf(kRequestBounds, totals.duration, {{"provider", provider}}));
  }
  MetricFamily& connect = page.Family(MetricType::Histogram, "sluice_dataplane_connect_seconds",
                                      "What new connections to a provider took, TLS included.");
  for (const auto& [provider, totals] : traffic) {
    connect.metric.push_back(HistogramOf(kRequestBounds, totals.connect, {{"provider", provider}}));
  }
  page.Family(MetricType::Histogram, "sluice_dataplane_admission_seconds",
              "From a request's head until it is on its way to its provider.")
      .metric.push_back(HistogramOf(kGatewayBounds, admission, {}));
}

namespace {

constexpr std::string_view kQualityNames[] = {"complete", "partial", "estimated", "unmetered"};

static_assert(std::size(kQualityNames) == kUsageQualities);

}  // namespace

void AddUsage(MetricsPage& page, const UsageByProvider& usage) {
  MetricFamily& tokens =
      page.Family(MetricType::Counter, "sluice_dataplane_metered_tokens_total",
                  "Tokens that answers of a provider told of, by kind: input or output.");
  for (const auto& [provider, totals] : usage) {
    MetricsPage::Add(tokens, static_cast<double>(totals.input_tokens),
                     {{"provider", provider}, {"kind", "input"}});
    MetricsPage::Add(tokens, static_cast<double>(totals.output_tokens),
                     {{"provider", provider}, {"kind", "output"}});
  }
  MetricFamily& answers = page.Family(
      MetricType::Counter, "sluice_dataplane_metered_answers_total",
      "Answers of a provider to POST with a status of 2xx, by how well their usage is known.");
  for (const auto& [provider, totals] : usage) {
    for (size_t i = 0; i < kUsageQualities; ++i) {
      MetricsPage::Add(answers, static_cast<double>(totals.answers[i]),
                       {{"provider", provider}, {"quality", std::string(kQualityNames[i])}});
    }
  }
}

}  // namespace sluice::observe
