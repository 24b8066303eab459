#include "dataplane/upstream/transfer.h"

#include <algorithm>
#include <string>

#include "dataplane/upstream/client.h"

namespace sluice::upstream {
namespace {

// Idle connections older than this are not used again: below the idle timeouts of the providers.
constexpr long kMaxIdleSeconds = 30;
// A whole body up to this size goes out in one write with the head.
constexpr size_t kSmallBodyBytes = 32 * 1024;
constexpr long kReceiveBufferBytes = 16 * 1024;

// A repeated request of these methods changes nothing at the provider, so libcurl may send it again
// when a reused connection turns out to be dead.
bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

Transfer::Transfer(Client& client)
    : client_(client),
      timer_(client.loop_.timers(), [this] { OnTimer(); }),
      body_(client.levels_.upload_bytes) {}

Transfer::~Transfer() { curl_easy_cleanup(easy_); }

// A new handle for each request. One that is used again keeps a pointer to the last header of its
// last answer, and libcurl before 8.1 writes there when the next answer begins with a folded line.
bool Transfer::OpenHandle() {
  easy_ = curl_easy_init();
  if (easy_ == nullptr) return false;
  // libcurl's setters are variadic: a mistyped value is a bug, and the tests of the door would show
  // it.
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_SHARE, client_.share_);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Transfer::OnRead);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Transfer::OnPrereq);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  // The client, not the transfer: a connection outlives the transfer that opened it.
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Client::OnOpenSocket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, &client_);
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETFUNCTION, &Client::OnCloseSocket);
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETDATA, &client_);
  return true;
}

void Transfer::Accept(Request request, Observer* observer) {
  request_ = std::move(request);
  observer_ = observer;
  state_ = State::kWaiting;
  body_.Start(request_.buffer_high_bytes, request_.buffer_low_bytes);
  parser_.Start(request_.method == "HEAD");
}

void Transfer::Reset() {
  timer_.Cancel();
  curl_easy_cleanup(easy_);
  easy_ = nullptr;
  body_.Clear();
  observer_ = nullptr;
  shard_ = nullptr;
  state_ = State::kFree;
  failed_ = head_done_ = end_with_head_ = body_whole_ = sending_ = send_paused_ = receive_full_ =
      receive_paused_ = false;
}

bool Transfer::Prepare() {
  if (!OpenHandle()) return false;
  if (curl_easy_setopt(easy_, CURLOPT_URL, request_.origin.c_str()) != CURLE_OK) return false;
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request_.connect_timeout.count()));
  if (curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, request_.target.c_str()) != CURLE_OK)
    return false;
  PrepareBody();
  BuildHeaders();
  return curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.data()) == CURLE_OK;
}

bool Transfer::HasWholeSmallBody() const {
  return request_.framing.kind == http::Framing::Kind::kContentLength && body_.ended() &&
         body_.size() == request_.framing.length && body_.size() <= kSmallBodyBytes;
}

void Transfer::PrepareBody() {
  if (request_.framing.kind == http::Framing::Kind::kNone) {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
    if (request_.method == "HEAD") curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    bool chunked = request_.framing.kind == http::Framing::Kind::kChunked;
    curl_off_t size = chunked ? -1 : static_cast<curl_off_t>(request_.framing.length);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, size);
    body_whole_ = HasWholeSmallBody();
    if (body_whole_) curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body_.view().data());
    end_with_head_ = request_.method == "HEAD";
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::BuildHeaders() {
  header_bytes_.clear();
  std::vector<size_t>& starts = client_.header_starts_;
  starts.clear();
  auto add = [&](std::string_view name, std::string_view separator, std::string_view value) {
    starts.push_back(header_bytes_.size());
    header_bytes_.append(name).append(separator).append(value).push_back('\0');
  };
  bool has_accept = false;
  bool has_content_type = false;
  for (size_t i = 0; i < request_.headers.size(); ++i) {
    http::HeaderList::Field field = request_.headers[i];
    has_accept |= http::NameEquals(field.name, "Accept");
    has_content_type |= http::NameEquals(field.name, "Content-Type");
    // `Name;` is libcurl's way to write a field with an empty value.
    add(field.name, field.value.empty() ? ";" : ": ", field.value);
  }
  // `Name:` alone keeps libcurl from adding its own.
  if (!has_accept) add("Accept", ":", "");
  add("Expect", ":", "");
  if (request_.framing.kind == http::Framing::Kind::kContentLength) {
    add("Content-Length", ": ", std::to_string(request_.framing.length));
  } else if (request_.framing.kind == http::Framing::Kind::kChunked) {
    add("Transfer-Encoding", ": ", "chunked");
  }
  if (!has_content_type) add("Content-Type", ":", "");

  headers_.resize(starts.size());
  for (size_t i = 0; i < starts.size(); ++i) {
    headers_[i].data = header_bytes_.data() + starts[i];
    headers_[i].next = i + 1 < starts.size() ? &headers_[i + 1] : nullptr;
  }
}

http::Flow Transfer::Push(std::string_view bytes) {
  http::Flow flow = body_.Append(bytes);
  UnpauseSend();
  return flow;
}

void Transfer::PushEnd() {
  body_.End();
  UnpauseSend();
  ArmTimer();
}

