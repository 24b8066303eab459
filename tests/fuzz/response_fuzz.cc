// The head of a provider's answer (upstream/response_parser).
//
// Input: one byte, whose lowest bit says that the request was HEAD and whose rest chooses a split;
// then what the provider sends. Oracle:
//   - an accepted head is what CR LF and the first colon of each line say it is: status 200 to 599,
//     tokens for names, no control character in a reason or value, at most one of Content-Length
//     and Transfer-Encoding, neither of them among the headers, a body exactly where there can be
//     one;
//   - written again it is read as the same head;
//   - after Start nothing is left of lines that were read before, wherever they broke off;
//   - lines that are cut or joined elsewhere than at their ends are refused, or give a head for
//     which all this holds.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/upstream/response_parser.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using upstream::ResponseParser;
using Outcome = ResponseParser::Outcome;
using Lines = std::vector<std::string_view>;

constexpr size_t kMaxBytes = 4096;

struct Reading {
  Outcome outcome = Outcome::kMore;
  http::ResponseHead head;  // of kHeadComplete
  bool http10 = false;
  std::string error;
  size_t lines = 0;  // that were read
};

// Each line from memory that ends with it.
Reading Read(ResponseParser& parser, const Lines& lines, bool head_request) {
  parser.Start(head_request);
  Reading reading;
  for (std::string_view line : lines) {
    const std::unique_ptr<char[]> copy(new char[line.size()]);
    std::copy(line.begin(), line.end(), copy.get());
    reading.outcome = parser.OnLine({copy.get(), line.size()});
    ++reading.lines;
    if (reading.outcome != Outcome::kMore) break;
  }
  if (reading.outcome == Outcome::kHeadComplete) {
    reading.head = parser.head();
    reading.http10 = parser.http10();
  }
  if (reading.outcome == Outcome::kError) {
    reading.error = parser.error();
    Require(!reading.error.empty(), "an error says why");
  }
  return reading;
}

bool SameHead(const http::ResponseHead& a, const http::ResponseHead& b) {
  return a.status == b.status && a.reason == b.reason &&
         FieldsOf(a.headers) == FieldsOf(b.headers) && a.framing.kind == b.framing.kind &&
         a.framing.length == b.framing.length && a.bodyless == b.bodyless &&
         a.framing_at == b.framing_at && a.length_name == b.length_name;
}

