#include "dataplane/upstream/client.h"

#include <utility>

namespace sluice::upstream {
namespace {

constexpr size_t kPooledTransfers = 256;

}  // namespace

Client::Client(event::Loop& loop, http::WorkerLevels& levels, const crypto::TrustStore* authorities)
    : loop_(loop),
      levels_(levels),
      pool_(loop, levels, authorities),
      read_buffer_(new char[Connection::kReadBytes]),
      end_of_turn_(loop, [this] { EndOfTurn(); }),
      next_turn_(loop.timers(), [this] { end_of_turn_.Schedule(); }) {}

Client::~Client() {
  // They give back their connections.
  for (auto& transfer : transfers_) transfer->Reset();
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
  // One that is busy is recycled when it is not any more.
  if (!transfer->busy_) Recycle(transfer);
}

void Client::Recycle(Transfer* transfer) {
  const bool running = transfer->state_ == Transfer::State::kConnecting ||
                       transfer->state_ == Transfer::State::kRunning;
  if (running) --running_;
  if (transfer->state_ == Transfer::State::kWaiting) std::erase(waiting_, transfer);
  if (transfer->reads_later_) std::erase(reading_, transfer);
  transfer->Reset();
  if (free_.size() < kPooledTransfers) {
    free_.push_back(transfer);
    return;
  }
  const size_t index = transfer->index_;
  std::swap(transfers_[index], transfers_.back());
  transfers_[index]->index_ = index;
  transfers_.pop_back();
}

void Client::EndOfTurn() {
  // Any of them may end others of them, or come back.
  for (size_t count = reading_.size(); count > 0 && !reading_.empty(); --count) {
    Transfer* transfer = reading_.front();
    reading_.pop_front();
    transfer->reads_later_ = false;
    transfer->ReadOn();
  }
  while (!waiting_.empty()) {
    Transfer* transfer = waiting_.front();
    waiting_.pop_front();
    ++running_;
    transfer->Begin();
  }
}

void Client::ReadLater(Transfer* transfer) {
  if (std::exchange(transfer->reads_later_, true)) return;
  reading_.push_back(transfer);
  next_turn_.Set(loop_.now());
}

}  // namespace sluice::upstream
