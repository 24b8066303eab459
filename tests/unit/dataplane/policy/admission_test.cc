#include "dataplane/policy/admission.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

class Admission : public testing::Test {
 protected:
  Admission() {
    gateway_.AddProvider("openai", "openai");
    gateway_.AddProvider("openai-east", "openai", "https://east.example/openai/v1");
    gateway_.AddProvider("gemini", "gemini");
    gateway_.AddProvider("ollama", "ollama");
    gateway_.AddProvider("off", "openai").set_enabled(false);
    gateway_.AddProvider("small", "openai").set_max_body_bytes(10);
    gateway_.AddProvider("raw", "custom", "https://raw.example").set_strip_v1(false);
  }

  Decision<Route> Ask(const http::RequestHead& request) {
    return Admit(*gateway_.Build(), request, kNow);
  }
  // With a good key.
  std::string Get(std::string_view target) {
    snapshot_ = gateway_.Build();
    return Outcome(
        Admit(*snapshot_, Request("GET", std::string(target), {{"x-api-key", app_}}), kNow));
  }
  std::string Anonymous(std::string_view method, std::string_view target) {
    return Outcome(Ask(Request(std::string(method), std::string(target))));
  }
  std::string MessageOf(std::string_view target, const std::string& key) {
    Decision<Route> decision = Ask(Request("GET", std::string(target), {{"x-api-key", key}}));
    return Refused(decision) ? Refused(decision)->message : "admitted";
  }

  Gateway gateway_;
  std::string app_ = gateway_.AddClientKey("app");
  std::string narrow_ = gateway_.AddClientKey("narrow", {"openai", "gemini", "off"});
  std::string nothing_ = gateway_.AddClientKey("nothing", {"off"});
  std::shared_ptr<const config::Snapshot> snapshot_;
};

TEST_F(Admission, Rule1_1_SevenMethods) {
  for (std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_EQ(Outcome(Ask(Request(method, "/p/openai/x", {{"x-api-key", app_}}))), "/v1/x");
  }
  for (std::string method : {"get", "TRACE", "CONNECT", "PROPFIND", "GETX", ""}) {
    Decision<Route> decision = Ask(Request(method, "/p/openai/x", {{"x-api-key", app_}}));
    EXPECT_EQ(Outcome(decision), "405 method_not_allowed") << method;
    EXPECT_EQ(Refused(decision)->allow, "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS");
    EXPECT_EQ(Refused(decision)->type, http::kTypeInvalidRequest);
  }
}

TEST_F(Admission, Rule1_2_ProviderIsAnInstanceByName) {
  EXPECT_EQ(Get("/p/openai/v1/models"), "/v1/models");
  EXPECT_EQ(Get("/p/openai-east/v1/models"), "/openai/v1/models");
  for (std::string_view target : {"/p/OpenAI/x", "/p/openai%2Deast/x", "/p/openai-west/x",
                                  "/p/custom/x", "/p/off/x", "/p//x", "/p/", "/p/openai#/x"}) {
    EXPECT_EQ(Get(target), "400 provider_not_enabled") << target;
  }
}

TEST_F(Admission, Rule1_2_TheRouteSaysWhoAndWhere) {
  snapshot_ = gateway_.Build();
  Decision<Route> decision = Admit(
      *snapshot_, Request("POST", "/p/ollama/v1/api/chat?a=1", {{"x-api-key", narrow_}}), kNow);
  EXPECT_EQ(Outcome(decision), "400 provider_not_enabled");
  decision =
      Admit(*snapshot_, Request("POST", "/p/ollama/v1/api/chat?a=1", {{"x-api-key", app_}}), kNow);
  ASSERT_FALSE(Refused(decision));
  const Route& route = std::get<Route>(decision);
  EXPECT_EQ(route.provider->name, "ollama");
  EXPECT_EQ(route.client_key->name, "app");
  EXPECT_EQ(route.endpoint, "api/chat");
  EXPECT_EQ(route.path_and_query, "/api/chat?a=1");
  ASSERT_NE(route.auth, nullptr);
  EXPECT_EQ(route.auth->header, "Authorization");
}

TEST_F(Admission, Rule1_3_GeminisRoots) {
  EXPECT_EQ(Get("/p/gemini/v1beta/models/g:streamGenerateContent?alt=sse"),
            "/v1beta/models/g:streamGenerateContent?alt=sse");
  EXPECT_EQ(Get("/p/gemini/models/g%2Ff:x"), "/v1beta/models/g/f:x");
  EXPECT_EQ(Get("/p/gemini/upload/v1beta/files"), "/upload/v1beta/files");
}