// As upstream/response_reader hands them over.
Lines LinesOf(std::string_view bytes) {
  Lines lines;
  while (!bytes.empty()) {
    const size_t size = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    lines.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return lines;
}

// The last of the heads that the first `count` lines are.
std::string LastHead(const Lines& lines, size_t count) {
  size_t begin = count - 1;
  while (begin > 0 && lines[begin - 1] != "\r\n") --begin;
  std::string text;
  for (size_t i = begin; i < count; ++i) text += lines[i];
  return text;
}

void CheckStatusLine(std::string_view line, const http::ResponseHead& head, bool http10) {
  const size_t space = line.find(' ');
  const std::string_view version = line.substr(0, space);
  Require(version == "HTTP/1.0" || version == "HTTP/1.1" || version == "HTTP/2",
          "a version is one that is spoken", line);
  Require(http10 == (version == "HTTP/1.0"), "HTTP/1.0 is known as such", line);
  const std::string_view rest = line.substr(std::min(space + 1, line.size()));
  Require(rest.substr(0, 3) == std::to_string(head.status) && (rest.size() == 3 || rest[3] == ' '),
          "a status is its three digits", line);
  Require(head.status >= 200 && head.status <= 599, "a status is 200 to 599", line);
  Require(IsValue(head.reason) && Trimmed(rest.substr(3)) == head.reason,
          "a reason is what follows, without control characters", line);
}

// The fields without the framing header, which is returned.
std::optional<std::pair<std::string, std::string>> TakeFraming(Fields& fields, size_t* at) {
  const auto is_framing = [](const auto& field) {
    return SameName(field.first, "content-length") || SameName(field.first, "transfer-encoding");
  };
  const auto found = std::find_if(fields.begin(), fields.end(), is_framing);
  if (found == fields.end()) return std::nullopt;
  *at = found - fields.begin();
  auto framing = *found;
  fields.erase(found);
  Require(std::none_of(fields.begin(), fields.end(), is_framing), "one framing header at most",
          framing.first);
  return framing;
}

void CheckFraming(const std::optional<std::pair<std::string, std::string>>& field,
                  const http::ResponseHead& head, bool http10, bool head_request) {
  using Kind = http::Framing::Kind;
  const bool no_body = head_request || head.status == 204 || head.status == 304;
  Require(head.bodyless == no_body, "a body is exactly where there can be one", head.reason);
  Kind expected = no_body ? Kind::kNone : Kind::kUntilClose;
  if (field.has_value() && head.status != 204) {
    const bool chunked = SameName(field->first, "transfer-encoding");
    expected = chunked ? Kind::kChunked : Kind::kContentLength;
  }
  Require(head.framing.kind == expected, "the framing is that of the fields", head.reason);
  if (!field.has_value()) return;
  const auto& [name, value] = *field;
  if (SameName(name, "transfer-encoding")) {
    Require(SameName(value, "chunked") && !http10, "a Transfer-Encoding is chunked, on HTTP/1.1",
            value);
    return;
  }
  Require(!value.empty() && value.find_first_not_of("0123456789") == std::string::npos,
          "a Content-Length is digits", value);
  Require(head.length_name == name, "the length keeps its spelling", name);
  const std::string length = std::to_string(head.framing.length);
  const bool says =
      value.ends_with(length) && value.find_first_not_of('0') >= value.size() - length.size();
  Require(says || expected != Kind::kContentLength, "a Content-Length is what it says", value);
}

void CheckHead(const std::string& text, const Reading& reading, bool head_request) {
  const http::ResponseHead& head = reading.head;
  std::string line;
  Fields fields = ReadFields(text, &line);
  CheckStatusLine(line, head, reading.http10);
  for (const auto& [name, value] : fields) {
    Require(IsToken(name), "a name is a token", name);
    Require(IsValue(value), "a value holds no control character", value);
  }
  size_t at = SIZE_MAX;
  const auto framing = TakeFraming(fields, &at);
  Require(fields == FieldsOf(head.headers), "a head's fields are those of its lines", text);
  Require(head.framing_at == at, "the framing header keeps its place", text);
  CheckFraming(framing, head, reading.http10, head_request);
}

void CheckWrittenAgain(const Reading& reading, bool head_request, bool had_framing) {
  const http::ResponseHead& head = reading.head;
  std::string text = (reading.http10 ? "HTTP/1.0 " : "HTTP/1.1 ") + std::to_string(head.status) +
                     " " + head.reason + "\r\n";
  const Fields fields = FieldsOf(head.headers);
  for (size_t i = 0; i <= fields.size(); ++i) {
    if (i == head.framing_at && had_framing) {
      const bool chunked = head.framing.kind == http::Framing::Kind::kChunked;
      text += chunked ? "Transfer-Encoding: chunked\r\n"
                      : head.length_name + ": " + std::to_string(head.framing.length) + "\r\n";
    }
    if (i == fields.size()) break;
    text.append(fields[i].first).append(": ").append(fields[i].second).append("\r\n");
  }
  text += "\r\n";
  ResponseParser parser;
  const Reading again = Read(parser, LinesOf(text), head_request);
  Require(again.outcome == Outcome::kHeadComplete, "written again, it is a head", text);
  Require(SameHead(again.head, head), "written again, it is the same head", text);
}

Reading CheckReading(const Lines& lines, bool head_request) {
  ResponseParser parser;
  Reading reading = Read(parser, lines, head_request);
  if (reading.outcome != Outcome::kHeadComplete) return reading;
  CheckHead(LastHead(lines, reading.lines), reading, head_request);
  const bool had_framing = reading.head.framing_at != SIZE_MAX && reading.head.status != 204;
  if (had_framing || reading.head.framing_at == SIZE_MAX) {
    CheckWrittenAgain(reading, head_request, had_framing);
  }
  return reading;
}

// Whatever was read before Start, and however far.
void CheckFresh(const Lines& lines, const Reading& whole, bool head_request) {
  ResponseParser parser;
  for (size_t count = 0; count <= std::min<size_t>(lines.size(), 24); ++count) {
    Read(parser, {lines.begin(), lines.begin() + static_cast<ptrdiff_t>(count)}, !head_request);
    const Reading again = Read(parser, lines, head_request);
    Require(again.outcome == whole.outcome && again.error == whole.error &&
                again.lines == whole.lines && SameHead(again.head, whole.head),
            "after Start nothing is left", lines.empty() ? "" : lines.front());
  }
}

// The same bytes with one more cut, after byte `offset`.
Lines Cut(std::string_view bytes, size_t offset) {
  const size_t at = std::min(offset, bytes.size());
  Lines lines = LinesOf(bytes.substr(0, at));
  for (std::string_view line : LinesOf(bytes.substr(at))) lines.push_back(line);
  return lines;
}

// The same bytes with two lines in one.
Lines Joined(std::string_view bytes, const Lines& lines, size_t which) {
  Lines joined = lines;
  if (lines.size() < 2) return joined;
  const size_t at = which % (lines.size() - 1);
  const size_t begin = lines[at].data() - bytes.data();
  joined[at] = bytes.substr(begin, lines[at].size() + lines[at + 1].size());
  joined.erase(joined.begin() + static_cast<ptrdiff_t>(at) + 1);
  return joined;
}

void Check(std::string_view input) {
  if (input.empty() || input.size() > kMaxBytes) return;
  const auto choice = static_cast<uint8_t>(input[0]);
  const bool head_request = choice % 2 == 1;
  const std::string_view bytes = input.substr(1);
  const Lines lines = LinesOf(bytes);
  CheckFresh(lines, CheckReading(lines, head_request), head_request);

  CheckReading(Cut(bytes, choice / 2u), head_request);
  CheckReading(Joined(bytes, lines, choice / 2u), head_request);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
