#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sluice::base {

void CheckFailed(const char* file, int line, const char* sentence) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, sentence);
  std::abort();
}

}  // namespace sluice::base
