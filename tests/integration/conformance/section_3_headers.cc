// docs/PASSTHROUGH.md 3.1, 3.3, 3.4 and 3.5: which header fields a provider gets.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

// Fields that arrive as they were sent.
Case Kept(const std::string& name, const Fields& fields) {
  return RequestHeader("3.1 " + name, fields, fields);
}

// Fields that end at the gateway, between two that do not.
Case Ends(const std::string& name, const Fields& fields) {
  Fields sent = {"X-Before: 1"};
  sent.insert(sent.end(), fields.begin(), fields.end());
  sent.push_back("X-Behind: 2");
  return RequestHeader("3.3 " + name, sent, {"X-Before: 1", "X-Behind: 2"});
}

Case Ending(Case test) { return Closing(std::move(test)); }

// The client's X-Request-Id, which is the answer's too.
Case OwnId(const std::string& name, const std::string& id) {
  Case test = RequestHeader("3.4 " + name, {"X-Request-Id: " + id}, {"X-Request-Id: " + id});
  const std::string made = "{ID}";
  test.received.head.replace(test.received.head.find(made), made.size(), id);
  return test;
}

Case ReplacedId(const std::string& name, const std::string& id) {
  return RequestHeader("3.4 " + name, {"X-Request-Id: " + id}, {"X-Request-Id: {ID}"});
}

Case Version(const std::string& name, const std::string& field) {
  return RequestHeader("3.4 " + name, {field}, {field}, "anthropic");
}

Case Edited(const std::string& name, const Fields& sent, const Fields& received) {
  return RequestHeader("3.5 " + name, sent, received, "edits-requests");
}

Fields Many(int count) {
  Fields fields;
  for (int i = 0; i < count; ++i) {
    fields.push_back("X-Field-" + std::to_string(i) + ": " + std::to_string(i));
  }
  return fields;
}

