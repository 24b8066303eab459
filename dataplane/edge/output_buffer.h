// Bytes that wait for one client, in blocks that a worker's connections share through a pool.
//
// One thread. A buffer that is empty holds no block, so an idle connection or a stream that keeps
// up costs nothing here. It has no limit of its own: the connection tells its source "full" at the
// watermark.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/edge/client_socket.h"

namespace sluice::edge {

// Keeps a few free blocks; the rest go back to the allocator.
class BlockPool {
 public:
  static constexpr size_t kBlockBytes = 16 * 1024;
  using Block = std::unique_ptr<char[]>;

  Block Take();
  void Give(Block block);
  // In blocks that were taken and not given back.
  size_t bytes() const { return taken_ * kBlockBytes; }

 private:
  static constexpr size_t kKept = 64;
  std::vector<Block> free_;
  size_t taken_ = 0;
};

class OutputBuffer {
 public:
  enum class Outcome {
    kSent,     // nothing waits
    kBlocked,  // the socket takes no more now
    kFailed,   // the connection is gone
  };

  explicit OutputBuffer(BlockPool& pool) : pool_(pool) {}
  ~OutputBuffer() { Clear(); }
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Bytes the socket has taken, ever.
  uint64_t sent() const { return sent_; }

  void Append(std::string_view bytes);
  // Writes what waits.
  Outcome Flush(ClientSocket& socket) { return Send(socket, {}); }
  // Writes what waits and then `pieces`, straight from the caller's memory; copies what the socket
  // does not take. At most four pieces.
  Outcome Send(ClientSocket& socket, std::initializer_list<std::string_view> pieces);
  void Clear();

 private:
  size_t Drop(size_t bytes);

  BlockPool& pool_;
  std::vector<BlockPool::Block> blocks_;
  size_t front_ = 0;  // first waiting byte in the first block
  size_t size_ = 0;   // waiting bytes
  uint64_t sent_ = 0;
};

}  // namespace sluice::edge
