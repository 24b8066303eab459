#include "dataplane/observe/provider_traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/observe/metrics.h"

namespace sluice::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RequestRecord Ended(const std::string& provider, std::string_view method, int status,
                    int64_t first_byte_us, int64_t total_us) {
  RequestRecord record;
  record.provider = provider;
  record.method = method;
  record.outcome.status = status;
  record.times = {100, first_byte_us, total_us};
  return record;
}

TEST(ProviderTrafficTest, TellsProvidersMethodsAndEndsApart) {
  Metrics metrics("1", absl::UnixEpoch());
  WorkerMetrics& one = metrics.AddWorker();
  WorkerMetrics& two = metrics.AddWorker();
  one.traffic().Add(Ended("openai", "POST", 200, 1, 1));
  two.traffic().Add(Ended("openai", "POST", 204, 1, 1));
  two.traffic().Add(Ended("openai", "GET", 404, 1, 1));
  RequestRecord cut = Ended("groq", "BREW", 0, 1, 1);
  cut.outcome.failed = http::Side::kUpstream;
  two.traffic().Add(cut);
  two.traffic().Add(Ended("", "GET", 401, 1, 1));
  const std::string text = metrics.Render();
  const auto line = [](const std::string& labels, int count) {
    return HasSubstr("sluice_dataplane_provider_requests_total{" + labels + "} " +
                     std::to_string(count) + "\n");
  };
  EXPECT_THAT(text, line(R"(provider="openai",method="POST",class="2xx",side="none")", 2));
  EXPECT_THAT(text, line(R"(provider="openai",method="GET",class="4xx",side="none")", 1));
  EXPECT_THAT(text, line(R"(provider="groq",method="other",class="none",side="upstream")", 1));
  EXPECT_THAT(text, Not(HasSubstr("BREW"))) << "labels are bounded";
  EXPECT_THAT(text, Not(HasSubstr("provider=\"\"")));
}

TEST(ProviderTrafficTest, TimesAreInTheBucketThatHoldsThem) {
  Metrics metrics("1", absl::UnixEpoch());
  WorkerMetrics& worker = metrics.AddWorker();
  RequestRecord connected = Ended("p", "GET", 200, 5'000, 5'001);
  connected.times.connect = 7'000;
  worker.traffic().Add(connected);
  worker.traffic().Add(Ended("p", "GET", 200, 400'000'000, 400'000'000));
  const std::string text = metrics.Render();
  for (const char* line : {
           "sluice_dataplane_first_byte_seconds_bucket{provider=\"p\",le=\"0.005\"} 1\n",
           "sluice_dataplane_first_byte_seconds_bucket{provider=\"p\",le=\"300\"} 1\n",
           "sluice_dataplane_first_byte_seconds_bucket{provider=\"p\",le=\"+Inf\"} 2\n",
           "sluice_dataplane_request_seconds_bucket{provider=\"p\",le=\"0.005\"} 0\n",
           "sluice_dataplane_request_seconds_bucket{provider=\"p\",le=\"0.01\"} 1\n",
           "sluice_dataplane_request_seconds_count{provider=\"p\"} 2\n",
           "sluice_dataplane_request_seconds_sum{provider=\"p\"} 400.005001\n",
           "sluice_dataplane_admission_seconds_bucket{le=\"0.0001\"} 2\n",
           "sluice_dataplane_admission_seconds_bucket{le=\"5e-05\"} 0\n",
           "sluice_dataplane_connect_seconds_bucket{provider=\"p\",le=\"0.005\"} 0\n",
           "sluice_dataplane_connect_seconds_bucket{provider=\"p\",le=\"0.01\"} 1\n",
           "sluice_dataplane_connect_seconds_count{provider=\"p\"} 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace sluice::observe
