#include "tests/support/http_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sluice::test {
namespace {

constexpr size_t kPiece = 64 << 10;

absl::Status Unsound(const std::string& what, std::string_view text) {
  return absl::InvalidArgumentError(what + ": \"" + std::string(text) + "\"");
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool ParseSize(std::string_view text, int base, size_t& size) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), size, base);
  return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size();
}

absl::Status ParseStatusLine(std::string_view line, HttpAnswer& answer) {
  size_t status = 0;
  const bool sound = line.size() >= 13 &&
                     (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) &&
                     line[12] == ' ' && ParseSize(line.substr(9, 3), 10, status);
  if (!sound) return Unsound("not a status line", line);
  answer.version = line.substr(0, 8);
  answer.status = static_cast<int>(status);
  answer.reason = line.substr(13);
  return absl::OkStatus();
}

absl::Status ParseField(std::string_view line,
                        std::vector<std::pair<std::string, std::string>>& fields) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line.find_first_of(" \t") < colon) {
    return Unsound("not a header field", line);
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  fields.emplace_back(line.substr(0, colon), value);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadLine(RawSocket& socket, const Deadline& deadline) {
  auto line = socket.ReadUntil("\r\n", deadline);
  if (line.ok()) line->resize(line->size() - 2);
  return line;
}

using Bytes = std::function<void(std::string_view)>;

absl::Status StreamLength(RawSocket& socket, size_t length, const Bytes& bytes,
                          const Deadline& deadline) {
  while (length > 0) {
    auto piece = socket.ReadSome(std::min(length, kPiece), deadline);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) {
      return absl::OutOfRangeError("the answer was cut: " + std::to_string(length) +
                                   " bytes are missing");
    }
    bytes(*piece);
    length -= piece->size();
  }
  return absl::OkStatus();
}

absl::Status StreamToEnd(RawSocket& socket, const Bytes& bytes, const Deadline& deadline) {
  while (true) {
    auto piece = socket.ReadSome(kPiece, deadline);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return absl::OkStatus();
    bytes(*piece);
  }
}

absl::Status ReadTrailers(RawSocket& socket, HttpAnswer& answer, const Deadline& deadline) {
  while (true) {
    auto line = ReadLine(socket, deadline);
    if (!line.ok()) return line.status();
    if (line->empty()) return absl::OkStatus();
    if (auto status = ParseField(*line, answer.trailers); !status.ok()) return status;
  }
}

absl::Status StreamChunks(RawSocket& socket, HttpAnswer& answer, const Bytes& bytes,
                          const Deadline& deadline) {
  while (true) {
    auto line = ReadLine(socket, deadline);
    if (!line.ok()) return line.status();
    size_t size = 0;
    if (!ParseSize(std::string_view(*line).substr(0, line->find(';')), 16, size)) {
      return Unsound("not a chunk size", *line);
    }
    if (size == 0) return ReadTrailers(socket, answer, deadline);
    answer.chunks.push_back(size);
    if (auto status = StreamLength(socket, size, bytes, deadline); !status.ok()) return status;
    auto end = socket.ReadExactly(2, deadline);
    if (!end.ok()) return end.status();
    if (*end != "\r\n") return Unsound("not the end of a chunk", *end);
  }
}

}  // namespace

std::optional<std::string> HttpAnswer::Header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (SameName(field, name)) return value;
  }
  return std::nullopt;
}

size_t HttpAnswer::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(headers.begin(), headers.end(), [&](const auto& field) {
    return SameName(field.first, name);
  }));
}

absl::StatusOr<HttpAnswer> ReadHead(RawSocket& socket, const Deadline& deadline) {
  auto raw = socket.ReadUntil("\r\n\r\n", deadline);
  if (!raw.ok()) return raw.status();
  HttpAnswer answer;
  answer.raw_head = *raw;
  std::string_view rest = std::string_view(answer.raw_head).substr(0, answer.raw_head.size() - 2);
  for (bool first = true; !rest.empty(); first = false) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    const absl::Status status =
        first ? ParseStatusLine(line, answer) : ParseField(line, answer.headers);
    if (!status.ok()) return status;
  }
  return answer;
}

absl::Status StreamBody(RawSocket& socket, HttpAnswer& answer, const Bytes& bytes,
                        std::string_view method, const Deadline& deadline) {
  if (method == "HEAD" || answer.status < 200 || answer.status == 204 || answer.status == 304) {
    return absl::OkStatus();
  }
  const auto coding = answer.Header("Transfer-Encoding");
  const auto length = answer.Header("Content-Length");
  if (coding && length)
    return Unsound("both Transfer-Encoding and Content-Length", answer.raw_head);
  if (coding) {
    if (*coding != "chunked") return Unsound("an unknown Transfer-Encoding", *coding);
    return StreamChunks(socket, answer, bytes, deadline);
  }
  if (!length) return StreamToEnd(socket, bytes, deadline);
  size_t size = 0;
  if (!ParseSize(*length, 10, size) || answer.Count("Content-Length") > 1) {
    return Unsound("not one Content-Length", answer.raw_head);
  }
  return StreamLength(socket, size, bytes, deadline);
}

absl::Status ReadBody(RawSocket& socket, HttpAnswer& answer, std::string_view method,
                      const Deadline& deadline) {
  return StreamBody(
      socket, answer, [&answer](std::string_view bytes) { answer.body.append(bytes); }, method,
      deadline);
}

absl::StatusOr<HttpAnswer> ReadAnswer(RawSocket& socket, std::string_view method,
                                      const Deadline& deadline) {
  while (true) {
    auto answer = ReadHead(socket, deadline);
    if (!answer.ok()) return answer;
    if (answer->status < 200) continue;
    if (auto status = ReadBody(socket, *answer, method, deadline); !status.ok()) return status;
    return answer;
  }
}

std::string RequestText(std::string_view method, std::string_view target,
                        const std::vector<std::string>& headers, std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  const bool has_host = std::any_of(headers.begin(), headers.end(), [](const std::string& header) {
    return SameName(header.substr(0, header.find(':')), "Host");
  });
  if (!has_host) text += "Host: 127.0.0.1\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

absl::StatusOr<HttpAnswer> Fetch(uint16_t port, std::string_view method, std::string_view target,
                                 const std::vector<std::string>& headers, std::string_view body,
                                 const Deadline& deadline) {
  auto socket = RawSocket::Connect(port);
  if (!socket.ok()) return socket.status();
  if (auto status = socket->SendAll(RequestText(method, target, headers, body), deadline);
      !status.ok())
    return status;
  return ReadAnswer(*socket, method, deadline);
}

}  // namespace sluice::test
