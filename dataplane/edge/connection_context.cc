#include "dataplane/edge/connection_context.h"

#include <utility>

namespace sluice::edge {
namespace {

constexpr size_t kKeptParsers = 64;
// A parser that read a head larger than this would hold on to the memory.
constexpr size_t kKeptMemory = 8 * 1024;

}  // namespace

std::unique_ptr<RequestParser> ParserPool::Take(const http::Limits& limits) {
  std::unique_ptr<RequestParser> parser;
  if (free_.empty()) {
    parser = std::make_unique<RequestParser>();
  } else {
    parser = std::move(free_.back());
    free_.pop_back();
  }
  parser->Start(limits);
  return parser;
}

void ParserPool::Give(std::unique_ptr<RequestParser> parser) {
  if (parser == nullptr || free_.size() >= kKeptParsers || parser->memory() > kKeptMemory) return;
  free_.push_back(std::move(parser));
}

}  // namespace sluice::edge
