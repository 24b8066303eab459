#include "dataplane/guard/key_verdict.h"

#include "common/base/text.h"
#include "dataplane/guard/rest_advice.h"

namespace sluice::guard {

KeyOpinion OpinionOf(int status) {
  switch (status) {
    case 401:
      return KeyOpinion::kRefused;
    case 402:
      return KeyOpinion::kExhausted;
    case 403:
      return KeyOpinion::kForbidden;
    case 429:
      return KeyOpinion::kLimited;
    default:
      return status < 400 ? KeyOpinion::kGood : KeyOpinion::kNone;
  }
}

KeyVerdict JudgeAnswer(const http::ResponseHead& head, absl::Time now) {
  KeyVerdict verdict{OpinionOf(head.status), std::nullopt, ""};
  if (IsKeyFailure(verdict.opinion)) verdict.reason = base::Cat(head.status);
  if (verdict.opinion != KeyOpinion::kLimited) return verdict;
  if (const auto advice = ReadRestAdvice(head.headers, now)) {
    verdict.rest = advice->rest;
    verdict.reason = base::Cat("429, ", advice->source);
  }
  return verdict;
}

bool IsKeyFailure(KeyOpinion opinion) {
  return opinion != KeyOpinion::kGood && opinion != KeyOpinion::kNone;
}

bool NamesInsufficientQuota(std::string_view body) {
  return body.substr(0, kLookedAtBytes).find("\"insufficient_quota\"") != std::string_view::npos;
}

}  // namespace sluice::guard
