#include "dataplane/edge/request_grammar.h"

#include <boost/asio/buffer.hpp>

namespace sluice::edge {

bool BeastRequest::Feed(std::string_view bytes, size_t* consumed) {
  body_ = {};
  ErrorCode error;
  *consumed = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  return !error;
}

uint64_t BeastRequest::remaining_length() const {
  const auto remaining = content_length_remaining();
  return remaining ? *remaining : 0;
}

void BeastRequest::on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                                   ErrorCode&) {
  head_.method.assign(method.data(), method.size());
  head_.target.assign(target.data(), target.size());
  head_.minor_version = version % 10;
}

void BeastRequest::on_field_impl(boost::beast::http::field, Text name, Text value, ErrorCode&) {
  // Trailers come through here too. Kept, a trailer `Authorization` would be a header.
  if (header_done_) return;
  head_.headers.Add({name.data(), name.size()}, {value.data(), value.size()});
}

size_t BeastRequest::on_body_impl(Text bytes, ErrorCode&) {
  body_ = {bytes.data(), bytes.size()};
  return bytes.size();
}

size_t BeastRequest::on_chunk_body_impl(uint64_t, Text bytes, ErrorCode&) {
  body_ = {bytes.data(), bytes.size()};
  return bytes.size();
}

}  // namespace sluice::edge
