#include "controlplane/service/ops_port.h"

#include <pistache/endpoint.h>
#include <pistache/router.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "common/base/text.h"
#include "controlplane/service/bind_check.h"

namespace sluice::service {
namespace {

namespace Http = Pistache::Http;
namespace Rest = Pistache::Rest;

constexpr size_t kMaxRequestBytes = 8192;

void Send(const OpsAnswer& answer, Http::ResponseWriter& response) {
  response.headers().add<Http::Header::ContentType>(
      Http::Mime::MediaType::fromString(answer.content_type));
  response.send(static_cast<Http::Code>(answer.status), answer.body);
}

Rest::Route::Handler RouteTo(OpsPort::Handler handler) {
  return [handler = std::move(handler)](const Rest::Request&, Http::ResponseWriter response) {
    try {
      Send(handler(), response);
    } catch (const std::exception&) {
      spdlog::error("the ops port failed by an unexpected exception");
      Send({500, "text/plain; charset=utf-8", "failed unexpectedly\n"}, response);
    }
    return Rest::Route::Result::Ok;
  };
}

std::unique_ptr<Http::Endpoint> Listen(const base::HostPort& address, Rest::Router& router) {
  auto endpoint = std::make_unique<Http::Endpoint>(Pistache::Address(
      address.ToString().substr(0, address.ToString().rfind(':')), Pistache::Port(address.port)));
  auto options = Http::Endpoint::options()
                     .threads(1)
                     .flags(Pistache::Tcp::Options::ReuseAddr)
                     .maxRequestSize(kMaxRequestBytes);
  endpoint->init(options);
  endpoint->setHandler(router.handler());
  endpoint->serveThreaded();
  return endpoint;
}

}  // namespace

OpsPort::OpsPort(std::unique_ptr<Http::Endpoint> endpoint, uint16_t port)
    : endpoint_(std::move(endpoint)), port_(port) {}

OpsPort::~OpsPort() { endpoint_->shutdown(); }

absl::StatusOr<std::unique_ptr<OpsPort>> OpsPort::Start(
    const base::HostPort& address, const std::map<std::string, Handler>& paths) {
  if (absl::Status status = CheckBindable(address, "--ops-listen"); !status.ok()) return status;
  Rest::Router router;
  for (const auto& [path, handler] : paths) router.get(path, RouteTo(handler));
  try {
    auto endpoint = Listen(address, router);
    const uint16_t port = endpoint->getPort();
    return std::unique_ptr<OpsPort>(new OpsPort(std::move(endpoint), port));
  } catch (const std::exception& error) {
    return absl::FailedPreconditionError(
        base::Cat("cannot listen on ", address.ToString(), " (--ops-listen): ", error.what()));
  }
}

}  // namespace sluice::service
