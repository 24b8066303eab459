// What a client key may ask of the providers it may use: methods, endpoints, models.
#pragma once

#include <string_view>

#include "dataplane/config/client_key_index.h"

namespace sluice::policy {

bool MayUseMethod(const config::ClientKeyEntry& key, std::string_view method);
// `endpoint` normalised. A slash in percent spelling is a slash: a provider may take it for one.
bool MayUseEndpoint(const config::ClientKeyEntry& key, std::string_view endpoint);

// Whether somebody must look which model a request is for.
inline bool HasModelRule(const config::ClientKeyEntry& key) {
  return key.terms != nullptr &&
         (!key.terms->models.empty() || key.terms->claimed_models.has_value());
}
bool MayUseModel(const config::ClientKeyEntry& key, std::string_view model);

}  // namespace sluice::policy
