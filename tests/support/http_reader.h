// Reads HTTP/1.1 answers off a raw socket as strictly as a test should: what is not sound is an
// error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/raw_socket.h"

namespace sluice::test {

struct HttpAnswer {
  std::string raw_head;  // with the blank line
  std::string version;
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  // in order, as sent
  std::string body;                                          // without chunk framing
  std::vector<size_t> chunks;                                // their sizes, if it was chunked
  std::vector<std::pair<std::string, std::string>> trailers;

  // The first of that name, ASCII letters without case; absent if there is none.
  std::optional<std::string> Header(std::string_view name) const;
  size_t Count(std::string_view name) const;
};

// One head. 1xx heads are answers too: the caller asks again.
absl::StatusOr<HttpAnswer> ReadHead(RawSocket& socket, const Deadline& deadline = Deadline());
// The body that belongs to `answer`, into it. OutOfRange if the peer ends inside it: a cut answer.
// `method` is the request's: HEAD has no body.
absl::Status ReadBody(RawSocket& socket, HttpAnswer& answer, std::string_view method = "GET",
                      const Deadline& deadline = Deadline());
// Like ReadBody, but hands the bytes on as they come and keeps none.
absl::Status StreamBody(RawSocket& socket, HttpAnswer& answer,
                        const std::function<void(std::string_view)>& bytes,
                        std::string_view method = "GET", const Deadline& deadline = Deadline());
// Head and body; 1xx heads before are skipped.
absl::StatusOr<HttpAnswer> ReadAnswer(RawSocket& socket, std::string_view method = "GET",
                                      const Deadline& deadline = Deadline());

// A request text: request line, Host, the headers given ("Name: value"), Content-Length if there is
// a body.
std::string RequestText(std::string_view method, std::string_view target,
                        const std::vector<std::string>& headers = {}, std::string_view body = {});
// One request on a connection of its own.
absl::StatusOr<HttpAnswer> Fetch(uint16_t port, std::string_view method, std::string_view target,
                                 const std::vector<std::string>& headers = {},
                                 std::string_view body = {}, const Deadline& deadline = Deadline());

}  // namespace sluice::test