TEST_F(Admission, Rule1_5_EndpointIsRequired) {
  for (std::string_view target : {"/p/openai", "/p/openai/", "/p/openai/v1", "/p/openai/v1/",
                                  "/p/openai?x=1", "/p/openai/?x=1", "/p/openai/v1?x"}) {
    EXPECT_EQ(Get(target), "400 endpoint_required") << target;
  }
}

TEST_F(Admission, Rule1_5_AliasIsASetting) {
  gateway_.configuration().mutable_settings()->set_allow_passthrough_v1_alias(false);
  EXPECT_EQ(Get("/p/openai/v1/models"), "400 v1_alias_disabled");
  EXPECT_EQ(Get("/p/openai/v1"), "400 v1_alias_disabled");
  EXPECT_EQ(Get("/p/openai/models"), "/v1/models");
  EXPECT_EQ(Get("/p/raw/v1/models"), "/v1/models");
}

TEST_F(Admission, Rule1_6_InvalidPaths) {
  for (std::string_view target :
       {"/p/openai/../x", "/p/openai/v1/%2e%2E/x", "/p/openai/x%00", "/p/openai/x%2",
        "/p/openai/x#y", "/p/openai/x\\y", "/p/openai/x?a#b", "/p/openai/x?a\x01", "*",
        "https://api.openai.com/p/openai/x"}) {
    EXPECT_EQ(Get(target), "400 invalid_path") << target;
  }
}

TEST_F(Admission, Rule1_7_QueryGoesVerbatimButForCredentials) {
  EXPECT_EQ(Get("/p/openai/x?b=2&a=&b=%zz&&key=mine?"), "/v1/x?b=2&a=&b=%zz&&key=mine?");
  EXPECT_EQ(Get("/p/openai/x?"), "/v1/x?");
  EXPECT_EQ(Get("/p/openai/x?&"), "/v1/x?&");
  EXPECT_EQ(Get("/p/openai/x?key=" + app_), "/v1/x");
  EXPECT_EQ(Get("/p/openai/x?a=1&key=" + app_ + "&&b"), "/v1/x?a=1&&b");
  EXPECT_EQ(Get("/p/gemini/x?key=foreign&alt=sse"), "/v1beta/x?alt=sse");
  EXPECT_EQ(Get("/p/gemini/x?key=foreign"), "/v1beta/x");
}

TEST_F(Admission, Rule1_8_RouteOffComesBeforeEverything) {
  gateway_.configuration().mutable_settings()->set_enable_passthrough_routes(false);
  for (std::string_view target : {"/p/openai/x", "/p/openai", "/p/none/../x", "/p/"}) {
    EXPECT_EQ(Anonymous("TRACE", target), "404 passthrough_disabled") << target;
    EXPECT_EQ(Get(target), "404 passthrough_disabled") << target;
  }
  EXPECT_EQ(Anonymous("GET", "/other"), "404 unknown_route");
}

TEST_F(Admission, Rule2_OrderOfTheAnswers) {
  EXPECT_EQ(Anonymous("TRACE", "/p/none/../x"), "405 method_not_allowed");
  EXPECT_EQ(Anonymous("GET", "/p/none/../x"), "401 missing_api_key");
  EXPECT_EQ(Get("/p/none/../x"), "400 provider_not_enabled");
  EXPECT_EQ(Get("/p/off/v1"), "400 provider_not_enabled");
  http::RequestHead request = Request("POST", "/p/small/../x", {{"x-api-key", app_}});
  request.framing = http::Framing::Length(11);
  EXPECT_EQ(Outcome(Ask(request)), "400 invalid_path");
}

TEST_F(Admission, Rule2_WithoutACredentialNothingIsLearned) {
  for (std::string_view key : {"", "slk_wrong", "foreign"}) {
    std::set<std::string> answers;
    for (std::string target : {"/p/openai/x", "/p/none/x", "/p/off/x", "/p/openai", "/p/openai/..",
                               "/p/ollama/api/pull", "/p/", "/p/small/x?a#b"}) {
      Fields fields;
      if (!key.empty()) fields = {{"x-api-key", std::string(key)}};
      http::RequestHead request = Request("POST", target, fields);
      request.framing = http::Framing::Length(uint64_t{1} << 40);
      Decision<Route> decision = Ask(request);
      ASSERT_TRUE(Refused(decision)) << target;
      answers.insert(Outcome(decision) + Refused(decision)->message);
    }
    EXPECT_EQ(answers.size(), 1u) << key;
  }
}

