// SQLite's exceptions end here: they become a status that says what was being done.
//
//   SQLITE_FULL        ResourceExhausted      SQLITE_BUSY/LOCKED       Unavailable
//   SQLITE_CORRUPT     DataLoss               SQLITE_NOTADB            FailedPrecondition
//   SQLITE_CONSTRAINT  AlreadyExists          SQLITE_READONLY, CANTOPEN, PERM  FailedPrecondition
//   SQLITE_IOERR       Unavailable            others                   Internal
#pragma once

#include <SQLiteCpp/Exception.h>

#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace sluice::store {

absl::Status ToStatus(const SQLite::Exception& error, std::string_view doing);

// Runs `body`, which returns a Status or StatusOr. `doing` begins the message: "cannot <doing>:
// ...".
template <typename Body>
auto Guarded(std::string_view doing, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, doing);
  }
}

}  // namespace sluice::store
