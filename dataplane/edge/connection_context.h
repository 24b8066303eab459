// What the connections of one worker share: its loop, its handler, memory that is only used within
// a call, and the list of connections that have something to do before the turn ends. One thread;
// outlives the connections.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/edge/output_buffer.h"
#include "dataplane/edge/request_parser.h"
#include "dataplane/edge/tls_slot.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/handler.h"

namespace sluice::edge {

class Connection;

// Parsers between requests. Only a connection in the midst of a request has one.
class ParserPool {
 public:
  std::unique_ptr<RequestParser> Take(const http::Limits& limits);
  void Give(std::unique_ptr<RequestParser> parser);

 private:
  std::vector<std::unique_ptr<RequestParser>> free_;
};

struct ConnectionContext {
  static constexpr size_t kReadBytes = 64 * 1024;

  explicit ConnectionContext(event::Loop& worker_loop) : loop(worker_loop) {}

  event::Loop& loop;
  std::unique_ptr<http::RequestHandler> handler;
  // Asks for an event when the socket can be written to, from now on and for good.
  std::function<void(int fd)> watch_writes;
  // Of a listener with TLS; else null.
  TlsSlot* tls = nullptr;
  // Steps that handshakes may still take in this turn: each can cost a signature, and the streams
  // of the worker wait meanwhile.
  int handshake_steps = 0;
  bool draining = false;
  bool closes_after_answers = false;  // each answer is the last of its connection

  BlockPool blocks;
  ParserPool parsers;
  std::unique_ptr<char[]> read_buffer{new char[kReadBytes]};
  std::string head_buffer;
  std::vector<Connection*> unsettled;
};

}  // namespace sluice::edge