TEST_F(Admission, Rule5_ProviderNotEnabledListsThoseOfTheKey) {
  EXPECT_EQ(MessageOf("/p/off/x", narrow_),
            "provider passthrough for \"off\" is not enabled; currently enabled providers: gemini, "
            "openai");
  EXPECT_EQ(MessageOf("/p/ollama/x", narrow_),
            "provider passthrough for \"ollama\" is not enabled; currently enabled providers: "
            "gemini, openai");
  EXPECT_EQ(MessageOf("/p/x/x", app_),
            "provider passthrough for \"x\" is not enabled; currently enabled providers: gemini, "
            "ollama, openai, openai-east, raw, small");
  EXPECT_EQ(
      MessageOf("/p/openai/x", nothing_),
      "provider passthrough for \"openai\" is not enabled; currently enabled providers: none");
}

TEST_F(Admission, Rule5_ProviderIsQuotedSafely) {
  EXPECT_EQ(MessageOf("/p/a%22\"\\\x01\xff b<c>/x", nothing_),
            "provider passthrough for \"a%22???? b<c>\" is not enabled; currently enabled "
            "providers: none");
  EXPECT_EQ(MessageOf("/p/" + std::string(5000, 'a') + "/x", nothing_),
            "provider passthrough for \"" + std::string(64, 'a') +
                "...\" is not enabled; currently enabled providers: none");
}

TEST_F(Admission, Rule5_DeniedEndpoints) {
  for (std::string_view target :
       {"/p/ollama/api/pull", "/p/ollama/v1/api/pull", "/p/ollama/api%2Fpul%6c",
        "/p/ollama//api/pull", "/p/ollama/api/blobs/sha256:00", "/p/ollama/api/delete/?x"}) {
    EXPECT_EQ(Get(target), "403 permission_denied") << target;
  }
  Decision<Route> decision = Ask(Request("GET", "/p/ollama/api/pull", {{"x-api-key", app_}}));
  EXPECT_EQ(Refused(decision)->type, http::kTypeAuthentication);
  EXPECT_EQ(Get("/p/ollama/api/tags"), "/api/tags");
}

TEST_F(Admission, Rule5_BodyOverTheLimitByLength) {
  const auto snapshot = gateway_.Build();
  const Decision<Route> decision =
      Admit(*snapshot, Request("POST", "/p/small/x", {{"x-api-key", app_}}), kNow);
  ASSERT_EQ(Outcome(decision), "/v1/x");
  const Route& route = std::get<Route>(decision);
  EXPECT_FALSE(CheckLength(route, http::Framing::Length(10)).has_value());
  EXPECT_FALSE(CheckLength(route, http::Framing::Chunked()).has_value());
  const auto refused = CheckLength(route, http::Framing::Length(11));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 413);
  EXPECT_EQ(refused->code, "request_too_large");
  EXPECT_EQ(refused->type, http::kTypeInvalidRequest);
  EXPECT_EQ(refused->message, "the request body is over the limit of 10 bytes");
}

TEST_F(Admission, Rule2_WhatAKeyMayAskForComesAfterThePath) {
  const std::string scoped = gateway_.AddClientKey("scoped");
  config::v1::ClientKey& key =
      *gateway_.configuration()
           .mutable_client_keys(gateway_.configuration().client_keys_size() - 1)
           ->mutable_key();
  key.add_methods("POST");
  key.add_endpoints("chat/**");
  const auto ask = [&](const char* method, const char* target) {
    return Outcome(Ask(Request(method, target, {{"x-api-key", scoped}})));
  };
  EXPECT_EQ(ask("POST", "/p/openai/v1/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(ask("GET", "/p/openai/chat/completions"), "403 permission_denied");
  EXPECT_EQ(ask("POST", "/p/openai/embeddings"), "403 permission_denied");
  EXPECT_EQ(ask("GET", "/p/openai/a/../b"), "400 invalid_path");
  EXPECT_EQ(ask("GET", "/p/none/x"), "400 provider_not_enabled");
  EXPECT_EQ(ask("POST", "/p/openai/chat/%2e%2e/files"), "400 invalid_path");
}

}  // namespace
}  // namespace sluice::policy
