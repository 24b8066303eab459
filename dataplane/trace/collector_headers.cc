#include "dataplane/trace/collector_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/file.h"
#include "common/base/text.h"
#include "dataplane/http/header_list.h"

namespace sluice::trace {
namespace {

constexpr size_t kMostBytes = size_t{64} << 10;
constexpr size_t kMostHeaders = 32;
// What the export itself says.
constexpr std::array<std::string_view, 6> kOwn = {
    "content-type", "content-length", "transfer-encoding", "connection", "host", "expect"};

bool IsOwn(std::string_view name) {
  return std::any_of(kOwn.begin(), kOwn.end(),
                     [&](std::string_view own) { return http::NameEquals(name, own); });
}

// Why a line is none; empty: it is one.
std::string_view ProblemOf(std::string_view name, std::string_view value) {
  if (!http::IsToken(name)) return "is not of the form Name: value";
  if (IsOwn(name)) return "sets a header field that the export itself sets";
  if (value.empty() || !http::IsFieldValue(value)) return "has a value that no header field has";
  return "";
}

}  // namespace

absl::StatusOr<std::vector<base::Secret>> ParseCollectorHeaders(std::string_view text) {
  std::vector<base::Secret> headers;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = base::Stripped(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = base::Stripped(line.substr(std::min(colon + 1, line.size())));
    if (const std::string_view problem = ProblemOf(name, value); !problem.empty()) {
      return absl::InvalidArgumentError(fmt::format("line {} {}", number, problem));
    }
    if (headers.size() == kMostHeaders) {
      return absl::InvalidArgumentError(
          fmt::format("there are more than {} header fields", kMostHeaders));
    }
    headers.emplace_back(base::Cat(name, ": ", value));
  }
  return headers;
}

absl::StatusOr<std::vector<base::Secret>> ReadCollectorHeaders(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMostBytes);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        base::Cat("--trace-headers-file: ", base::ToStd(text.status().message())));
  }
  const base::Secret wiped(*std::move(text));
  auto headers = ParseCollectorHeaders(wiped.Reveal());
  if (headers.ok()) return headers;
  return absl::InvalidArgumentError(
      base::Cat("--trace-headers-file ", path, ": ", base::ToStd(headers.status().message())));
}

}  // namespace sluice::trace
