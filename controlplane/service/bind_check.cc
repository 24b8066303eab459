#include "controlplane/service/bind_check.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "common/base/text.h"

namespace sluice::service {
namespace {

// 0 or an errno.
int TryBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  int error = bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  // With SO_REUSEADDR it is listen that collides with another listener of some kinds.
  if (error == 0 && listen(fd, 1) != 0) error = errno;
  close(fd);
  return error;
}

}  // namespace

absl::Status CheckBindable(const base::HostPort& address, std::string_view flag) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  const std::string subject = base::Cat("cannot listen on ", address.ToString(), " (", flag, "): ");
  if (failed != 0) {
    return absl::FailedPreconditionError(base::Cat(subject, gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  const int error = TryBind(*found);
  if (error == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(base::Cat(subject, strerror(error)));
}

}  // namespace sluice::service
