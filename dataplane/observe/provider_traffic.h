// What goes to each provider, as one worker counts it: how requests ended and how long they took.
// That worker writes, anyone reads; a lock is taken by readers, and by the worker only for the
// first request of a provider. Bounded as UsageCounts is.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "dataplane/observe/histogram.h"
#include "dataplane/observe/request_record.h"

namespace sluice::observe {

inline constexpr std::array<std::string_view, 8> kMethodNames = {
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"};
inline constexpr size_t kStatusClasses = 6;  // no head sent, 1xx (never), 2xx, 3xx, 4xx, 5xx
inline constexpr size_t kFailureSides = 4;   // none, then http::Side

struct ProviderTotals {
  // By method, class and side.
  std::array<std::array<std::array<uint64_t, kFailureSides>, kStatusClasses>, kMethodNames.size()>
      requests{};
  RequestTimesHistogram::Totals first_byte;
  RequestTimesHistogram::Totals duration;
  RequestTimesHistogram::Totals connect;

  ProviderTotals& operator+=(const ProviderTotals& other);
};
using TrafficByProvider = std::map<std::string, ProviderTotals, std::less<>>;

size_t StatusClassOf(int status);
size_t FailureSideOf(const std::optional<http::Side>& failed);

class ProviderTraffic {
 public:
  ProviderTraffic() = default;
  ProviderTraffic(const ProviderTraffic&) = delete;
  ProviderTraffic& operator=(const ProviderTraffic&) = delete;

  // The worker's thread. Nothing if the request was refused before its provider was known.
  void Add(const RequestRecord& record);
  // Any thread.
  void AddTo(TrafficByProvider* totals) const;
  // What the gateway took from a request's head until it was on its way to its provider.
  GatewayTimesHistogram::Totals Admission() const { return admission_.Read(); }

 private:
  struct Counts {
    std::array<std::array<std::array<std::atomic<uint64_t>, kFailureSides>, kStatusClasses>,
               kMethodNames.size()>
        requests{};
    RequestTimesHistogram first_byte;
    RequestTimesHistogram duration;
    RequestTimesHistogram connect;  // of new connections
  };

  Counts& Of(std::string_view provider);

  GatewayTimesHistogram admission_;
  mutable absl::Mutex mutex_;
  // Only the worker changes which there are, under the lock; so it alone may look without.
  std::map<std::string, Counts, std::less<>> counts_;
};

}  // namespace sluice::observe
