#include "tests/support/raw_upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/time/time.h"

namespace sluice::test {
namespace {

// An upstream waits for its client longer than a test waits for anything.
constexpr std::chrono::milliseconds kScriptPatience{120000};

[[noreturn]] void GiveUp(const char* what) {
  std::perror(what);
  std::abort();
}

// The value of a field in a raw head, lower-cased; empty if there is none.
std::string FieldOf(std::string head, const std::string& name) {
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const std::string mark = "\r\n" + name + ":";
  const size_t at = head.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = head.find_first_not_of(' ', at + mark.size());
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string ReadRawChunks(RawSocket& socket, const Deadline& deadline) {
  std::string raw;
  while (true) {
    const auto line = socket.ReadUntil("\r\n", deadline);
    if (!line.ok()) return raw;
    raw += *line;
    size_t size = 0;
    std::from_chars(line->data(), line->data() + line->size(), size, 16);
    const auto rest =
        size > 0 ? socket.ReadExactly(size + 2, deadline) : socket.ReadUntil("\r\n", deadline);
    if (!rest.ok()) return raw;
    raw += *rest;
    if (size == 0) return raw;
  }
}

}  // namespace

RawUpstream::RawUpstream(Script script) : script_(std::move(script)) { Listen(); }

RawUpstream::RawUpstream(std::vector<std::string> answers) : answers_(std::move(answers)) {
  script_ = [this](RawSocket& socket, size_t) { Answer(socket); };
  Listen();
}

RawUpstream::~RawUpstream() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void RawUpstream::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 1024) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    GiveUp("cannot listen for an upstream of a test");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

void RawUpstream::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;  // the destructor has shut the listener down
    absl::MutexLock lock(&mutex_);
    if (ending_) {
      close(fd);
      return;
    }
    const size_t index = connections_.fetch_add(1);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, index] { Serve(fd, index); });
  }
}

void RawUpstream::Serve(int fd, size_t index) {
  RawSocket socket(fd);
  // The destructor must not shut down a number that has become another socket's.
  socket.BeforeClose([this, fd] {
    absl::MutexLock lock(&mutex_);
    open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
  });
  script_(socket, index);
}

void RawUpstream::Answer(RawSocket& socket) {
  while (true) {
    std::string request = ReadRequest(socket);
    if (request.empty() || answers_.empty()) return;
    size_t number = 0;
    {
      absl::MutexLock lock(&mutex_);
      number = requests_.size();
      requests_.push_back(std::move(request));
    }
    const std::string& answer = answers_[std::min(number, answers_.size() - 1)];
    if (!socket.SendAll(answer, Deadline(kScriptPatience)).ok()) return;
    if (FieldOf(answer, "connection") == "close") return;
  }
}

void RawUpstream::Record(std::string request) {
  absl::MutexLock lock(&mutex_);
  requests_.push_back(std::move(request));
}

std::string RawUpstream::ReadRequest(RawSocket& socket) {
  const Deadline deadline(kScriptPatience);
  auto head = socket.ReadUntil("\r\n\r\n", deadline);
  if (!head.ok()) return "";
  if (FieldOf(*head, "transfer-encoding") == "chunked")
    return *head + ReadRawChunks(socket, deadline);
  const std::string length = FieldOf(*head, "content-length");
  size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  const auto body = socket.ReadExactly(size, deadline);
  return body.ok() ? *head + *body : *head;
}

std::vector<std::string> RawUpstream::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

bool RawUpstream::WaitForRequests(size_t count, std::chrono::milliseconds patience) const {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return requests_.size() >= count;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::FromChrono(patience));
}

}  // namespace sluice::test
