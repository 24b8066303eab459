#include "dataplane/upstream/response_parser.h"

#include <algorithm>

namespace sluice::upstream {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// 1 to 18 digits and nothing else.
std::optional<uint64_t> ParseLength(std::string_view text) {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), IsDigit)) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (char c : text) value = value * 10 + static_cast<uint64_t>(c - '0');
  return value;
}

}  // namespace

void ResponseParser::Start(bool head_request) {
  head_request_ = head_request;
  in_fields_ = false;
  bytes_ = 0;
  error_ = {};
}

ResponseParser::Outcome ResponseParser::Fail(std::string_view why) {
  error_ = why;
  return Outcome::kError;
}

ResponseParser::Outcome ResponseParser::OnLine(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxResponseHeadBytes) return Fail("its head is too large");
  if (line.size() < 2 || line.substr(line.size() - 2) != "\r\n") {
    return Fail("a line of its head does not end with CR LF");
  }
  line.remove_suffix(2);
  if (!in_fields_) return OnStatusLine(line);
  if (line.empty()) return OnEnd();
  return OnField(line);
}

ResponseParser::Outcome ResponseParser::OnStatusLine(std::string_view line) {
  http10_ = line.starts_with("HTTP/1.0 ");
  size_t code_at = line.find(' ');
  if (!http10_ && !line.starts_with("HTTP/1.1 "))
    return Fail("its version is not one that is spoken here");
  std::string_view rest = line.substr(code_at + 1);
  if (rest.size() < 3 || !IsDigit(rest[0]) || !IsDigit(rest[1]) || !IsDigit(rest[2]) ||
      (rest.size() > 3 && rest[3] != ' ')) {
    return Fail("its status is not a number of three digits");
  }
  head_.status = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  if (head_.status < 100 || head_.status > 599) return Fail("its status is out of range");
  std::string_view reason = rest.size() > 4 ? TrimSpace(rest.substr(4)) : std::string_view();
  if (!http::IsFieldValue(reason)) return Fail("its reason phrase holds a control character");
  head_.reason.assign(reason);
  head_.headers.Clear();
  head_.framing = http::Framing::None();
  head_.bodyless = false;
  head_.framing_at = SIZE_MAX;
  head_.length_name = "Content-Length";
  chunked_ = false;
  length_.reset();
  in_fields_ = true;
  return Outcome::kMore;
}

ResponseParser::Outcome ResponseParser::OnField(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return Fail("a header is folded over two lines");
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Fail("a header has no colon");
  std::string_view name = line.substr(0, colon);
  std::string_view value = TrimSpace(line.substr(colon + 1));
  if (!http::IsToken(name)) return Fail("a header's name is not a token");
  if (!http::IsFieldValue(value)) return Fail("a header's value holds a control character");
  if (http::NameEquals(name, "Content-Length")) return OnContentLength(name, value);
  if (http::NameEquals(name, "Transfer-Encoding")) {
    if (chunked_ || !http::NameEquals(value, "chunked")) {
      return Fail("its Transfer-Encoding is not exactly `chunked`");
    }
    chunked_ = true;
    head_.framing_at = std::min(head_.framing_at, head_.headers.size());
    return Outcome::kMore;
  }
  if (head_.headers.size() >= kMaxResponseFields) return Fail("it has too many headers");
  head_.headers.Add(name, value);
  return Outcome::kMore;
}

ResponseParser::Outcome ResponseParser::OnContentLength(std::string_view name,
                                                        std::string_view value) {
  std::optional<uint64_t> length = ParseLength(value);
  if (!length) return Fail("its Content-Length is not a number");
  if (length_) return Fail("it has two Content-Lengths");
  length_ = length;
  head_.length_name.assign(name);
  head_.framing_at = std::min(head_.framing_at, head_.headers.size());
  return Outcome::kMore;
}

ResponseParser::Outcome ResponseParser::OnEnd() {
  in_fields_ = false;
  if (head_.status < 200) {
    // 101 answers an upgrade, which is never asked for.
    if (head_.status == 101) return Fail("it switches protocols unasked");
    return Outcome::kMore;
  }
  if (chunked_ && length_) return Fail("it has both Content-Length and Transfer-Encoding");
  if (chunked_ && http10_) return Fail("it is HTTP/1.0 and has a Transfer-Encoding");
  if (chunked_) {
    head_.framing = http::Framing::Chunked();
  } else if (length_) {
    head_.framing = http::Framing::Length(*length_);
  } else {
    head_.framing = http::Framing::UntilClose();
  }
  bool no_body = head_.status == 204 || head_.status == 304 || head_request_;
  if (no_body) {
    head_.bodyless = true;
    if (head_.framing.kind == http::Framing::Kind::kUntilClose || head_.status == 204) {
      head_.framing = http::Framing::None();
    }
  }
  return Outcome::kHeadComplete;
}

}  // namespace sluice::upstream
