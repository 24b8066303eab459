#include "tests/support/emulator/multipart_scan.h"

#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

// The value of NAME="VALUE" or NAME=VALUE among the parameters of a header.
std::string Parameter(std::string_view header, std::string_view name) {
  for (std::string_view part : Split(header, ";")) {
    part = Trim(part);
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos || !SameName(part.substr(0, equals), name)) continue;
    std::string_view value = part.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return "";
}

}  // namespace

MultipartScan::MultipartScan(std::string_view content_type) {
  const std::string boundary = Parameter(content_type, "boundary");
  if (!boundary.empty()) boundary_ = Cat("\r\n--", boundary);
  pending_ = "\r\n";  // so that the first boundary looks like the others
}

void MultipartScan::Take(std::string_view bytes) {
  if (boundary_.empty() || state_ == State::kAfter) return;
  pending_.append(bytes);
  while (Step()) {
  }
}

// One piece of work on pending_; false when more bytes are needed.
bool MultipartScan::Step() {
  if (state_ == State::kAfter) return false;
  if (state_ == State::kHead) {
    if (pending_.starts_with("--")) {
      state_ = State::kAfter;
      return false;
    }
    const size_t end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (pending_.size() > kFieldLimit) state_ = State::kAfter;
      return false;
    }
    OpenPart(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end + 4);
    state_ = State::kPart;
    return true;
  }
  const size_t at = pending_.find(boundary_);
  if (at != std::string::npos) {
    Deliver(at);
    pending_.erase(0, boundary_.size());
    state_ = State::kHead;
    return true;
  }
  // The end of what is pending may be the beginning of a boundary.
  if (pending_.size() >= boundary_.size()) Deliver(pending_.size() - boundary_.size() + 1);
  return false;
}

void MultipartScan::OpenPart(std::string_view head) {
  std::string name, filename, type;
  bool has_filename = false;
  for (std::string_view line : Split(head, "\r\n")) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = Trim(line.substr(colon + 1));
    if (SameName(line.substr(0, colon), "Content-Disposition")) {
      name = Parameter(value, "name");
      filename = Parameter(value, "filename");
      has_filename = Contains(value, "filename=");
    } else if (SameName(line.substr(0, colon), "Content-Type")) {
      type = value;
    }
  }
  in_file_ = has_filename;
  if (in_file_) {
    file_ = std::make_unique<FileUpload>();
    file_->name = filename;
    file_->type = type;
  } else {
    fields_.push_back({name, ""});
  }
}

void MultipartScan::Deliver(size_t count) {
  if (state_ == State::kPart) {
    const std::string_view bytes = std::string_view(pending_).substr(0, count);
    if (in_file_) {
      file_->Take(bytes);
    } else if (fields_.back().value.size() + count <= kFieldLimit) {
      fields_.back().value.append(bytes);
    }
  }
  pending_.erase(0, count);
}

}  // namespace sluice::emulator
