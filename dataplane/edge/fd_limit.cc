#include "dataplane/edge/fd_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::edge {
namespace {

constexpr size_t kKeptBack = 256;
// RLIM_INFINITY and other huge limits: more connections than this are memory, not files.
constexpr rlim_t kMostFds = rlim_t{1} << 24;

absl::Status LimitError(const char* what) {
  return absl::InternalError(
      absl::StrCat("cannot ", what, " the limit of open files: ", strerror(errno)));
}

}  // namespace

absl::StatusOr<size_t> RaiseFdLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return LimitError("read");
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return LimitError("raise");
  }
  return static_cast<size_t>(std::min(limit.rlim_cur, kMostFds));
}

size_t MaxConnectionsFor(size_t fd_limit) {
  const size_t kept_back = std::min(kKeptBack, fd_limit / 2);
  return std::max<size_t>((fd_limit - kept_back) / 2, 1);
}

}  // namespace sluice::edge
