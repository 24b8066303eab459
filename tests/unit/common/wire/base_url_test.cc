#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/config_check.h"

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Good {
  std::string url;
  std::string scheme;
  std::string host;
  int port;
  std::string authority;
  std::string path;
};

TEST(ParseBaseUrl, TakesItApart) {
  const Good kCases[] = {
      {"https://api.openai.com/v1", "https", "api.openai.com", 443, "api.openai.com", "/v1"},
      {"http://h", "http", "h", 80, "h", ""},
      {"http://h/", "http", "h", 80, "h", ""},
      {"http://h///", "http", "h", 80, "h", ""},
      {"HTTPS://API.Example.COM:8443/A/b/", "https", "api.example.com", 8443,
       "api.example.com:8443", "/A/b"},
      {"https://h:443", "https", "h", 443, "h:443", ""},
      {"http://127.0.0.1:1", "http", "127.0.0.1", 1, "127.0.0.1:1", ""},
      {"http://[::1]:65535/x", "http", "[::1]", 65535, "[::1]:65535", "/x"},
      {"http://[FE80::1]", "http", "[fe80::1]", 80, "[fe80::1]", ""},
      {"http://a_b.svc-1.local/x@y:z/~%20!$&'()*+,;=", "http", "a_b.svc-1.local", 80,
       "a_b.svc-1.local", "/x@y:z/~%20!$&'()*+,;="},
      {"http://h/a.b/..c/...", "http", "h", 80, "h", "/a.b/..c/..."},
      {"http://3.example", "http", "3.example", 80, "3.example", ""},
  };
  for (const Good& good : kCases) {
    SCOPED_TRACE(good.url);
    const absl::StatusOr<BaseUrl> parsed = ParseBaseUrl(good.url);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->scheme, good.scheme);
    EXPECT_EQ(parsed->host, good.host);
    EXPECT_EQ(parsed->port, good.port);
    EXPECT_EQ(parsed->Authority(), good.authority);
    EXPECT_EQ(parsed->Origin(), good.scheme + "://" + good.authority);
    EXPECT_EQ(parsed->path, good.path);
  }
}

TEST(ParseBaseUrl, SaysWhatIsWrong) {
  const std::string kScheme = "must begin with http:// or https://";
  const std::string kHost = "has a host that is neither a name nor an address";
  const std::string kPort = "has a port that is not 1 to 65535";
  const std::string kDots = "has a segment . or .. in its path";
  const std::string kPath = "has a character or a percent escape that no path may have";
  const std::pair<std::string, std::string> kCases[] = {
      {"", "is empty"},
      {"file:///etc/passwd", kScheme},
      {"ftp://h", kScheme},
      {"api.openai.com/v1", kScheme},
      {"//h/v1", kScheme},
      {"http:/h", kScheme},
      {"javascript:alert(1)", kScheme},
      {" https://h", "has a space"},
      {"https://h/a b", "has a space"},
      {"https://h/\r\nX-Evil: 1", "has a control character"},
      {std::string("https://h/\0x", 12), "has a control character"},
      {"https://h/\x7f", "has a control character"},
      {"https://h\\@evil.example/", "has a backslash"},
      {"https://h/a\\..\\b", "has a backslash"},
      {"https://h\xc3\xa9/", "outside ASCII"},
      {"https://u:p@h/v1", "user info"},
      {"https://u@h", "user info"},
      {"https://@h", "user info"},
      {"https://a@b@h", "user info"},
      {"https://h/v1#x", "fragment"},
      {"https://h#", "fragment"},
      {"https://h/v1?a=b", "query"},
      {"https://h?", "query"},
      {"https://", "has no host"},
      {"https:///v1", "has no host"},
      {"https://:80/v1", "has no host"},
      {"https://h:/v1", kPort},
      {"https://h:0", kPort},
      {"https://h:65536", kPort},
      {"https://h:8o", kPort},
      {"https://h:+80", kPort},
      {"https://h:80:80", kPort},
      {"https://h:999999999999", kPort},
      {"https://[::1", "opening bracket"},
      {"https://[::1]x", "something other than a port"},
      {"https://[127.0.0.1]", "no IPv6 address"},
      {"https://[fe80::1%25eth0]", "no IPv6 address"},
      {"https://::1/", "has no host"},
      {"https://-h", kHost},
      {"https://h-.x", kHost},
      {"https://a..b", kHost},
      {"https://h.", kHost},
      {"https://h%2ex", kHost},
      {"https://127.1", kHost},
      {"https://2130706433", kHost},
      {"https://0x7f000001", kHost},
      {"https://256.1.1.1", kHost},
      {"https://" + std::string(64, 'a'), kHost},
      {"https://h/a/../b", kDots},
      {"https://h/..", kDots},
      {"https://h/./b", kDots},
      {"https://h/%2e%2E/b", kDots},
      {"https://h/.%2e/b", kDots},
      {"https://h/a%2f..%2fb", kDots},
      {"https://h/a%5c..%5Cb", kDots},
      {"https://h/%2", kPath},
      {"https://h/%zz", kPath},
      {"https://h/<x>", kPath},
      {"https://h/\"", kPath},
      {"https://h/" + std::string(2048, 'a'), "longer than 2048 bytes"},
  };
  for (const auto& [url, problem] : kCases) {
    SCOPED_TRACE(url);
    const absl::StatusOr<BaseUrl> parsed = ParseBaseUrl(url);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(parsed.status().message());
    EXPECT_THAT(message, HasSubstr("base_url \""));
    EXPECT_THAT(message, HasSubstr(problem));
    EXPECT_EQ(message.find_first_of("\r\n"), std::string::npos);
    EXPECT_LT(message.size(), 300u);
  }
}

TEST(ParseBaseUrl, NamesTheValue) {
  const absl::StatusOr<BaseUrl> parsed = ParseBaseUrl("https://api.example.com:0/v1");
  EXPECT_THAT(std::string(parsed.status().message()),
              HasSubstr("\"https://api.example.com:0/v1\""));
}

TEST(ParseBaseUrl, NeverShowsUserInfoOrQuery) {
  for (const std::string url : {
           "https://user:canary@h/v1",
           "https://canary@h",
           "https://user:can?canary@h/v1",
           "https://user:c#canary@h/v1",
           "https://user:canary/x@h/v1",
           "https://x@canary@h",
           "user:canary@h/v1",
           "ftp://user:canary@h/v1",
           "https://user:canary@h/a b",
           "https://user:canary@h\\",
           "https://user:canary@h:0/",
           "https://h/v1?key=canary",
           "https://h/v1#canary",
           "https://h:0/v1?key=canary",
           "https://user@h/v1?key=canary",
           "https://h/v1?key=canary@h",
           "https://h/ ?key=canary",
       }) {
    const absl::StatusOr<BaseUrl> parsed = ParseBaseUrl(url);
    ASSERT_FALSE(parsed.ok()) << url;
    EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace sluice::wire