Cases Kept() {
  return {
      Kept("nothing is added", {}),
      Kept("User-Agent", {"User-Agent: OpenAI/Python 1.2 (x; y)"}),
      Kept("an empty User-Agent", {"User-Agent:"}),
      Kept("Accept", {"Accept: text/event-stream"}),
      Kept("an empty Accept", {"Accept:"}),
      Kept("two Accepts", {"Accept: a/b", "Accept: c/d"}),
      Kept("Accept-Encoding", {"Accept-Encoding: gzip, br;q=0.5"}),
      Kept("Accept-Encoding identity", {"Accept-Encoding: identity"}),
      Kept("Content-Encoding", {"Content-Encoding: gzip"}),
      Kept("Content-Type without a body", {"Content-Type: application/json"}),
      Kept("two Content-Types", {"Content-Type: a/b", "Content-Type: c/d"}),
      Kept("an empty Content-Type", {"Content-Type:"}),
      Kept("anthropic-beta", {"anthropic-beta: a,b", "anthropic-beta: c"}),
      Kept("OpenAI-Beta", {"OpenAI-Beta: assistants=v2", "OpenAI-Organization: org"}),
      Kept("X-Goog-Upload", {"X-Goog-Upload-Protocol: resumable", "X-Goog-Upload-Command: start"}),
      Kept("If-None-Match and Range", {"If-None-Match: \"a\"", "Range: bytes=0-1"}),
      Kept("Referer and Origin", {"Referer: http://a.test/", "Origin: http://a.test"}),
      Kept("spelling", {"x-lower: a", "X-UPPER: B", "x-MiXeD: c"}),
      Kept("order", {"X-C: 1", "X-A: 2", "X-B: 3", "X-C: 4"}),
      Kept("duplicates", {"X-A: 1", "X-A: 1", "x-a: 2"}),
      Kept("an empty value", {"X-Empty:", "X-Behind: a"}),
      Kept("inner white space", {"X-A: a  b\tc"}),
      Kept("marks in a name", {"X!#$%&'*+-.^_`|~1: a"}),
      Kept("marks in a value", {"X-A: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}),
      Kept("colons in a value", {"X-A: a: b: c", "X-B: :", "X-C: ;"}),
      Kept("bytes over 126 in a value", {"X-A: \x80\xc3\xa9\xff"}),
      Kept("a long value", {"X-A: " + std::string(30000, 'v')}),
      Kept("many fields", Many(120)),
      Kept("a name like a known one", {"Hosts: a", "TEA: b", "Cookies: c", "Viae: d"}),
      Kept("Cache-Control and Pragma", {"Cache-Control: no-cache", "Pragma: no-cache"}),
      Kept("traceparent", {"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}),
      Kept("no traceparent", {"TraceParent: 00-x", "traceparent: 00-y"}),
      Kept("tracestate", {"tracestate: a=1,b=2", "traceparent:", "TraceState: c=3"}),
      RequestHeader("3.1 white space around a value goes", {"X-A:   a  ", "X-B:b\t"},
                    {"X-A: a", "X-B: b"}),
      RequestHeader("3.1 white space alone is an empty value", {"X-A:   "}, {"X-A:"}),
  };
}

Cases Ended() {
  return {
      Ends("Connection with a name", {"Connection: X-Hop", "X-Hop: a"}),
      Ends("Connection with several names",
           {"Connection: X-Hop, x-other ,X-THIRD", "X-Hop: a", "X-Other: b", "x-third: c"}),
      Ends("Connection twice",
           {"Connection: X-Hop", "Connection: X-Other", "X-Hop: a", "X-Other: b"}),
      Ends("a name before its Connection", {"X-Hop: a", "Connection: x-hop"}),
      Ends("a named field twice", {"Connection: X-Hop", "X-Hop: a", "X-Hop: b"}),
      Ends("Connection: keep-alive", {"Connection: keep-alive", "Keep-Alive: timeout=5"}),
      Ending(Ends("Connection: close", {"Connection: close"})),
      Ending(Ends("Connection: close and a name", {"Connection: close, X-Hop", "X-Hop: a"})),
      Ends("an empty Connection", {"Connection:"}),
      Ends("Connection of commas", {"Connection: ,, ,"}),
      Ends("Keep-Alive", {"Keep-Alive: 300"}),
      Ends("Proxy-Connection", {"Proxy-Connection: keep-alive"}),
      Ends("Proxy-Authenticate", {"Proxy-Authenticate: Basic"}),
      Ends("any Proxy field", {"Proxy-Something: a", "PROXY-OTHER: b"}),
      Ends("TE", {"TE: trailers"}),
      Ends("Trailer", {"Trailer: X-Checksum"}),
      Ends("Upgrade", {"Upgrade: websocket", "Connection: Upgrade"}),
      Ends("Upgrade to HTTP/2", {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                                 "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"}),
      Ends("Cookie", {"Cookie: a=b; c=d", "cookie: e=f"}),
      Ends("Forwarded", {"Forwarded: for=1.2.3.4"}),
      Ends("X-Forwarded-For", {"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https",
                               "x-forwarded-host: a", "X-Forwarded-Anything: b"}),
      Ends("X-Real-IP", {"X-Real-IP: 1.2.3.4"}),
      Ends("Via", {"Via: 1.1 proxy"}),
      Ends("X-Sluice fields", {"X-Sluice-Request-Id: mine", "x-sluice-anything: a"}),
      Ends("Expect without a body", {"Expect: something"}),
      Through("3.3 Host of the client is replaced",
              Lines({"GET /p/openai/models HTTP/1.1", "X-Before: 1", "Host: evil.test:99",
                     "Authorization: Bearer {KEY}"}),
              Reaches("GET /v1/models", {"X-Before: 1"})),
      Through("3.3 an empty Host is replaced",
              Lines({"GET /p/openai/models HTTP/1.1", "Host:", "api-key: {KEY}"}),
              Reaches("GET /v1/models")),
      Through("3.3 Connection cannot name the provider's credential away",
              Ask("GET /p/openai/models", {"Connection: Authorization, Host, X-Request-Id"}),
              Reaches("GET /v1/models")),
  };
}

Cases Set() {
  return {
      RequestHeader("3.4 anthropic-version where the client sent none", {}, {}, "anthropic"),
      Version("anthropic-version of the client stays", "anthropic-version: 2099-01-01"),
      Version("anthropic-version in another spelling stays", "Anthropic-Version: 2099-01-01"),
      Version("an empty anthropic-version stays", "anthropic-version:"),
      RequestHeader("3.4 other presets add no version", {}, {}, "openai"),
      OwnId("a request id of the client stays", "my-request-1"),
      OwnId("a request id of one character", "x"),
      OwnId("a request id of 128 characters", std::string(128, 'i')),
      OwnId("a request id with marks", "a b/c:d=\"e\"{f}~"),
      ReplacedId("a request id of 129 characters", std::string(129, 'i')),
      ReplacedId("an empty request id", ""),
      ReplacedId("a request id with a tab", "a\tb"),
      ReplacedId("a request id that is not ASCII", "\xc3\xa9"),
      ReplacedId("a request id that is a key", "{KEY}"),
      RequestHeader("3.4 a replaced request id keeps its place and spelling",
                    {"X-A: 1", "x-request-ID: \xc3\xa9", "X-B: 2"},
                    {"X-A: 1", "x-request-ID: {ID}", "X-B: 2"}),
  };
}

Cases EditedByOperator() {
  return {
      Edited("set and add", {}, {"X-Request-Id: {ID}", "X-Set: set", "X-Added: one"}),
      Edited("remove", {"X-Gone: a", "X-Stays: b", "x-gone: c"},
             {"X-Stays: b", "X-Request-Id: {ID}", "X-Set: set", "X-Added: one"}),
      Edited("set replaces all of that name, at the place of the first",
             {"X-A: 1", "x-set: mine", "X-B: 2", "X-Set: mine too"},
             {"X-A: 1", "X-Set: set", "X-B: 2", "X-Request-Id: {ID}", "X-Added: one"}),
      Edited("add leaves what is there", {"X-Added: mine"},
             {"X-Added: mine", "X-Request-Id: {ID}", "X-Set: set", "X-Added: one"}),
      AnswerHeader("3.5 of the answer, set and add", {}, {"X-Set: set", "X-Added: one"},
                   "edits-answers"),
      AnswerHeader("3.5 of the answer, remove", {"X-Gone: a", "X-Stays: b"},
                   {"X-Stays: b", "X-Set: set", "X-Added: one"}, "edits-answers"),
      AnswerHeader("3.5 of the answer, set replaces", {"X-Set: theirs", "X-Behind: a"},
                   {"X-Set: set", "X-Behind: a", "X-Added: one"}, "edits-answers"),
  };
}

}  // namespace

Cases Section3Headers() {
  Cases all;
  for (const Cases& part : {Kept(), Ended(), Set(), EditedByOperator()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace sluice::test
