// For what cannot happen: SLUICE_CHECK(condition, "a sentence") ends the process with the sentence
// if it did.
//
// What a peer, a disk or a user can cause is never checked this way: that is an absl::Status.
#pragma once

namespace sluice::base {

[[noreturn]] void CheckFailed(const char* file, int line, const char* sentence);

}  // namespace sluice::base

#define SLUICE_CHECK(condition, sentence) \
  ((condition) ? static_cast<void>(0) : ::sluice::base::CheckFailed(__FILE__, __LINE__, (sentence)))
