#include "tests/support/emulator/request_log.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Time(double ms) { return ms < 0 ? Json() : Json(ms); }

// Bytes that are not UTF-8 cannot stand in JSON; the exact ones are in head_base64.
std::string Printable(std::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return printable;
}

Json FieldsJson(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const Field& field : fields)
    list.push_back(Json::array({Printable(field.name), Printable(field.value)}));
  return list;
}

Json BodyJson(const RequestRecord& record) {
  return {{"framing", FramingName(record.framing)}, {"bytes", record.body_bytes},
          {"sha256", record.body_sha256},           {"complete", record.complete},
          {"chunk_sizes", record.chunk_sizes},      {"trailers", FieldsJson(record.trailers)}};
}

Json AnswerJson(const RequestRecord& record) {
  return {{"status", record.answer_status},
          {"bytes", record.answer_bytes},
          {"end", record.answer_end},
          {"begun_ms", Time(record.answer_ms)},
          {"ended_ms", Time(record.answer_end_ms)}};
}

Json RequestJson(const RequestRecord& record) {
  const bool closed = record.client_closed_ms >= 0;
  return {{"id", record.id},
          {"connection", record.connection},
          {"method", record.head.method},
          {"target", Printable(record.head.target)},
          {"version", record.head.version},
          {"headers", FieldsJson(record.head.fields)},
          {"head_base64", Base64(record.head.raw)},
          {"flags", record.flags},
          {"preset", record.preset},
          {"shape", record.shape},
          {"auth",
           {{"ok", record.auth_ok}, {"header", record.auth_header}, {"key_tail", record.key_tail}}},
          {"body", BodyJson(record)},
          {"answer", AnswerJson(record)},
          {"head_ms", Time(record.head_ms)},
          {"body_ms", Time(record.body_ms)},
          {"client_closed_ms", Time(record.client_closed_ms)},
          {"closed_after_ms", closed ? Json(record.client_closed_ms - record.head_ms) : Json()}};
}

Json ConnectionJson(const ConnectionRecord& record) {
  return {{"id", record.id},
          {"state", record.state},
          {"requests", record.requests},
          {"bytes_in", record.bytes_in},
          {"bytes_out", record.bytes_out},
          {"opened_ms", record.opened_ms},
          {"client_closed_ms", Time(record.client_closed_ms)},
          {"client_reset", record.client_reset},
          {"closed_ms", Time(record.closed_ms)}};
}

}  // namespace

double RequestLog::NowMs() const {
  const auto since = std::chrono::steady_clock::now() - start_;
  return std::chrono::duration<double, std::milli>(since).count();
}

std::shared_ptr<ConnectionRecord> RequestLog::AddConnection() {
  auto record = std::make_shared<ConnectionRecord>();
  record->opened_ms = NowMs();
  absl::MutexLock lock(&mutex_);
  record->id = ++connection_count_;
  open_.push_back(record);
  return record;
}

std::shared_ptr<RequestRecord> RequestLog::AddRequest(RequestRecord record) {
  auto kept = std::make_shared<RequestRecord>(std::move(record));
  kept->head_ms = NowMs();
  absl::MutexLock lock(&mutex_);
  kept->id = ++request_count_;
  if (kept_ == 0) return kept;
  requests_.push_back(kept);
  if (requests_.size() > kept_) requests_.pop_front();
  return kept;
}

void RequestLog::Update(const std::function<void()>& change) {
  absl::MutexLock lock(&mutex_);
  change();
}

void RequestLog::CloseConnection(const std::shared_ptr<ConnectionRecord>& connection) {
  absl::MutexLock lock(&mutex_);
  connection->closed_ms = NowMs();
  connection->state = "closed";
  // Newest last, and short-lived connections are the ones that close most.
  const auto at = std::find(open_.rbegin(), open_.rend(), connection);
  if (at != open_.rend()) {
    std::swap(*at, open_.back());
    open_.pop_back();
  }
  if (kept_ == 0) return;
  closed_.push_back(connection);
  if (closed_.size() > kept_) closed_.pop_front();
}

Json RequestLog::Requests(size_t last, const std::string& path) const {
  absl::MutexLock lock(&mutex_);
  std::vector<const RequestRecord*> chosen;
  for (auto it = requests_.rbegin(); it != requests_.rend() && chosen.size() < last; ++it) {
    if (path.empty() || Contains((*it)->head.target, path)) chosen.push_back(it->get());
  }
  Json list = Json::array();
  for (auto it = chosen.rbegin(); it != chosen.rend(); ++it) list.push_back(RequestJson(**it));
  return {{"now_ms", NowMs()}, {"received", request_count_}, {"requests", std::move(list)}};
}

std::optional<Json> RequestLog::Request(uint64_t id) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& record : requests_) {
    if (record->id != id) continue;
    Json json = RequestJson(*record);
    json["body"]["raw_base64"] = Base64(record->raw_body);
    return json;
  }
  return std::nullopt;
}

void RequestLog::ForgetRequests() {
  absl::MutexLock lock(&mutex_);
  requests_.clear();
}

Json RequestLog::Connections() const {
  absl::MutexLock lock(&mutex_);
  Json list = Json::array();
  for (const auto& record : closed_) list.push_back(ConnectionJson(*record));
  for (const auto& record : open_) list.push_back(ConnectionJson(*record));
  std::sort(list.begin(), list.end(),
            [](const Json& a, const Json& b) { return a["id"] < b["id"]; });
  return {{"now_ms", NowMs()},
          {"open", open_.size()},
          {"accepted", connection_count_},
          {"connections", std::move(list)}};
}

}  // namespace sluice::emulator
