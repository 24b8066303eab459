#include "dataplane/edge/output_buffer.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::edge {
namespace {

constexpr size_t kMaxPieces = 4;
// Blocks that one system call carries: 512 KiB, more than a socket takes at once.
constexpr size_t kMaxBlocks = 32;

iovec Part(const char* bytes, size_t size) { return {const_cast<char*>(bytes), size}; }

}  // namespace

BlockPool::Block BlockPool::Take() {
  ++taken_;
  if (free_.empty()) return Block(new char[kBlockBytes]);
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockPool::Give(Block block) {
  --taken_;
  if (free_.size() < kKept) free_.push_back(std::move(block));
}

void OutputBuffer::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = front_ + size_;
    if (end == blocks_.size() * BlockPool::kBlockBytes) blocks_.push_back(pool_.Take());
    const size_t at = end % BlockPool::kBlockBytes;
    const size_t count = std::min(bytes.size(), BlockPool::kBlockBytes - at);
    memcpy(blocks_.back().get() + at, bytes.data(), count);
    size_ += count;
    bytes.remove_prefix(count);
  }
}

OutputBuffer::Outcome OutputBuffer::Send(ClientSocket& socket,
                                         std::initializer_list<std::string_view> pieces) {
  for (;;) {
    iovec parts[kMaxBlocks + kMaxPieces];
    size_t count = 0;
    size_t queued = 0;
    for (size_t i = 0; i < blocks_.size() && count < kMaxBlocks; ++i) {
      const size_t from = i == 0 ? front_ : 0;
      const size_t in_block = std::min(BlockPool::kBlockBytes - from, size_ - queued);
      parts[count++] = Part(blocks_[i].get() + from, in_block);
      queued += in_block;
    }
    size_t offered = queued;
    const bool all_queued = queued == size_;
    if (all_queued) {
      for (std::string_view piece : pieces) {
        if (!piece.empty()) parts[count++] = Part(piece.data(), piece.size());
        offered += piece.size();
      }
    }
    if (count == 0) return Outcome::kSent;
    const ssize_t result = socket.Write(parts, count);
    if (result < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Outcome::kFailed;
    const size_t taken = result < 0 ? 0 : static_cast<size_t>(result);
    sent_ += taken;
    size_t taken_of_pieces = Drop(taken);
    if (!all_queued && taken == offered) continue;
    for (std::string_view piece : pieces) {
      const size_t gone = std::min(taken_of_pieces, piece.size());
      taken_of_pieces -= gone;
      Append(piece.substr(gone));
    }
    return taken == offered ? Outcome::kSent : Outcome::kBlocked;
  }
}

// Forgets sent bytes of the buffer; returns how many of them it did not hold.
size_t OutputBuffer::Drop(size_t bytes) {
  const size_t mine = std::min(bytes, size_);
  size_ -= mine;
  front_ += mine;
  if (size_ == 0) {
    for (BlockPool::Block& block : blocks_) pool_.Give(std::move(block));
    blocks_.clear();
    front_ = 0;
    return bytes - mine;
  }
  const size_t done = front_ / BlockPool::kBlockBytes;
  for (size_t i = 0; i < done; ++i) pool_.Give(std::move(blocks_[i]));
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<ptrdiff_t>(done));
  front_ %= BlockPool::kBlockBytes;
  return bytes - mine;
}

void OutputBuffer::Clear() { Drop(size_); }

}  // namespace sluice::edge
