// YAML that people write, read strictly: one document of maps, lists and scalars, each with the
// line it stands in. JSON is read too, being YAML.
//
// No anchors, aliases or tags (a few lines of aliases can stand for gigabytes), no field twice in a
// map, bounded depth and number of values. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::cli {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMap };
  Kind kind = Kind::kNothing;
  int line = 0;                    // the first is 1
  std::string text;                // of a scalar
  bool quoted = false;             // a scalar that is text whatever it looks like
  std::vector<YamlNode> elements;  // of a list
  std::vector<YamlEntry> entries;  // of a map, in their order
};

struct YamlEntry {
  std::string name;
  int line = 0;
  YamlNode value;
};

// "a list", "text", ...: what a node is, for a sentence.
std::string_view KindOf(const YamlNode& node);

// A plain scalar that YAML takes for something else than text: true, 12, 1e3, null.
bool LooksTyped(std::string_view text);

// FailedPrecondition begins with `file` and the line.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text, const std::string& file);

}  // namespace sluice::cli
