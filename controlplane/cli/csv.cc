#include "controlplane/cli/csv.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

std::string Field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return base::Cat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& fields) {
  return absl::StrJoin(fields, ",",
                       [](std::string* out, const std::string& text) { *out += Field(text); }) +
         "\r\n";
}

}  // namespace sluice::cli
