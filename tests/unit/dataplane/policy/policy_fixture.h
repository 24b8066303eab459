// Snapshots and requests for the tests of policy, made the way the data plane makes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/crypto/key_text.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::policy {

inline const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

using Fields = std::vector<std::pair<std::string, std::string>>;

http::RequestHead Request(std::string method, std::string target, const Fields& fields = {});
http::HeaderList Headers(const Fields& fields);
// In order, "Name: value" each.
std::vector<std::string> Lines(const http::HeaderList& headers);

// A configuration under construction.
class Gateway {
 public:
  config::v1::Provider& AddProvider(std::string_view name, std::string_view preset,
                                    std::string_view base_url = "");
  // Returns the text of a new key for `providers` (none: all).
  std::string AddClientKey(std::string_view name, const std::vector<std::string>& providers = {},
                           absl::Time expires_at = absl::InfiniteFuture());
  config::v1::Configuration& configuration() { return configuration_; }

  // Ends the test program if the configuration breaks a rule.
  std::shared_ptr<const config::Snapshot> Build();

 private:
  config::v1::Configuration configuration_;
  config::LiveState live_state_;
};

// One provider instance of a preset, with its Snapshot.
class OneProvider {
 public:
  explicit OneProvider(std::string_view preset, std::string_view base_url = "");
  const config::ProviderEntry& operator*() const { return *snapshot_->providers().front(); }
  const config::ProviderEntry* operator->() const { return &**this; }
  const config::Snapshot& snapshot() const { return *snapshot_; }
  const std::string& client_key() const { return client_key_; }
  // The route of an authenticated GET of /p/{preset}/{endpoint}.
  Route RouteTo(std::string_view endpoint) const;

 private:
  std::string client_key_;
  std::shared_ptr<const config::Snapshot> snapshot_;
};

// What Admit gave, as one line: the upstream path and query, or "status code".
std::string Outcome(const Decision<Route>& decision);

}  // namespace sluice::policy
