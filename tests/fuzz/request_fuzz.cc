// Reads what a client sends (edge/request_parser).
//
// Input: two bytes that choose a split, the first of them also the limits; the rest is the
// connection. Oracle:
//   - fed whole, byte by byte and in two pieces, the same bytes are the same heads, bodies, ends
//     and error;
//   - an accepted head is what CR LF and the first colon of each line say it is: tokens for names,
//     no control character in a value, printable ASCII for a target, one Host on HTTP/1.1, at most
//     one of Content-Length and Transfer-Encoding, within the limits;
//   - a body is the bytes that its framing names, by a reader of its own;
//   - an accepted head written again is read as the same head;
//   - an error is 400 or 431, closes, and is final.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/edge/request_parser.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using edge::RequestParser;
using Event = RequestParser::Event;

constexpr size_t kMaxBytes = 4096;

struct Request {
  http::RequestHead head;
  bool keep_alive = false;
  size_t begins = 0;  // offsets in the connection
  size_t head_ends = 0;
  size_t ends = 0;
  std::string body;
  bool whole = false;
};

struct Connection {
  std::vector<Request> requests;
  std::string error;
};

// Feeds `bytes` up to each of `cuts`, from memory that ends there.
class Reader {
 public:
  Reader(std::string_view bytes, const http::Limits& limits) : bytes_(bytes), limits_(limits) {
    parser_.Start(limits_);
  }

  Connection Read(const std::vector<size_t>& cuts) {
    for (size_t cut : cuts) {
      if (!ReadTo(cut)) break;
    }
    return std::move(connection_);
  }

 private:
  // False after an error.
  bool ReadTo(size_t cut) {
    const size_t from = at_;
    const std::unique_ptr<char[]> piece(new char[cut - from]);
    std::copy(bytes_.begin() + from, bytes_.begin() + cut, piece.get());
    for (size_t steps = 0;; ++steps) {
      Require(steps <= 4 * kMaxBytes, "reading ends", bytes_);
      const RequestParser::Step step = parser_.Next({piece.get() + (at_ - from), cut - at_});
      Require(step.consumed <= cut - at_, "no more is consumed than was given", bytes_);
      at_ += step.consumed;
      if (step.event == Event::kNeedMore) return true;
      if (step.event == Event::kError) return Fail();
      Take(step);
    }
  }

  bool Fail() {
    const http::GatewayError& error = parser_.error();
    Require(error.status == 400 || error.status == 431, "a refusal is 400 or 431", error.message);
    Require(error.close && !error.message.empty() && !error.code.empty(),
            "a refusal closes and says why", error.message);
    connection_.error = std::string(error.code) + ": " + error.message;
    Require(parser_.Next("GET / HTTP/1.1\r\nHost: h\r\n\r\n").event == Event::kError,
            "an error is final", bytes_);
    return false;
  }

  void Take(const RequestParser::Step& step) {
    std::vector<Request>& requests = connection_.requests;
    if (step.event == Event::kHead) {
      Require(requests.empty() || requests.back().whole, "one head a request", bytes_);
      requests.push_back(
          {parser_.head(), parser_.keep_alive(), begins_, at_, at_, /*body=*/"", /*whole=*/false});
      return;
    }
    Require(!requests.empty() && !requests.back().whole, "nothing comes before the head", bytes_);
    Request& request = requests.back();
    request.ends = at_;
    if (step.event == Event::kBody) {
      Require(!step.body.empty(), "a piece of a body is not empty", bytes_);
      request.body.append(step.body);
      CheckRemaining(request);
      return;
    }
    Require(parser_.complete() && parser_.remaining() == 0, "an end is complete", bytes_);
    request.whole = true;
    begins_ = at_;
    parser_.Start(limits_);
  }

  void CheckRemaining(const Request& request) {
    if (request.head.framing.kind != http::Framing::Kind::kContentLength) return;
    Require(parser_.remaining() == request.head.framing.length - request.body.size(),
            "what is still to come is the length without what came", bytes_);
  }

