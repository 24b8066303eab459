// The issuers whose tokens a snapshot takes, by what stands as `iss` in these, and what is
// remembered of tokens.
//
// Immutable but for the memory, which is shared with the snapshots before and after. An issuer that
// a push does not change stays the same object: what was verified by it stays verified.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "common/crypto/digest.h"
#include "common/wire/jwks.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

class TokenMemory;

struct TokenIssuer {
  v1::JwtIssuer rules;              // checked; without its key set
  std::vector<wire::JwksKey> keys;  // of algorithms that are taken; the secret of HS256 is the last
  absl::Duration leeway;
  crypto::Sha256Digest digest;  // of all that it was made from
};

class TokenIssuers {
 public:
  using Issuer = std::shared_ptr<const TokenIssuer>;

  explicit TokenIssuers(std::shared_ptr<TokenMemory> memory) : memory_(std::move(memory)) {}
  // Those of a checked configuration that are enabled.
  TokenIssuers(const v1::Configuration& configuration, const TokenIssuers& former);

  bool empty() const { return by_issuer_.empty(); }
  // Null if there is none.
  Issuer Find(std::string_view iss) const;
  // Whether one of these has that digest: the same issuer, unchanged.
  bool Has(const crypto::Sha256Digest& digest) const { return digests_.contains(digest); }

  TokenMemory& memory() const { return *memory_; }

 private:
  absl::flat_hash_map<std::string, Issuer> by_issuer_;
  absl::flat_hash_set<crypto::Sha256Digest> digests_;
  std::shared_ptr<TokenMemory> memory_;
};

}  // namespace sluice::config
