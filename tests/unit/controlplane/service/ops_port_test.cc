#include "controlplane/service/ops_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/unit/controlplane/service/http_get.h"

namespace sluice::service {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::map<std::string, OpsPort::Handler> Paths() {
  return {{"/livez", [] { return OpsAnswer{.body = "ok\n"}; }},
          {"/readyz", [] { return OpsAnswer{.status = 503, .body = "not yet\n"}; }},
          {"/throws", []() -> OpsAnswer { throw std::runtime_error("secret text"); }}};
}

TEST(OpsPortTest, AnswersItsPaths) {
  auto port = OpsPort::Start({"127.0.0.1", 0}, Paths());
  ASSERT_TRUE(port.ok()) << port.status();
  ASSERT_NE((*port)->port(), 0);
  EXPECT_THAT(HttpGet((*port)->port(), "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(HttpGet((*port)->port(), "/livez"), HasSubstr("ok\n"));
  EXPECT_THAT(HttpGet((*port)->port(), "/livez"), HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(HttpGet((*port)->port(), "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(HttpGet((*port)->port(), "/none"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(HttpGet((*port)->port(), "/livez", "DELETE"), StartsWith("HTTP/1.1 405"));
}

TEST(OpsPortTest, AnExceptionIsA500WithoutItsText) {
  auto port = OpsPort::Start({"127.0.0.1", 0}, Paths());
  ASSERT_TRUE(port.ok()) << port.status();
  const std::string answer = HttpGet((*port)->port(), "/throws");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, ::testing::Not(HasSubstr("secret")));
}

TEST(OpsPortTest, AnAddressInUseIsASentence) {
  auto port = OpsPort::Start({"127.0.0.1", 0}, Paths());
  ASSERT_TRUE(port.ok()) << port.status();
  const absl::Status status = OpsPort::Start({"127.0.0.1", (*port)->port()}, Paths()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("(--ops-listen): Address already in use"));
}

TEST(OpsPortTest, AnUnknownHostIsASentence) {
  const absl::Status status = OpsPort::Start({"no-such-host.invalid", 0}, Paths()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no-such-host.invalid"));
}

}  // namespace
}  // namespace sluice::service
