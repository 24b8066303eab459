#include "dataplane/upstream/request_head.h"

#include <string_view>

namespace sluice::upstream {
namespace {

// What follows :// without the port that the scheme means anyway.
std::string_view AuthorityOf(std::string_view origin) {
  const bool tls = origin.starts_with("https:");
  std::string_view authority = origin.substr(origin.find("://") + 3);
  const std::string_view usual = tls ? ":443" : ":80";
  if (authority.ends_with(usual)) authority.remove_suffix(usual.size());
  return authority;
}

}  // namespace

void AppendRequestHead(const Request& request, std::string* out) {
  out->append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  out->append(AuthorityOf(request.origin)).append("\r\n");
  for (size_t i = 0; i < request.headers.size(); ++i) {
    const http::HeaderList::Field field = request.headers[i];
    out->append(field.name).append(field.value.empty() ? ":" : ": ").append(field.value);
    out->append("\r\n");
  }
  switch (request.framing.kind) {
    case http::Framing::Kind::kContentLength:
      out->append("Content-Length: ").append(std::to_string(request.framing.length));
      out->append("\r\n");
      break;
    case http::Framing::Kind::kChunked:
      out->append("Transfer-Encoding: chunked\r\n");
      break;
    case http::Framing::Kind::kNone:
    case http::Framing::Kind::kUntilClose:
      break;
  }
  out->append("\r\n");
}

}  // namespace sluice::upstream
