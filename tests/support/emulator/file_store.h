// Files that were uploaded to the emulator, by an id that follows from their content. Thread-safe.
// Files above kKeptBytes are known by size and hash only; beyond kStoreBytes the oldest lose their
// content.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/emulator/sha256_stream.h"

namespace sluice::emulator {

// Takes a request body as it arrives.
class BodyConsumer {
 public:
  virtual ~BodyConsumer() = default;
  virtual void Take(std::string_view bytes) = 0;
};

struct StoredFile {
  std::string key;  // 24 characters of the hash; ids are made of it with a prefix
  std::string name;
  std::string type;
  std::string purpose;
  uint64_t bytes = 0;
  std::string sha256;
  std::shared_ptr<const std::string> content;  // null: not kept
};

// One file as it arrives, in one body or several.
class FileUpload : public BodyConsumer {
 public:
  static constexpr size_t kKeptBytes = 64 << 20;

  void Take(std::string_view bytes) override;
  uint64_t bytes() const { return bytes_; }
  StoredFile Finish();

  std::string name;
  std::string type;
  std::string purpose;

 private:
  Sha256Stream hash_;
  uint64_t bytes_ = 0;
  std::string content_;
};

class FileStore {
 public:
  static constexpr size_t kStoreBytes = size_t{512} << 20;
  static constexpr size_t kStoredFiles = 10000;
  static constexpr size_t kSessions = 1000;

  void Put(StoredFile file);
  // `id` with or without the prefix that its shape gave it.
  std::optional<StoredFile> Find(std::string_view id) const;
  bool Delete(std::string_view id);
  std::vector<StoredFile> List() const;

  // An upload over several requests; the oldest is forgotten beyond kSessions. One request at a
  // time feeds it.
  std::string OpenSession(std::shared_ptr<FileUpload> upload);
  std::shared_ptr<FileUpload> Session(std::string_view id) const;
  void CloseSession(std::string_view id);

 private:
  struct OpenUpload {
    std::string id;
    std::shared_ptr<FileUpload> upload;
  };

  mutable absl::Mutex mutex_;
  std::deque<StoredFile> files_ ABSL_GUARDED_BY(mutex_);
  std::deque<OpenUpload> sessions_ ABSL_GUARDED_BY(mutex_);
  uint64_t sessions_opened_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::emulator
