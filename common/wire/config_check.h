// Every rule a configuration obeys. The control plane refuses a write by it, a data plane a
// snapshot, the CLI a file: one checker, so they cannot disagree. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

struct Violation {
  std::string resource;  // e.g. `provider "x"`, `settings`
  std::string reason;    // one clear sentence that names the field and the value (never a secret)
};

// The whole: each resource, and what they say of each other (references, unique names and ids).
std::vector<Violation> CheckConfiguration(const config::v1::Configuration& configuration);

// One resource by itself. Empty: good.
std::vector<Violation> CheckSettings(const config::v1::Settings& settings);
std::vector<Violation> CheckProvider(const config::v1::Provider& provider);
std::vector<Violation> CheckProviderKey(const config::v1::ProviderKey& key);
std::vector<Violation> CheckProviderSecret(const config::v1::ProviderKey& key,
                                           std::string_view secret);
std::vector<Violation> CheckClientKey(const config::v1::ClientKey& key);
std::vector<Violation> CheckJwtIssuer(const config::v1::JwtIssuer& issuer);
std::vector<Violation> CheckJwtSecret(const config::v1::JwtIssuer& issuer, std::string_view secret);

// InvalidArgument with the violations as "resource: reason; resource: reason", or OK. What would
// not fit into a gRPC status is counted: "; and 12 more".
absl::Status ToStatus(const std::vector<Violation>& violations);

// `base_url` in parts. Only http and https; a host; no user info, query or fragment, no dot
// segments.
struct BaseUrl {
  std::string scheme;  // "http" or "https"
  std::string host;    // as it stands in a URL, IPv6 in brackets
  int port = 0;        // explicit, or the scheme's
  bool port_given = false;
  std::string path;  // "" or "/x/y": no trailing slash

  std::string Origin() const;     // scheme://host[:port]
  std::string Authority() const;  // host[:port], as the Host header has it
};
absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view url);

}  // namespace sluice::wire
