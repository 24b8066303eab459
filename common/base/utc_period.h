// Days and months of UTC. Pure.
#pragma once

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace sluice::base {

struct UtcPeriod {
  absl::Time begin;
  absl::Time end;  // the next one's begin
};

// Those that `time` lies in.
inline UtcPeriod DayOf(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay day = absl::ToCivilDay(time, utc);
  return {absl::FromCivil(day, utc), absl::FromCivil(day + 1, utc)};
}
inline UtcPeriod MonthOf(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilMonth month = absl::ToCivilMonth(time, utc);
  return {absl::FromCivil(month, utc), absl::FromCivil(month + 1, utc)};
}

}  // namespace sluice::base
