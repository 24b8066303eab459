#include "common/base/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.h"

namespace sluice::base {
namespace {

using ::testing::HasSubstr;

struct Good {
  std::string text;
  std::string host;
  uint16_t port;
  bool loopback;
};

TEST(ParseHostPort, TakesAddressesAndNames) {
  const Good kCases[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080, true},
      {"127.9.9.9:1", "127.9.9.9", 1, true},
      {"128.0.0.1:1", "128.0.0.1", 1, false},
      {"0.0.0.0:9090", "0.0.0.0", 9090, false},
      {"10.0.0.7:0", "10.0.0.7", 0, false},
      {"[::1]:65535", "::1", 65535, true},
      {"[::]:80", "::", 80, false},
      {"[fe80::1]:80", "fe80::1", 80, false},
      {"localhost:9090", "localhost", 9090, true},
      {"LocalHost:9090", "LocalHost", 9090, true},
      {"localhost.example.com:9090", "localhost.example.com", 9090, false},
      {"127.0.0.1.example.com:9090", "127.0.0.1.example.com", 9090, false},
      {"control-plane.svc:9090", "control-plane.svc", 9090, false},
  };
  for (const Good& good : kCases) {
    SCOPED_TRACE(good.text);
    const absl::StatusOr<HostPort> parsed = ParseHostPort(good.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->host, good.host);
    EXPECT_EQ(parsed->port, good.port);
    EXPECT_EQ(parsed->IsLoopback(), good.loopback);
    EXPECT_EQ(parsed->ToString(), good.text);
  }
}

TEST(ParseHostPort, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> kCases[] = {
      {"", "has no host"},
      {":8080", "has no host"},
      {"127.0.0.1", "has no port"},
      {"127.0.0.1:", "port that is not 0 to 65535"},
      {"127.0.0.1:65536", "port that is not 0 to 65535"},
      {"127.0.0.1:99999999999999999999", "port that is not 0 to 65535"},
      {"127.0.0.1:-1", "port that is not 0 to 65535"},
      {"127.0.0.1:+1", "port that is not 0 to 65535"},
      {"127.0.0.1: 1", "port that is not 0 to 65535"},
      {"127.0.0.1:80x", "port that is not 0 to 65535"},
      {"127.0.0.256:80", "neither an IPv4 address nor a name"},
      {"1234:80", "neither an IPv4 address nor a name"},
      {"::1:80", "stands in brackets"},
      {"[::1", "no IPv6 address in its brackets"},
      {"[]:80", "no IPv6 address in its brackets"},
      {"[127.0.0.1]:80", "no IPv6 address in its brackets"},
      {"[::1]80", "has no port"},
      {"http://localhost:80", "more than one colon"},
      {"-host:80", "character that no host name has"},
      {"ho st:80", "character that no host name has"},
      {"host/x:80", "character that no host name has"},
      {base::Cat(std::string(254, 'a'), ":80"), "more than 253 bytes"},
  };
  for (const auto& [text, problem] : kCases) {
    SCOPED_TRACE(text);
    const absl::StatusOr<HostPort> parsed = ParseHostPort(text);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(problem));
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(text.substr(0, 200)));
  }
}

TEST(ParseHostPort, EscapesWhatItNames) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort("ho\nst:80");
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("ho\\nst"));
}

}  // namespace
}  // namespace sluice::base