  const std::string_view bytes_;
  const http::Limits limits_;
  RequestParser parser_;
  Connection connection_;
  size_t at_ = 0;
  size_t begins_ = 0;
};

Connection Read(std::string_view bytes, const http::Limits& limits,
                const std::vector<size_t>& cuts) {
  return Reader(bytes, limits).Read(cuts);
}

void RequireSameHead(const Request& a, const Request& b, std::string_view rule,
                     std::string_view bytes) {
  Require(a.head.method == b.head.method && a.head.target == b.head.target &&
              a.head.minor_version == b.head.minor_version &&
              FieldsOf(a.head.headers) == FieldsOf(b.head.headers) &&
              a.head.framing.kind == b.head.framing.kind &&
              a.head.framing.length == b.head.framing.length &&
              a.head.expects_continue == b.head.expects_continue && a.keep_alive == b.keep_alive,
          rule, bytes);
}

void RequireSame(const Connection& whole, const Connection& split, std::string_view rule,
                 std::string_view bytes) {
  Require(whole.error == split.error, rule,
          whole.error + " | " + split.error + " | " + std::string(bytes));
  Require(whole.requests.size() == split.requests.size(), rule, bytes);
  for (size_t i = 0; i < whole.requests.size(); ++i) {
    const Request& a = whole.requests[i];
    const Request& b = split.requests[i];
    RequireSameHead(a, b, rule, bytes);
    Require(a.body == b.body && a.whole == b.whole && a.begins == b.begins &&
                a.head_ends == b.head_ends && a.ends == b.ends,
            rule, bytes);
  }
}

void CheckTarget(const http::RequestHead& head) {
  Require(!head.target.empty(), "there is a target", head.method);
  for (unsigned char byte : head.target) {
    Require(byte > 0x20 && byte < 0x7f, "a target is printable ASCII", head.target);
  }
}

void CheckFraming(const http::RequestHead& head, const Fields& fields) {
  const size_t lengths = Count(fields, "content-length");
  const size_t codings = Count(fields, "transfer-encoding");
  Require(lengths + codings <= 1, "one framing header at most", head.target);
  const http::Framing::Kind kind = head.framing.kind;
  if (codings == 1) {
    Require(SameName(ValueOf(fields, "transfer-encoding"), "chunked") && head.minor_version == 1 &&
                kind == http::Framing::Kind::kChunked,
            "a Transfer-Encoding is chunked, on HTTP/1.1", head.target);
  } else if (lengths == 1) {
    const std::string value = ValueOf(fields, "content-length");
    const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
    std::string normal = value.substr(std::min(value.find_first_not_of('0'), value.size()));
    if (normal.empty()) normal = "0";
    Require(digits && !value.empty() && kind == http::Framing::Kind::kContentLength &&
                std::to_string(head.framing.length) == normal,
            "a Content-Length is digits and what they say", value);
  } else {
    Require(kind == http::Framing::Kind::kNone, "no framing header, no body", head.target);
  }
}

void CheckHead(const Request& request, std::string_view bytes, const http::Limits& limits) {
  const http::RequestHead& head = request.head;
  std::string_view text = bytes.substr(request.begins, request.head_ends - request.begins);
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  std::string line;
  const Fields fields = ReadFields(text, &line);
  Require(line == head.method + " " + head.target + " HTTP/1." + std::to_string(head.minor_version),
          "a request line is method, target and version with single spaces", line);
  Require(fields == FieldsOf(head.headers), "a head's fields are those of its lines", text);
  Require(IsToken(head.method), "a method is a token", head.method);
  Require(head.minor_version == 0 || head.minor_version == 1, "HTTP/1.0 or 1.1", line);
  for (const auto& [name, value] : fields) {
    Require(IsToken(name), "a name is a token", name);
    Require(IsValue(value), "a value holds no control character", value);
  }
  const size_t hosts = Count(fields, "host");
  Require(hosts == 1 || (hosts == 0 && head.minor_version == 0), "one Host", text);
  Require(line.size() <= limits.max_request_line_bytes &&
              fields.size() <= limits.max_header_fields &&
              text.size() - line.size() - 2 <= limits.max_header_bytes,
          "a head is within the limits", text);
  CheckTarget(head);
  CheckFraming(head, fields);
}

