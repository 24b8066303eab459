// Where an answer's body comes from, piece by piece, so that neither a long stream nor a large
// download costs memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct z_stream_s;

namespace sluice::emulator {

inline constexpr size_t kPieceBytes = 64 << 10;

class BodySource {
 public:
  virtual ~BodySource() = default;
  // Appends the next piece to `out`; false if there is none.
  virtual bool Next(std::string& out) = 0;
  // Absent: not known before the end.
  virtual std::optional<uint64_t> Length() const { return std::nullopt; }
  // Whether a piece is an event, so that `stall_after` counts pieces and not bytes.
  virtual bool IsEvents() const { return false; }
};

class TextSource : public BodySource {
 public:
  TextSource(std::shared_ptr<const std::string> text, size_t piece_bytes)
      : text_(std::move(text)), piece_bytes_(piece_bytes) {}
  bool Next(std::string& out) override;
  std::optional<uint64_t> Length() const override { return text_->size(); }

 private:
  std::shared_ptr<const std::string> text_;
  size_t piece_bytes_;
  size_t at_ = 0;
};

class PatternSource : public BodySource {
 public:
  PatternSource(uint64_t seed, uint64_t size, size_t piece_bytes)
      : seed_(seed), size_(size), piece_bytes_(piece_bytes) {}
  bool Next(std::string& out) override;
  std::optional<uint64_t> Length() const override { return size_; }

 private:
  uint64_t seed_;
  uint64_t size_;
  size_t piece_bytes_;
  uint64_t at_ = 0;
};

class EventSource : public BodySource {
 public:
  // Appends event number `index` to `out`; false when there are no more.
  using Event = std::function<bool(uint64_t index, std::string& out)>;
  explicit EventSource(Event event) : event_(std::move(event)) {}
  bool Next(std::string& out) override { return event_(index_++, out); }
  bool IsEvents() const override { return true; }

 private:
  Event event_;
  uint64_t index_ = 0;
};

// Compresses another source and flushes after each of its pieces.
class GzipSource : public BodySource {
 public:
  explicit GzipSource(std::unique_ptr<BodySource> plain);
  ~GzipSource() override;
  bool Next(std::string& out) override;
  bool IsEvents() const override { return plain_->IsEvents(); }

 private:
  void Deflate(const std::string& piece, int flush, std::string& out);

  std::unique_ptr<BodySource> plain_;
  std::unique_ptr<z_stream_s> stream_;
  bool finished_ = false;
};

std::string Gzip(const std::string& plain);

}  // namespace sluice::emulator
