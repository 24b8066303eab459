#include "tests/bench/micro/sample_messages.h"

#include "common/base/text.h"

namespace sluice::bench {

policy::Fields ClientFields(const std::string& key, size_t count) {
  policy::Fields fields = {
      {"Host", "gateway.example"},
      {"Accept", "application/json"},
      {"Accept-Encoding", "gzip, deflate"},
      {"Authorization", base::Cat("Bearer ", key)},
      {"Content-Type", "application/json"},
      {"User-Agent", "AsyncOpenAI/Python 1.99.0"},
      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"Content-Length", "1234"},
  };
  while (fields.size() < count) {
    fields.emplace_back(base::Cat("X-Client-Field-", std::to_string(fields.size())),
                        "something of twenty-four");
  }
  return fields;
}

std::string RequestText(const std::string& key, size_t count) {
  std::string text = "POST /p/openai/v1/chat/completions HTTP/1.1\r\n";
  for (const auto& [name, value] : ClientFields(key, count)) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text.append("\r\n");
}

std::string AnswerText() {
  return "HTTP/1.1 200 OK\r\n"
         "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
         "Content-Type: text/event-stream; charset=utf-8\r\n"
         "Transfer-Encoding: chunked\r\n"
         "Connection: keep-alive\r\n"
         "Cache-Control: no-cache\r\n"
         "Server: provider\r\n"
         "openai-organization: example\r\n"
         "openai-processing-ms: 321\r\n"
         "openai-version: 2020-10-01\r\n"
         "x-ratelimit-limit-requests: 10000\r\n"
         "x-ratelimit-remaining-requests: 9999\r\n"
         "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "\r\n";
}

}  // namespace sluice::bench
