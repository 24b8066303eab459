#include "dataplane/trace/span_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "dataplane/observe/provider_traffic.h"
#include "dataplane/trace/operation_name.h"

namespace sluice::trace {
namespace {

using nlohmann::json;
using observe::RequestRecord;

constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kError = 2;
constexpr size_t kMostText = 128;
constexpr size_t kMostPath = 1024;
constexpr char kSchema[] = "https://opentelemetry.io/schemas/1.37.0";
constexpr std::string_view kQualities[] = {"complete", "partial", "estimated", "unmetered"};

static_assert(std::size(kQualities) == observe::kUsageQualities);

// Never throws, whatever bytes a peer made a name of.
std::string Dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// 64-bit numbers are texts in this form.
class Attributes {
 public:
  void Text(const char* key, std::string_view value, size_t most = kMostText) {
    if (value.empty()) return;
    Add(key, json{{"stringValue", std::string(value.substr(0, most))}});
  }
  void Number(const char* key, int64_t value) {
    Add(key, json{{"intValue", std::to_string(value)}});
  }
  json Take() && { return std::move(list_); }

 private:
  void Add(const char* key, json value) {
    list_.push_back(json{{"key", key}, {"value", std::move(value)}});
  }
  json list_ = json::array();
};

std::string_view MethodOf(const RequestRecord& record) {
  const auto* const last = observe::kMethodNames.end() - 1;  // "other"
  return std::find(observe::kMethodNames.begin(), last, record.method) == last
             ? std::string_view("_OTHER")
             : std::string_view(record.method);
}

// The method, as a part of a span's name.
std::string_view NameOf(std::string_view method) { return method == "_OTHER" ? "HTTP" : method; }

std::string ServerName(const RequestRecord& record, std::string_view operation) {
  const std::string& model = record.trace->request_model;
  if (!operation.empty() && !model.empty()) return base::Cat(operation, " ", model);
  const std::string_view method = NameOf(MethodOf(record));
  if (record.provider.empty()) return std::string(method);
  return base::Cat(method, " /p/", record.provider);
}

// What went wrong for the client; empty: nothing, or it was the client itself.
std::string ServerError(const RequestRecord& record) {
  if (!record.reason.empty()) return std::string(record.reason);
  if (record.outcome.failed == http::Side::kDownstream) return "client_disconnected";
  if (record.outcome.failed.has_value()) return "upstream_failed";
  return record.outcome.status >= 500 ? std::to_string(record.outcome.status) : "";
}

// What a client did wrong is no failure of the server; an answer that was cut is.
bool IsServerFailure(const RequestRecord& record) {
  const auto& failed = record.outcome.failed;
  const bool cut = failed.has_value() && failed != http::Side::kDownstream;
  return record.outcome.status >= 500 || (cut && record.outcome.status < 400);
}

// As the one who asked the provider sees it.
std::string ClientError(const RequestRecord& record) {
  if (record.outcome.failed == http::Side::kUpstream) return ServerError(record);
  const bool answered = record.times.first_byte.has_value();
  return answered && record.outcome.status >= 400 ? std::to_string(record.outcome.status) : "";
}

std::string UnixNanos(const RequestRecord& record, int64_t since_begin_us) {
  const absl::Time begin = record.ended_at - absl::Microseconds(record.times.total);
  return std::to_string(absl::ToUnixNanos(begin + absl::Microseconds(since_begin_us)));
}

json Span(const RequestRecord& record, const http::SpanId& id,
          const std::optional<http::SpanId>& parent, int kind, std::string name) {
  json span{{"traceId", http::Hex(record.trace->trace_id)},
            {"spanId", http::Hex(id)},
            {"name", std::move(name)},
            {"kind", kind}};
  if (parent.has_value()) span["parentSpanId"] = http::Hex(*parent);
  return span;
}

void AddModel(const RequestRecord& record, std::string_view operation, Attributes& attributes) {
  attributes.Text("gen_ai.provider.name", record.trace->provider_name);
  attributes.Text("gen_ai.operation.name", operation);
  attributes.Text("gen_ai.request.model", record.trace->request_model);
  attributes.Text("gen_ai.response.model", record.trace->response_model);
  if (record.quality == observe::UsageQuality::kUnmetered) return;
  attributes.Number("gen_ai.usage.input_tokens", record.tokens.input);
  attributes.Number("gen_ai.usage.output_tokens", record.tokens.output);
}

json ServerSpan(const RequestRecord& record, std::string_view node) {
  const std::string_view operation = OperationOf(record.method, record.path);
  json span = Span(record, record.trace->span_id, record.trace->parent_id, kServer,
                   ServerName(record, operation));
  Attributes attributes;
  attributes.Text("http.request.method", MethodOf(record));
  attributes.Text("url.path", record.path, kMostPath);
  if (record.outcome.status != 0) {
    attributes.Number("http.response.status_code", record.outcome.status);
  }
  attributes.Text("error.type", ServerError(record));
  AddModel(record, operation, attributes);
  attributes.Text("sluice.node", node);
  attributes.Text("sluice.request_id", record.request_id);
  attributes.Text("sluice.client_key.id", record.client_key_id);
  attributes.Text("sluice.provider", record.provider);
  attributes.Text("sluice.quality", kQualities[static_cast<size_t>(record.quality)]);
  attributes.Number("sluice.revision", record.revision);
  span["startTimeUnixNano"] = UnixNanos(record, 0);
  span["endTimeUnixNano"] = UnixNanos(record, record.times.total);
  span["attributes"] = std::move(attributes).Take();
  if (IsServerFailure(record)) span["status"] = json{{"code", kError}};
  return span;
}

json ClientSpan(const RequestRecord& record) {
  const std::string_view method = MethodOf(record);
  json span = Span(record, record.trace->upstream_span_id, record.trace->span_id, kClient,
                   std::string(NameOf(method)));
  Attributes attributes;
  attributes.Text("http.request.method", method);
  attributes.Text("server.address", record.trace->server_address);
  if (record.trace->server_port != 0) attributes.Number("server.port", record.trace->server_port);
  if (record.times.first_byte.has_value() && record.outcome.status != 0) {
    attributes.Number("http.response.status_code", record.outcome.status);
  }
  if (record.tries > 1) attributes.Number("http.request.resend_count", record.tries - 1);
  const std::string error = ClientError(record);
  attributes.Text("error.type", error);
  attributes.Text("sluice.provider_key.id", record.provider_key_id);
  if (record.times.connect.has_value()) {
    attributes.Number("sluice.connect_us", *record.times.connect);
  }
  if (record.times.first_byte.has_value()) {
    attributes.Number("sluice.first_byte_us", *record.times.first_byte);
  }
  span["startTimeUnixNano"] = UnixNanos(record, record.times.admitted.value_or(0));
  span["endTimeUnixNano"] = UnixNanos(record, record.times.total);
  span["attributes"] = std::move(attributes).Take();
  if (!error.empty()) span["status"] = json{{"code", kError}};
  return span;
}

}  // namespace

std::vector<std::string> SpanTexts(const RequestRecord& record, std::string_view node) {
  std::vector<std::string> texts;
  texts.push_back(Dumped(ServerSpan(record, node)));
  if (record.tries > 0) texts.push_back(Dumped(ClientSpan(record)));
  return texts;
}

std::string ExportText(const Resource& resource, const std::vector<std::string>& spans) {
  Attributes attributes;
  attributes.Text("service.name", "sluice-dataplane");
  attributes.Text("service.instance.id", resource.node);
  attributes.Text("service.version", resource.version);
  const json who{{"attributes", std::move(attributes).Take()}};
  const json scope{{"name", "sluice-dataplane"}, {"version", resource.version}};
  std::string text = base::Cat(R"({"resourceSpans":[{"resource":)", Dumped(who),
                               R"(,"scopeSpans":[{"scope":)", Dumped(scope), R"(,"spans":[)");
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0) text += ',';
    text += spans[i];
  }
  text += base::Cat(R"(],"schemaUrl":")", kSchema, R"("}]}]})");
  return text;
}

}  // namespace sluice::trace
