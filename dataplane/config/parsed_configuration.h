// A configuration as messages, for as long as it takes to build from it: the copies of secrets
// that parsing makes are wiped in the end.
#pragma once

#include <string_view>

#include "common/base/secret.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

class ParsedConfiguration {
 public:
  ParsedConfiguration() = default;
  ParsedConfiguration(const ParsedConfiguration&) = delete;
  ParsedConfiguration& operator=(const ParsedConfiguration&) = delete;
  ~ParsedConfiguration() {
    for (auto& entry : *message_.mutable_provider_keys()) {
      base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
    }
    for (auto& entry : *message_.mutable_jwt_issuers()) {
      base::Wipe(entry.mutable_hs256_secret()->data(), entry.hs256_secret().size());
    }
  }

  bool Parse(std::string_view bytes) {
    return message_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  const v1::Configuration& get() const { return message_; }
  v1::Configuration& operator*() { return message_; }
  v1::Configuration* operator->() { return &message_; }

 private:
  v1::Configuration message_;
};

}  // namespace sluice::config
