// The second opinion on a request: Boost.Beast's basic_parser, collecting what it reads into a
// RequestHead.
//
// It is only ever given complete sections (a head, a chunk header with its line end, the last chunk
// with its trailers), which request_parser has walked before. Trailers are dropped. One thread; one
// object reads one request.
#pragma once

// GCC 12 sees an uninitialised boost::none in Beast's own code.
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/beast/http/basic_parser.hpp>
#pragma GCC diagnostic pop

#include <limits>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::edge {

class BeastRequest final : public boost::beast::http::basic_parser<true> {
 public:
  explicit BeastRequest(http::RequestHead& head) : head_(head) {
    header_limit(std::numeric_limits<uint32_t>::max());
    // Not boost::none: Beast 1.74 takes that for "nothing is small enough".
    body_limit(std::numeric_limits<uint64_t>::max());
  }

  // Consumes from the front of `bytes`; false if they are not HTTP.
  bool Feed(std::string_view bytes, size_t* consumed);
  // The body bytes of the last Feed.
  std::string_view body() const { return body_; }
  // Of the last chunk header.
  uint64_t chunk_size() const { return chunk_size_; }
  // Body bytes still to come of a body with Content-Length.
  uint64_t remaining_length() const;

 private:
  using Text = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       ErrorCode&) override;
  void on_response_impl(int, Text, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(Text bytes, ErrorCode&) override;
  void on_chunk_header_impl(uint64_t size, Text, ErrorCode&) override { chunk_size_ = size; }
  size_t on_chunk_body_impl(uint64_t, Text bytes, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  http::RequestHead& head_;
  std::string_view body_;
  uint64_t chunk_size_ = 0;
  bool header_done_ = false;
};

}  // namespace sluice::edge
