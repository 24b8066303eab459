#include "dataplane/upstream/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/check.h"

namespace sluice::upstream {
namespace {

constexpr std::chrono::seconds kSweepInterval{10};
constexpr std::chrono::seconds kIdleShardAge{30};
// Shards that are due again after this many rounds wait for the next turn, so that sockets get
// theirs.
constexpr int kRoundsPerTurn = 8;
constexpr size_t kPooledTransfers = 256;

}  // namespace

Client::Client(event::Loop& loop, http::WorkerLevels& levels)
    : loop_(loop),
      levels_(levels),
      sockets_(loop, levels),
      share_(curl_share_init()),
      end_of_turn_(loop, [this] { EndOfTurn(); }),
      next_turn_(loop.timers(), [this] { end_of_turn_.Schedule(); }),
      sweep_(loop.timers(), [this] { DropIdleShards(); }) {
  SLUICE_CHECK(share_ != nullptr, "libcurl cannot allocate a share handle");
  // One thread, so no locks.
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

Client::~Client() {
  for (auto& transfer : transfers_) {
    transfer->observer_ = nullptr;
    if (transfer->state_ == Transfer::State::kRunning) transfer->shard_->Remove(transfer->easy_);
  }
  transfers_.clear();
  shards_.clear();
  curl_share_cleanup(share_);
}

Transfer* Client::Start(Request request, Observer* observer) {
  Transfer* transfer = nullptr;
  if (free_.empty()) {
    transfers_.push_back(std::unique_ptr<Transfer>(new Transfer(*this)));
    transfer = transfers_.back().get();
    transfer->index_ = transfers_.size() - 1;
  } else {
    transfer = free_.back();
    free_.pop_back();
  }
  transfer->Accept(std::move(request), observer);
  waiting_.push_back(transfer);
  end_of_turn_.Schedule();
  return transfer;
}

void Client::Release(Transfer* transfer) {
  transfer->observer_ = nullptr;
  transfer->timer_.Cancel();
  if (depth_ > 0) {
    abandoned_.push_back(transfer);
    end_of_turn_.Schedule();
    return;
  }
  Recycle(transfer);
}

void Client::Recycle(Transfer* transfer) {
  if (transfer->state_ == Transfer::State::kRunning) {
    transfer->shard_->Remove(transfer->easy_);
    --running_;
  }
  if (transfer->state_ == Transfer::State::kWaiting) std::erase(waiting_, transfer);
  std::erase(unpausing_, transfer);
  transfer->Reset();
  if (free_.size() < kPooledTransfers) {
    free_.push_back(transfer);
    return;
  }
  size_t index = transfer->index_;
  std::swap(transfers_[index], transfers_.back());
  transfers_[index]->index_ = index;
  transfers_.pop_back();
}

void Client::EndOfTurn() {
  ReapAbandoned();
  for (Transfer* transfer : std::exchange(unpausing_, {})) transfer->UnpauseSend();
  std::vector<Transfer*> starting;
  starting.swap(waiting_);
  for (Transfer* transfer : starting) StartNow(transfer);
  DriveDueShards();
  ReapAbandoned();
}

void Client::UnpauseLater(Transfer* transfer) {
  unpausing_.push_back(transfer);
  end_of_turn_.Schedule();
}

void Client::ReapAbandoned() {
  while (!abandoned_.empty()) {
    Transfer* transfer = abandoned_.back();
    abandoned_.pop_back();
    Recycle(transfer);
  }
}

void Client::StartNow(Transfer* transfer) {
  if (transfer->state_ != Transfer::State::kWaiting || transfer->observer_ == nullptr) return;
  transfer->shard_ = ShardWithRoom();
  if (!transfer->Prepare() || !transfer->shard_->Add(transfer->easy_)) {
    transfer->Fail(FromCurl(CURLE_OUT_OF_MEMORY, false));
    return;
  }
  transfer->state_ = Transfer::State::kRunning;
  ++running_;
  transfer->ArmTimer();
}

// The lowest shard with room, so that its warm connections are used again and the highest fall
// idle.
MultiShard* Client::ShardWithRoom() {
  while (first_with_room_ < shards_.size() &&
         shards_[first_with_room_]->active() >= kShardTransfers) {
    ++first_with_room_;
  }
  if (first_with_room_ == shards_.size()) {
    MultiShard::Callbacks callbacks;
    callbacks.on_done = [this](CURL* easy, CURLcode code) { OnDone(easy, code); };
    callbacks.on_due = [this](MultiShard* shard) {
      due_.push_back(shard);
      end_of_turn_.Schedule();
    };
    callbacks.on_room = [this](size_t index) {
      first_with_room_ = std::min(first_with_room_, index);
    };
    shards_.push_back(std::make_unique<MultiShard>(loop_, sockets_, depth_, shards_.size(),
                                                   std::move(callbacks)));
    if (!sweep_.armed()) sweep_.Set(loop_.now() + kSweepInterval);
  }
  return shards_[first_with_room_].get();
}

void Client::OnDone(CURL* easy, CURLcode code) {
  char* private_data = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_data);
  auto* transfer = reinterpret_cast<Transfer*>(private_data);
  transfer->state_ = Transfer::State::kEnded;
  --running_;
  transfer->Complete(code);
}

void Client::DriveDueShards() {
  for (int round = 0; round < kRoundsPerTurn && !due_.empty(); ++round) {
    std::vector<MultiShard*> now;
    now.swap(due_);
    for (MultiShard* shard : now) {
      if (shard->due()) shard->Drive(CURL_SOCKET_TIMEOUT, 0);
    }
  }
  if (!due_.empty()) next_turn_.Set(loop_.now());
}

void Client::DropIdleShards() {
  while (shards_.size() > 1 && shards_.back()->active() == 0 && !shards_.back()->due() &&
         loop_.now() - shards_.back()->idle_since() > kIdleShardAge) {
    std::erase(due_, shards_.back().get());
    shards_.pop_back();
  }
  first_with_room_ = std::min(first_with_room_, shards_.size());
  if (shards_.size() > 1) sweep_.Set(loop_.now() + kSweepInterval);
}

int Client::OnOpenSocket(void* self, int, struct curl_sockaddr* address) {
  int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  static_cast<Client*>(self)->sockets_.OnOpened(fd);
  return fd;
}

int Client::OnCloseSocket(void* self, int fd) {
  static_cast<Client*>(self)->sockets_.OnClosed(fd);
  return ::close(fd);
}

}  // namespace sluice::upstream