void Transfer::UnpauseSend() {
  if (!send_paused_ || state_ != State::kRunning) return;
  send_paused_ = false;
  shard_->Pause(easy_, receive_paused_ ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

void Transfer::ResumeResponse() {
  receive_full_ = false;
  ArmTimer();
  if (!receive_paused_ || state_ != State::kRunning) return;
  receive_paused_ = false;
  shard_->Pause(easy_, send_paused_ ? CURLPAUSE_SEND : CURLPAUSE_CONT);
}

std::optional<int64_t> Transfer::ConnectTime() const {
  if (easy_ == nullptr) return std::nullopt;
  long opened = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &opened);
  if (opened == 0) return std::nullopt;
  curl_off_t connected = 0;
  curl_off_t secured = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected);
  curl_easy_getinfo(easy_, CURLINFO_APPCONNECT_TIME_T, &secured);
  // With TLS to come it does not stand yet.
  const bool tls = request_.origin.starts_with("https:");
  const curl_off_t stood = tls ? secured : connected;
  return stood > 0 ? std::optional<int64_t>(stood) : std::nullopt;
}

// While the client is the slow one, its own timers watch; here only the provider's silence counts.
void Transfer::ArmTimer() {
  bool waits_for_client = receive_full_ || (!body_.ended() && body_.empty() && !head_done_);
  if (state_ == State::kFree || state_ == State::kEnded || waits_for_client) {
    timer_.Cancel();
    return;
  }
  bool first_byte = RequestTaken() && !head_done_;
  timer_.Set(client_.loop_.now() +
             (first_byte ? request_.first_byte_timeout : request_.idle_timeout));
}

void Transfer::OnTimer() {
  bool first_byte = RequestTaken() && !head_done_;
  Failure failure = Timeout(first_byte   ? "the first byte of the answer"
                            : head_done_ ? "the next byte of the answer"
                                         : "taking the request");
  if (state_ == State::kRunning) {
    state_ = State::kEnded;
    --client_.running_;
    shard_->Remove(easy_);
  }
  Fail(failure);
}

void Transfer::Fail(const Failure& failure) {
  timer_.Cancel();
  state_ = State::kEnded;
  if (observer_ != nullptr) observer_->OnFailure(failure);
}

void Transfer::Complete(CURLcode code) {
  timer_.Cancel();
  if (observer_ == nullptr) return;
  if (failed_) {
    Failure failure = failure_;  // a copy: the observer may release this transfer while it reads
    return Fail(failure);
  }
  if (end_with_head_ && head_done_) return observer_->OnResponseEnd();
  if (code != CURLE_OK) return Fail(FromCurl(code, sending_));
  if (!head_done_) return Fail(FromCurl(CURLE_GOT_NOTHING, sending_));
  observer_->OnResponseEnd();
}

size_t Transfer::OnHeader(char* bytes, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  size_t total = size * count;
  if (transfer->observer_ == nullptr) return 0;
  if (transfer->head_done_) return total;  // a trailer: dropped
  switch (transfer->parser_.OnLine({bytes, total})) {
    case ResponseParser::Outcome::kMore:
      transfer->ArmTimer();
      return total;
    case ResponseParser::Outcome::kError:
      transfer->failure_ = ProtocolError(transfer->parser_.error());
      transfer->failed_ = true;
      return 0;
    case ResponseParser::Outcome::kHeadComplete:
      break;
  }
  transfer->head_done_ = true;
  transfer->ArmTimer();
  // libcurl would speak HTTP/1.0 itself on a connection that has answered so.
  if (transfer->parser_.http10()) curl_easy_setopt(transfer->easy_, CURLOPT_FORBID_REUSE, 1L);
  // After an error libcurl sends no more of the body, but a paused upload keeps it from ever
  // ending.
  if (transfer->send_paused_ && transfer->parser_.head().status >= 400) {
    transfer->client_.UnpauseLater(transfer);
  }
  transfer->observer_->OnResponseHead(transfer->parser_.head());
  return transfer->observer_ == nullptr || transfer->end_with_head_ ? 0 : total;
}

size_t Transfer::OnBody(char* bytes, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  size_t total = size * count;
  if (transfer->observer_ == nullptr) return 0;
  if (transfer->receive_full_) {
    transfer->receive_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (transfer->observer_->OnResponseBody({bytes, total}) == http::Flow::kFull) {
    transfer->receive_full_ = true;
  }
  if (transfer->observer_ == nullptr) return 0;
  transfer->ArmTimer();
  return total;
}

size_t Transfer::OnRead(char* to, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->observer_ == nullptr) return CURL_READFUNC_ABORT;
  if (transfer->body_.empty()) {
    if (transfer->body_.ended()) return 0;
    transfer->send_paused_ = true;
    transfer->ArmTimer();
    return CURL_READFUNC_PAUSE;
  }
  size_t taken = transfer->body_.Take(to, size * count);
  transfer->ArmTimer();
  if (transfer->body_.TakeDrained()) transfer->observer_->OnRequestDrained();
  return taken;
}

// Called each time libcurl is about to send the request, so a second time only before it silently
// sends again.
int Transfer::OnPrereq(void* self, char*, char*, int, int) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->sending_ && !IsSafe(transfer->request_.method)) return CURL_PREREQFUNC_ABORT;
  transfer->sending_ = true;
  return CURL_PREREQFUNC_OK;
}

}  // namespace sluice::upstream
