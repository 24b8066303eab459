// What is remembered of tokens beyond a request, by all workers together: which were verified,
// until they end, and the guards of their subjects, which outlive tokens and pushes so that neither
// resets a limit.
//
// Any thread. Bounded: what was not used for longest goes, a guard that is in use last. A lock is
// held for one look-up; one of 64, by the first bits of a digest.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/digest.h"
#include "dataplane/config/client_key_index.h"
#include "dataplane/config/recent_map.h"
#include "dataplane/config/token_issuers.h"
#include "dataplane/guard/client_key_guard.h"

namespace sluice::config {

// What became of a token that was looked at. Clients are never told.
enum class TokenVerdict {
  kGood,
  kMalformed,  // no token of the kind that is read
  kUnknownIssuer,
  kUnknownKey,  // no key of the issuer fits its algorithm and kid
  kBadSignature,
  kOtherAudience,
  kExpired,
  kNotYet,
  kBadClaims,  // a claim that is needed is missing, or one has another shape
};
inline constexpr size_t kTokenVerdicts = 9;
std::string_view NameOf(TokenVerdict verdict);

class TokenMemory {
 public:
  using Bearer = std::shared_ptr<const ClientKeyEntry>;

  static constexpr size_t kMostTokens = size_t{1} << 15;
  static constexpr size_t kMostSubjects = size_t{1} << 17;

  TokenMemory();

  // The bearer of a token that was verified by one of `issuers` as they are; whether it has expired
  // is asked with a clock. `token`: SHA-256 of its text. Null also while another worker is looking:
  // to verify it once more takes no longer than to wait.
  Bearer Find(const crypto::Sha256Digest& token, const TokenIssuers& issuers);
  void Remember(const crypto::Sha256Digest& token, const crypto::Sha256Digest& issuer,
                Bearer bearer);

  // For one more token of the subject, which has these terms. `subject`: SHA-256 of an issuer's
  // name and its subject.
  std::shared_ptr<guard::ClientKeyGuard> GuardOf(const crypto::Sha256Digest& subject,
                                                 std::shared_ptr<const ClientKeyTerms> terms);

  void Count(TokenVerdict verdict) {
    verdicts_[static_cast<size_t>(verdict)].fetch_add(1, std::memory_order_relaxed);
  }

  uint64_t count(TokenVerdict verdict) const {
    return verdicts_[static_cast<size_t>(verdict)].load(std::memory_order_relaxed);
  }
  size_t tokens() const;
  size_t subjects() const;

 private:
  static constexpr size_t kShards = 64;

  struct Verified {
    crypto::Sha256Digest issuer;  // no more of it: secrets of one that is gone do not stay
    Bearer bearer;
  };
  struct Subject {
    std::shared_ptr<guard::ClientKeyGuard> guard;
    std::shared_ptr<const ClientKeyTerms> terms;  // of its newest token
  };
  struct Shard {
    mutable absl::Mutex mutex;
    RecentMap<crypto::Sha256Digest, Verified> tokens ABSL_GUARDED_BY(mutex){kMostTokens / kShards};
    RecentMap<crypto::Sha256Digest, Subject> subjects ABSL_GUARDED_BY(mutex){kMostSubjects /
                                                                             kShards};
  };

  Shard& ShardOf(const crypto::Sha256Digest& digest) { return (*shards_)[digest[0] % kShards]; }

  const std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::array<std::atomic<uint64_t>, kTokenVerdicts> verdicts_{};
};

}  // namespace sluice::config
