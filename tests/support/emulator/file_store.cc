#include "tests/support/emulator/file_store.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

std::string_view KeyOf(std::string_view id) {
  const size_t separator = id.find_last_of("-_/");
  return separator == std::string_view::npos ? id : id.substr(separator + 1);
}

}  // namespace

void FileUpload::Take(std::string_view bytes) {
  hash_.Update(bytes);
  bytes_ += bytes.size();
  if (bytes_ <= kKeptBytes) {
    content_.append(bytes);
  } else {
    content_ = std::string();
  }
}

StoredFile FileUpload::Finish() {
  StoredFile file{{}, name, type, purpose, bytes_, hash_.Hex(), nullptr};
  file.key = file.sha256.substr(0, 24);
  if (bytes_ <= kKeptBytes) file.content = std::make_shared<const std::string>(std::move(content_));
  return file;
}

void FileStore::Put(StoredFile file) {
  absl::MutexLock lock(&mutex_);
  const auto same = [&](const StoredFile& other) { return other.key == file.key; };
  files_.erase(std::remove_if(files_.begin(), files_.end(), same), files_.end());
  files_.push_back(std::move(file));
  if (files_.size() > kStoredFiles) files_.pop_front();
  size_t kept = 0;
  for (auto it = files_.rbegin(); it != files_.rend(); ++it) {
    if (it->content == nullptr) continue;
    kept += it->content->size();
    if (kept > kStoreBytes) it->content = nullptr;
  }
}

std::optional<StoredFile> FileStore::Find(std::string_view id) const {
  absl::MutexLock lock(&mutex_);
  for (const StoredFile& file : files_) {
    if (file.key == KeyOf(id)) return file;
  }
  return std::nullopt;
}

bool FileStore::Delete(std::string_view id) {
  absl::MutexLock lock(&mutex_);
  const auto same = [&](const StoredFile& file) { return file.key == KeyOf(id); };
  const auto end = std::remove_if(files_.begin(), files_.end(), same);
  const bool found = end != files_.end();
  files_.erase(end, files_.end());
  return found;
}

std::vector<StoredFile> FileStore::List() const {
  absl::MutexLock lock(&mutex_);
  return {files_.begin(), files_.end()};
}

std::string FileStore::OpenSession(std::shared_ptr<FileUpload> upload) {
  absl::MutexLock lock(&mutex_);
  std::string id = Cat("up", ++sessions_opened_);
  sessions_.push_back({id, std::move(upload)});
  if (sessions_.size() > kSessions) sessions_.pop_front();
  return id;
}

std::shared_ptr<FileUpload> FileStore::Session(std::string_view id) const {
  absl::MutexLock lock(&mutex_);
  for (const OpenUpload& open : sessions_) {
    if (open.id == id) return open.upload;
  }
  return nullptr;
}

void FileStore::CloseSession(std::string_view id) {
  absl::MutexLock lock(&mutex_);
  const auto same = [&](const OpenUpload& open) { return open.id == id; };
  sessions_.erase(std::remove_if(sessions_.begin(), sessions_.end(), same), sessions_.end());
}

}  // namespace sluice::emulator