// The body of the chunks at the front of `bytes`, which end with them.
std::string ReadChunks(std::string_view bytes) {
  const std::string_view all = bytes;
  std::string body;
  while (true) {
    const size_t digits = bytes.find_first_not_of("0123456789abcdefABCDEF");
    const size_t end = bytes.find("\r\n");
    Require(digits != 0 && digits <= 17 && end != std::string_view::npos && digits <= end,
            "a chunk begins with its size", all);
    Require(digits == end || bytes[digits] == ';' || bytes[digits] == ' ' || bytes[digits] == '\t',
            "a chunk's size is followed by its extensions or the line's end", all);
    const size_t size = std::stoull(std::string(bytes.substr(0, digits)), nullptr, 16);
    bytes.remove_prefix(end + 2);
    if (size == 0) break;
    Require(size <= bytes.size() && bytes.substr(size).starts_with("\r\n"),
            "a chunk is as long as its size", all);
    body.append(bytes.substr(0, size));
    bytes.remove_prefix(size + 2);
  }
  std::string none;
  ReadFields("\r\n" + std::string(bytes), &none);
  return body;
}

void CheckBody(const Request& request, std::string_view bytes) {
  const std::string_view sent = bytes.substr(request.head_ends, request.ends - request.head_ends);
  if (request.head.framing.kind == http::Framing::Kind::kChunked) {
    if (request.whole) Require(ReadChunks(sent) == request.body, "a body is its chunks", sent);
    return;
  }
  Require(request.body == sent, "a body is the bytes behind the head", sent);
  const uint64_t length = request.head.framing.length;
  Require(request.whole ? sent.size() == length : sent.size() <= length,
          "a body is as long as its length", sent);
}

void CheckWrittenAgain(const Request& request) {
  const http::RequestHead& head = request.head;
  std::string text =
      head.method + " " + head.target + " HTTP/1." + std::to_string(head.minor_version) + "\r\n";
  for (const auto& [name, value] : FieldsOf(head.headers)) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text += "\r\n";
  const Connection again = Read(text, {}, {text.size()});
  Require(again.requests.size() == 1 && again.error.empty(), "written again, it is a head", text);
  RequireSameHead(request, again.requests.front(), "written again, it is the same head", text);
}

http::Limits LimitsOf(uint8_t choice) {
  http::Limits limits;
  if (choice % 2 == 0) return limits;
  limits.max_request_line_bytes = 48;
  limits.max_header_bytes = 120;
  limits.max_header_fields = 5;
  return limits;
}

std::vector<size_t> EveryByte(size_t size) {
  std::vector<size_t> cuts(size);
  for (size_t i = 0; i < size; ++i) cuts[i] = i + 1;
  return cuts;
}

void Check(std::string_view input) {
  if (input.size() < 2 || input.size() > kMaxBytes) return;
  const auto first = static_cast<uint8_t>(input[0]);
  const auto second = static_cast<uint8_t>(input[1]);
  const std::string_view bytes = input.substr(2);
  const http::Limits limits = LimitsOf(first);
  const size_t split = (first * 256u + second) % (bytes.size() + 1);

  const Connection whole = Read(bytes, limits, {bytes.size()});
  for (const Request& request : whole.requests) {
    CheckHead(request, bytes, limits);
    CheckBody(request, bytes);
    CheckWrittenAgain(request);
  }
  RequireSame(whole, Read(bytes, limits, EveryByte(bytes.size())), "byte by byte it is the same",
              bytes);
  RequireSame(whole, Read(bytes, limits, {split, bytes.size()}), "in two pieces it is the same",
              bytes);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
