#include "dataplane/link/outage_log.h"

namespace sluice::link {

bool OutageLog::Due(int kind, Time now) {
  if (last_line_.has_value() && kind == last_kind_ && now - *last_line_ < kEvery) return false;
  last_line_ = now;
  last_kind_ = kind;
  return true;
}

}  // namespace sluice::link
