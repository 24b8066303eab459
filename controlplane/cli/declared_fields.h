// A part of a YAML file as a message, its fields named as in the .proto. Strict: a field that does
// not exist and a value of another type are errors that name file, line and field. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/cli/yaml_tree.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// Where something stands in a file, for errors.
struct YamlPlace {
  std::string file;
  std::string path;  // e.g. "providers[2].base_url"; "" for the whole

  YamlPlace Field(std::string_view name) const;
  YamlPlace Element(size_t index) const;
  // FailedPrecondition: "FILE:LINE: PATH: PROBLEM".
  absl::Status Refuse(int line, std::string_view problem) const;
};

// Sets the fields of `message` that `node`, a map, has. Those named in `others` are left to the
// caller; those in `closed` count as not existing.
//
// Text may be plain unless it looks like another type; numbers, true and false must be plain. Times
// are RFC 3339, durations as 10s or 1h30m; enum values by their short name; bytes in hexadecimal.
absl::Status ReadFields(const YamlNode& node, const YamlPlace& place,
                        const std::vector<std::string>& others,
                        const std::vector<std::string>& closed, google::protobuf::Message* message);

}  // namespace sluice::cli
