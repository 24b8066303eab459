// What is meant by a status that somebody asks for: one status, or a class of them. Pure.
#pragma once

namespace sluice::base {

// What may be asked for: 0, 1 to 5, 100 to 599.
constexpr bool IsStatusFilter(int wanted) {
  return wanted == 0 || (wanted >= 1 && wanted <= 5) || (wanted >= 100 && wanted <= 599);
}

// 0: every status fits; 1 to 5: those of that class; 100 to 599: that one. Nothing fits the rest.
constexpr bool FitsStatus(int wanted, int status) {
  if (!IsStatusFilter(wanted)) return false;
  if (wanted == 0) return true;
  return wanted <= 5 ? status / 100 == wanted : status == wanted;
}

}  // namespace sluice::base
