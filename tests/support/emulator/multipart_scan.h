// Finds the fields and the file of a multipart/form-data body while it streams in; the file's bytes
// go on without being held. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/file_store.h"
#include "tests/support/emulator/message.h"

namespace sluice::emulator {

class MultipartScan : public BodyConsumer {
 public:
  // `content_type` is the request's; without a boundary in it the scan finds nothing.
  explicit MultipartScan(std::string_view content_type);

  void Take(std::string_view bytes) override;

  // The last part that had a filename; null if there was none.
  FileUpload* file() { return file_.get(); }
  const std::vector<Field>& fields() const { return fields_; }
  // Whether the closing boundary came.
  bool whole() const { return state_ == State::kAfter; }

 private:
  static constexpr size_t kFieldLimit = 64 << 10;
  enum class State { kBefore, kHead, kPart, kAfter };

  bool Step();
  void OpenPart(std::string_view head);
  void Deliver(size_t count);

  std::string boundary_;  // "\r\n--...."
  State state_ = State::kBefore;
  std::string pending_;
  bool in_file_ = false;
  std::unique_ptr<FileUpload> file_;
  std::vector<Field> fields_;
};

}  // namespace sluice::emulator
