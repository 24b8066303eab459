#include "dataplane/upstream/multi_shard.h"

#include "common/base/check.h"
#include "dataplane/upstream/connection.h"

namespace sluice::upstream {

MultiShard::MultiShard(event::Loop& loop, SocketTable& sockets, size_t index, Callbacks callbacks)
    : loop_(loop),
      sockets_(sockets),
      index_(index),
      callbacks_(std::move(callbacks)),
      multi_(curl_multi_init()),
      timer_(loop.timers(), [this] { Drive(CURL_SOCKET_TIMEOUT, 0); }),
      idle_since_(loop.now()) {
  SLUICE_CHECK(multi_ != nullptr, "libcurl cannot allocate a multi handle");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &MultiShard::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &MultiShard::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kShardConnections));
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

MultiShard::~MultiShard() { curl_multi_cleanup(multi_); }

bool MultiShard::Add(CURL* easy) {
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) return false;
  ++active_;
  return true;
}

void MultiShard::Taken() {
  if (--active_ == 0) idle_since_ = loop_.now();
  callbacks_.on_room(index_);
}

void MultiShard::Remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  Taken();
}

void MultiShard::Drive(curl_socket_t fd, int ready_bits) {
  if (fd == CURL_SOCKET_TIMEOUT) {
    due_ = false;
    timer_.Cancel();
  }
  int still_running = 0;
  curl_multi_socket_action(multi_, fd, ready_bits, &still_running);
  ReadMessages();
}

void MultiShard::ReadMessages() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode result = message->data.result;
    char* connection = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &connection);
    reinterpret_cast<Connection*>(connection)->OnDone(result);
  }
}

int MultiShard::OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
  auto* shard = static_cast<MultiShard*>(self);
  shard->sockets_.SetInterest(easy, fd, shard, what);
  return 0;
}

int MultiShard::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto* shard = static_cast<MultiShard*>(self);
  if (timeout_ms < 0) {
    shard->timer_.Cancel();
    shard->due_ = false;
  } else if (timeout_ms == 0) {
    shard->timer_.Cancel();
    if (shard->due_) return 0;
    shard->due_ = true;
    shard->callbacks_.on_due(shard);
  } else {
    // The clock is read anew: libcurl reckons from now, not from the beginning of the turn.
    shard->due_ = false;
    shard->timer_.Set(std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms));
  }
  return 0;
}

}  // namespace sluice::upstream
