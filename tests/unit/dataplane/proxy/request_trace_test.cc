#include "dataplane/proxy/request_trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sluice::proxy {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

http::HeaderList Sent(const std::string& flags) {
  http::HeaderList headers;
  headers.Add("traceparent", std::string("00-") + kTrace + "-" + kSpan + "-" + flags);
  return headers;
}

http::TraceContext Told(const RequestTrace& trace) {
  const auto context = http::ParseTraceparent(trace.fields().traceparent);
  EXPECT_TRUE(context.has_value()) << trace.fields().traceparent;
  return context.value_or(http::TraceContext());
}

TEST(RequestTraceTest, AClientsTraceGoesOnWithItsFlags) {
  for (const std::string flags : {"00", "01", "02", "03"}) {
    const RequestTrace trace(Sent(flags), flags == "00" ? 1 : 0);
    const http::TraceContext told = Told(trace);
    EXPECT_EQ(http::Hex(told.trace_id), kTrace);
    EXPECT_NE(http::Hex(told.span_id), kSpan);
    EXPECT_TRUE(trace.fields().traceparent.ends_with("-" + flags));
    EXPECT_FALSE(trace.fields().begins_here);
    EXPECT_EQ(trace.sampled(), flags == "01" || flags == "03") << "whatever the share here is";
    const auto note = trace.Note("", "", nullptr);
    ASSERT_TRUE(note->parent_id.has_value());
    EXPECT_EQ(http::Hex(*note->parent_id), kSpan);
    EXPECT_EQ(note->upstream_span_id, told.span_id);
    EXPECT_NE(note->span_id, told.span_id);
  }
}

TEST(RequestTraceTest, WithoutOneThatCanBeReadATraceBegins) {
  http::HeaderList bad;
  bad.Add("traceparent", std::string("00-") + kTrace + "-" + kSpan + "-zz");
  http::HeaderList two = Sent("01");
  two.Add("Traceparent", "x");
  for (const http::HeaderList& headers : {http::HeaderList(), bad, two}) {
    const RequestTrace trace(headers, 1);
    EXPECT_NE(http::Hex(Told(trace).trace_id), kTrace);
    EXPECT_TRUE(trace.fields().begins_here);
    EXPECT_TRUE(trace.sampled());
    EXPECT_FALSE(trace.Note("", "", nullptr)->parent_id.has_value());
  }
}

TEST(RequestTraceTest, IdsAreNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const RequestTrace trace({}, 1);
    const auto note = trace.Note("", "", nullptr);
    EXPECT_TRUE(seen.insert(http::Hex(note->trace_id)).second);
    EXPECT_TRUE(seen.insert(http::Hex(note->span_id)).second);
    EXPECT_TRUE(seen.insert(http::Hex(note->upstream_span_id)).second);
  }
}

TEST(RequestTraceTest, TheShareIsKept) {
  const auto sampled = [](double share) {
    int count = 0;
    for (int i = 0; i < 2000; ++i) count += RequestTrace({}, share).sampled() ? 1 : 0;
    return count;
  };
  EXPECT_EQ(sampled(0), 0);
  EXPECT_EQ(sampled(1), 2000);
  // Ten standard deviations to either side.
  EXPECT_NEAR(sampled(0.25), 500, 194);
}

TEST(RequestTraceTest, ItsNoteSaysWhereItWent) {
  config::ProviderEntry provider;
  provider.telemetry_name = "x_ai";
  provider.base = {"https", "[2001:db8::1]", 8443, true, "/v1"};
  const auto note = RequestTrace({}, 1).Note("asked", "answered", &provider);
  EXPECT_EQ(note->request_model, "asked");
  EXPECT_EQ(note->response_model, "answered");
  EXPECT_EQ(note->provider_name, "x_ai");
  EXPECT_EQ(note->server_address, "2001:db8::1");
  EXPECT_EQ(note->server_port, 8443);
}

}  // namespace
}  // namespace sluice::proxy
