// The head of a provider's answer, line by line as libcurl hands it over, held to stricter rules
// than libcurl's: what reaches the client must mean the same to every reader.
//
// Refused: a line not ended by CR LF, obs-fold, a bad name, a control character in a value, two
// differing or malformed Content-Lengths, Content-Length beside Transfer-Encoding, a
// Transfer-Encoding other than exactly `chunked`, a status outside 200 to 599 (1xx heads are
// consumed), more than 256 KiB or 1024 fields. Pure; one answer at a time.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::upstream {

inline constexpr size_t kMaxResponseHeadBytes = 256 * 1024;
inline constexpr size_t kMaxResponseFields = 1024;

class ResponseParser {
 public:
  enum class Outcome { kMore, kHeadComplete, kError };

  // `head_request`: the request was HEAD, so the answer has no body whatever it says.
  void Start(bool head_request);
  // One line with its line end. After kHeadComplete, head() is the answer's.
  Outcome OnLine(std::string_view line);

  http::ResponseHead& head() { return head_; }
  // Why kError; static storage.
  std::string_view error() const { return error_; }
  // The status line is read.
  bool in_fields() const { return in_fields_; }
  // The status line spoke of HTTP/1.0.
  bool http10() const { return http10_; }

 private:
  Outcome Fail(std::string_view why);
  Outcome OnStatusLine(std::string_view line);
  Outcome OnField(std::string_view line);
  Outcome OnContentLength(std::string_view name, std::string_view value);
  Outcome OnEnd();

  http::ResponseHead head_;
  std::string_view error_;
  size_t bytes_ = 0;
  bool head_request_ = false;
  bool in_fields_ = false;
  bool http10_ = false;
  bool chunked_ = false;
  std::optional<uint64_t> length_;
};

}  // namespace sluice::upstream
