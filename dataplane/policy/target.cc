#include "dataplane/policy/target.h"

#include <algorithm>

#include "dataplane/policy/refusal.h"

namespace sluice::policy {

Decision<Target> SplitTarget(std::string_view raw_target) {
  constexpr std::string_view kRoute = "/p/";
  if (!raw_target.starts_with('/')) return InvalidPath("no path");

  Target target;
  std::string_view path = raw_target;
  if (size_t mark = raw_target.find('?'); mark != std::string_view::npos) {
    path = raw_target.substr(0, mark);
    target.query = raw_target.substr(mark + 1);
    target.has_query = true;
  }
  if (!path.starts_with(kRoute)) return UnknownRoute();

  path.remove_prefix(kRoute.size());
  size_t slash = path.find('/');
  target.provider = path.substr(0, slash);
  if (slash != std::string_view::npos) target.endpoint = path.substr(slash + 1);
  return target;
}

bool IsQuery(std::string_view query) {
  return std::none_of(query.begin(), query.end(), [](char c) {
    unsigned char byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || byte == '#';
  });
}

}  // namespace sluice::policy
