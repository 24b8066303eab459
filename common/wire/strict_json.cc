#include "common/wire/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace sluice::wire {
namespace {

constexpr int kMaxDepth = 16;

// What the parser tells of a text on its way through it.
class Watch {
 public:
  bool See(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMaxDepth) good_ = false;
    if (!good_) return false;
    if (event == Event::object_start) {
      open_.emplace_back();
    } else if (event == Event::object_end) {
      open_.pop_back();
    } else if (event == Event::key) {
      good_ = open_.back().insert(parsed.get_ref<const std::string&>()).second;
    }
    return true;
  }
  bool good() const { return good_; }

 private:
  bool good_ = true;
  std::vector<std::set<std::string>> open_;  // names of the objects that have not ended
};

}  // namespace

std::optional<nlohmann::json> ParseStrictObject(std::string_view text) {
  // Before a depth of members can cost anything the parser would skip a mark of byte order.
  if (text.empty() || text.front() != '{') return std::nullopt;
  Watch watch;
  nlohmann::json parsed = nlohmann::json::parse(
      text,
      [&watch](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
        return watch.See(depth, event, value);
      },
      false);
  if (!watch.good() || !parsed.is_object()) return std::nullopt;
  return parsed;
}

}  // namespace sluice::wire
