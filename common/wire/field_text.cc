#include "common/wire/field_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace sluice::wire {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxIdBytes = 64;
constexpr size_t kMaxHeaderNameBytes = 256;
constexpr size_t kMaxHeaderValueBytes = 8192;
constexpr size_t kMaxGlobBytes = 256;
constexpr size_t kShownBytes = 120;
constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";
constexpr std::string_view kPathPunctuation = "-._~!$&'()*+,;=:@/";

bool IsLowerAlnum(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

bool IsControl(char c) { return absl::ascii_iscntrl(c); }

bool IsWholeEscape(std::string_view text) {
  return text.size() >= 3 && absl::ascii_isxdigit(text[1]) && absl::ascii_isxdigit(text[2]);
}

}  // namespace

bool IsResourceName(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes || !IsLowerAlnum(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLowerAlnum(c) || c == '-' || c == '_' || c == '.' || c == '~';
  });
}

bool IsResourceId(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdBytes) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-' || c == '_'; });
}

bool IsHeaderName(std::string_view text) {
  if (text.empty() || text.size() > kMaxHeaderNameBytes) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || kTokenPunctuation.find(c) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view text) {
  if (text.size() > kMaxHeaderValueBytes) return false;
  if (base::Stripped(text) != text) return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return IsControl(c) && c != '\t'; });
}

bool IsGlobText(std::string_view text) {
  return !text.empty() && text.size() <= kMaxGlobBytes &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

bool HasControl(std::string_view text) { return std::any_of(text.begin(), text.end(), IsControl); }

bool IsPathText(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_isalnum(text[i])) continue;
    if (kPathPunctuation.find(text[i]) != std::string_view::npos) continue;
    if (text[i] != '%' || !IsWholeEscape(text.substr(i))) return false;
  }
  return true;
}

bool HasDotSegment(std::string_view path) {
  const std::string decoded = absl::StrReplaceAll(
      base::Lower(path), {{"%2e", "."}, {"%2f", "/"}, {"%5c", "/"}, {"\\", "/"}});
  for (const absl::string_view segment : absl::StrSplit(decoded, '/')) {
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kShownBytes;
  return base::Cat("\"", base::Escaped(text.substr(0, kShownBytes)), cut ? "..." : "", "\"");
}

}  // namespace sluice::wire
