// A key that signatures of JSON Web Tokens are verified with (RFC 7518, RFC 8037), and the one
// algorithm that it is for: a token does not choose. Immutable; any thread, at once.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

struct evp_pkey_st;

namespace sluice::crypto {

enum class JwsAlgorithm { kRs256, kEs256, kEdDsa, kHs256 };

class JwsKey {
 public:
  // Public keys; numbers as bytes, highest first. InvalidArgument completes "the key ".
  // 2048 to 8192 bits.
  static absl::StatusOr<JwsKey> Rsa(std::string_view modulus, std::string_view exponent);
  // A point on the curve, 32 bytes each.
  static absl::StatusOr<JwsKey> P256(std::string_view x, std::string_view y);
  static absl::StatusOr<JwsKey> Ed25519(std::string_view bytes);
  // Shared with whoever signs.
  static JwsKey Hmac(base::Secret secret);

  JwsAlgorithm algorithm() const { return algorithm_; }
  // ES256: `signature` is r and s, 32 bytes each.
  bool Verifies(std::string_view text, std::string_view signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Public = std::unique_ptr<evp_pkey_st, Free>;

  JwsKey(JwsAlgorithm algorithm, Public key) : algorithm_(algorithm), public_(std::move(key)) {}

  JwsAlgorithm algorithm_;
  Public public_;        // null: HS256
  base::Secret secret_;  // HS256
};

}  // namespace sluice::crypto
