// The bytes of a provider's connection as one answer (upstream/response_reader).
//
// Input: one byte, whose lowest bit says that the request was HEAD and whose rest is the size of
// the pieces; then what the provider sends. Oracle:
//   - read whole, in pieces of that size and byte by byte it is the same answer, or the same error,
//     and nothing is read behind the end of a piece;
//   - a body of known length is what follows the head, so many bytes of it; one without framing is
//     all that follows; that of chunks is what a second decoder, which has the whole text before
//     it, makes of them;
//   - what follows an answer is left where it is.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/upstream/response_reader.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using upstream::ResponseReader;
using Event = ResponseReader::Event;

constexpr size_t kMaxBytes = 4096;

struct Reading {
  bool has_head = false;
  http::Framing framing;
  bool bodyless = false;
  size_t head_end = 0;  // bytes up to the body
  std::string body;
  bool ended = false;
  size_t end = 0;  // bytes up to the end of the answer
  std::string error;
};

Reading Read(std::string_view text, size_t piece_size, bool head_request) {
  ResponseReader reader;
  reader.Start(head_request);
  Reading reading;
  size_t at = 0;
  while (at < text.size() && !reading.ended && reading.error.empty()) {
    const std::string_view piece = text.substr(at, piece_size);
    const std::unique_ptr<char[]> copy(new char[piece.size()]);
    std::copy(piece.begin(), piece.end(), copy.get());
    std::string_view bytes(copy.get(), piece.size());
    for (bool more = true; more;) {
      const ResponseReader::Step step = reader.Next(bytes);
      Require(step.consumed <= bytes.size(), "no more is consumed than there is", text);
      bytes.remove_prefix(step.consumed);
      at += step.consumed;
      switch (step.event) {
        case Event::kNeedMore:
          Require(bytes.empty(), "all is read before more is wanted", text);
          more = false;
          break;
        case Event::kHead:
          Require(!reading.has_head, "an answer has one head", text);
          reading.has_head = true;
          reading.framing = reader.head().framing;
          reading.bodyless = reader.head().bodyless;
          reading.head_end = at;
          break;
        case Event::kBody:
          Require(reading.has_head && !step.body.empty(), "a piece of a body follows a head", text);
          reading.body.append(step.body);
          break;
        case Event::kEnd:
          reading.ended = true;
          reading.end = at;
          more = false;
          break;
        case Event::kError:
          reading.error = reader.error();
          Require(!reading.error.empty(), "an error says why", text);
          more = false;
          break;
      }
    }
  }
  return reading;
}

struct Chunks {
  std::string body;
  size_t size = 0;  // of all of them, trailer included
};

std::optional<std::string_view> LineAt(std::string_view text, size_t at) {
  const size_t feed = text.find('\n', at);
  if (feed == std::string_view::npos || feed == at || text[feed - 1] != '\r') return std::nullopt;
  return text.substr(at, feed - 1 - at);
}

// Nothing if the text is none, or not all of it.
std::optional<Chunks> Decode(std::string_view text) {
  Chunks chunks;
  size_t at = 0;
  while (true) {
    const auto line = LineAt(text, at);
    if (!line.has_value()) return std::nullopt;
    const size_t digits = line->find_first_not_of("0123456789abcdefABCDEF");
    const std::string number(line->substr(0, digits));
    if (number.empty() || number.size() > 16) return std::nullopt;
    const uint64_t size = std::stoull(number, nullptr, 16);
    at += line->size() + 2;
    if (size == 0) break;
    if (size > text.size() - at) return std::nullopt;
    chunks.body.append(text.substr(at, size));
    at += size;
    if (text.substr(at, 2) != "\r\n") return std::nullopt;
    at += 2;
  }
  while (true) {
    const auto line = LineAt(text, at);
    if (!line.has_value()) return std::nullopt;
    at += line->size() + 2;
    if (line->empty()) break;
  }
  chunks.size = at;
  return chunks;
}

void Compare(const Reading& a, const Reading& b, std::string_view text) {
  Require(a.has_head == b.has_head && a.head_end == b.head_end, "pieces change no head", text);
  Require(a.body == b.body, "pieces change no body", text);
  Require(a.ended == b.ended && a.end == b.end, "pieces change no end", text);
  Require(a.error == b.error, "pieces change no error", text);
}

void CheckBody(const Reading& reading, std::string_view text) {
  const std::string_view after = text.substr(reading.head_end);
  if (reading.bodyless || !reading.framing.has_body()) {
    Require(reading.ended && reading.body.empty() && reading.end == reading.head_end,
            "an answer without a body ends with its head", text);
    return;
  }
  switch (reading.framing.kind) {
    case http::Framing::Kind::kContentLength: {
      const uint64_t length = reading.framing.length;
      Require(reading.body == after.substr(0, length), "a body is as long as it says", text);
      Require(reading.ended == (after.size() >= length), "and ends there", text);
      break;
    }
    case http::Framing::Kind::kUntilClose:
      Require(reading.body == after && !reading.ended, "a body without framing is all of it", text);
      break;
    case http::Framing::Kind::kChunked:
      if (reading.ended) {
        const auto chunks = Decode(after);
        Require(chunks.has_value() && chunks->body == reading.body &&
                    reading.head_end + chunks->size == reading.end,
                "a body is what its chunks hold", text);
      }
      break;
    case http::Framing::Kind::kNone:
      break;
  }
}

void Check(bool head_request, size_t piece_size, std::string_view text) {
  const Reading whole = Read(text, text.size() + 1, head_request);
  Compare(whole, Read(text, piece_size, head_request), text);
  Compare(whole, Read(text, 1, head_request), text);
  if (whole.has_head) CheckBody(whole, text);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > sluice::fuzz::kMaxBytes) return 0;
  sluice::fuzz::Check((data[0] & 1) != 0, size_t{data[0]} / 2 + 1,
                      {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
