// What a provider's answer says of the key that the request went with. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "dataplane/http/message.h"

namespace sluice::guard {

enum class KeyOpinion {
  kGood,       // it was let in: below 400
  kNone,       // says nothing of the key
  kLimited,    // 429
  kRefused,    // 401
  kForbidden,  // 403: of the key, or of what was asked for
  kExhausted,  // 402, or 429 that names insufficient_quota
};

struct KeyVerdict {
  KeyOpinion opinion = KeyOpinion::kNone;
  std::optional<absl::Duration> rest;  // of kLimited; none: the provider does not say
  std::string reason;                  // for people; empty for kGood and kNone
};

KeyVerdict JudgeAnswer(const http::ResponseHead& head, absl::Time now);
// The same by the status alone.
KeyOpinion OpinionOf(int status);

// The answer is of a kind that another key might be spared.
bool IsKeyFailure(KeyOpinion opinion);

// How much of an error's body is looked at.
inline constexpr size_t kLookedAtBytes = 4096;
// Whether the beginning of a 429's body says that it is not about a rate but about money. Reads no
// compressed body.
bool NamesInsufficientQuota(std::string_view body);

}  // namespace sluice::guard
