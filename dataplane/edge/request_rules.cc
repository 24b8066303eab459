#include "dataplane/edge/request_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::edge {
namespace {

using http::NameEquals;

// Only what no request line may hold. Whether the target is a path, and which, is policy's to say.
std::string_view CheckTarget(const http::RequestHead& head) {
  const std::string_view target = head.target;
  const bool bad = std::any_of(target.begin(), target.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f;
  });
  return bad ? "the request target holds a byte that must be percent-encoded" : "";
}

std::string_view CheckHost(const http::RequestHead& head) {
  const size_t count = head.headers.Count("Host");
  if (count > 1) return "more than one Host";
  if (count == 0 && head.minor_version >= 1) return "no Host";
  return "";
}

std::optional<uint64_t> ParseLength(std::string_view text) {
  uint64_t length = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

std::string_view ReadFraming(http::RequestHead& head) {
  const size_t lengths = head.headers.Count("Content-Length");
  const size_t codings = head.headers.Count("Transfer-Encoding");
  if (lengths > 0 && codings > 0) return "both Content-Length and Transfer-Encoding";
  if (lengths > 1) return "more than one Content-Length";
  if (codings > 1) return "more than one Transfer-Encoding";
  head.framing = http::Framing::None();
  if (codings == 1) {
    if (head.minor_version < 1) return "Transfer-Encoding in HTTP/1.0";
    if (!NameEquals(*head.headers.Find("Transfer-Encoding"), "chunked")) {
      return "a Transfer-Encoding other than chunked";
    }
    head.framing = http::Framing::Chunked();
  }
  if (lengths == 1) {
    const std::optional<uint64_t> length = ParseLength(*head.headers.Find("Content-Length"));
    if (!length.has_value()) return "a bad Content-Length";
    head.framing = http::Framing::Length(*length);
  }
  return "";
}

bool HasConnectionOption(const http::RequestHead& head, std::string_view option) {
  for (size_t i = 0; i < head.headers.size(); ++i) {
    const auto field = head.headers[i];
    if (!NameEquals(field.name, "Connection")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      std::string_view item = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
      if (NameEquals(item, option)) return true;
    }
  }
  return false;
}

}  // namespace

std::string_view ApplyRequestRules(http::RequestHead& head) {
  if (std::string_view wrong = CheckTarget(head); !wrong.empty()) return wrong;
  if (std::string_view wrong = CheckHost(head); !wrong.empty()) return wrong;
  if (std::string_view wrong = ReadFraming(head); !wrong.empty()) return wrong;
  const auto expect = head.headers.Find("Expect");
  head.expects_continue =
      head.minor_version >= 1 && expect.has_value() && NameEquals(*expect, "100-continue");
  return "";
}

bool WantsKeepAlive(const http::RequestHead& head) {
  if (HasConnectionOption(head, "close")) return false;
  return head.minor_version >= 1 || HasConnectionOption(head, "keep-alive");
}

}  // namespace sluice::edge
