#include "tests/integration/keyed_upstream.h"

#include <algorithm>
#include <utility>

namespace sluice::test {
namespace {

constexpr char kScheme[] = "Authorization: Bearer ";

std::string KeyOf(const std::string& request) {
  const size_t at = request.find(kScheme);
  if (at == std::string::npos) return "";
  const size_t begin = at + sizeof kScheme - 1;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

}  // namespace

KeyedUpstream::KeyedUpstream()
    : upstream_(RawUpstream::Script([this](RawSocket& socket, size_t) { Serve(socket); })) {}

KeyedUpstream::Reply KeyedUpstream::Make(int status, const std::string& field,
                                         const std::string& body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " As told\r\n";
  text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  text += "\r\n" + (field.empty() ? "" : field + "\r\n") + "\r\n" + body;
  return {status, std::move(text)};
}

void KeyedUpstream::Answer(const std::string& key, int status, const std::string& field,
                           const std::string& body) {
  absl::MutexLock lock(&mutex_);
  replies_[key] = Make(status, field, body);
}

void KeyedUpstream::Serve(RawSocket& socket) {
  while (true) {
    std::string request = RawUpstream::ReadRequest(socket);
    if (request.empty()) return;
    std::string key = KeyOf(request);
    Reply reply;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = replies_.find(key);
      reply = found == replies_.end() ? Make(200, "", R"({"ok":true})") : found->second;
      seen_.push_back(
          {std::move(key), std::move(request), reply.status, std::chrono::steady_clock::now()});
    }
    if (!socket.SendAll(reply.text).ok()) return;
  }
}

std::vector<KeyedUpstream::Seen> KeyedUpstream::seen() const {
  absl::MutexLock lock(&mutex_);
  return seen_;
}

std::vector<KeyedUpstream::Seen> KeyedUpstream::SeenWith(const std::string& key) const {
  std::vector<Seen> all = seen();
  std::erase_if(all, [&](const Seen& one) { return one.key != key; });
  return all;
}

}  // namespace sluice::test
