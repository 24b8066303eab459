// Where the edge (client sockets, parsing) and whoever answers requests (the proxy, the ops pages)
// meet.
//
// Everything here happens on one worker thread. Two rules keep it free of re-entrance:
//   - calls on a ResponseSink never call back into the Exchange before they return: what they cause
//   (drained,
//     disconnected) is told later, from the event loop;
//   - an Exchange is destroyed by the edge, never inside a call that the Exchange itself made.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "dataplane/http/gateway_error.h"
#include "dataplane/http/limits.h"
#include "dataplane/http/message.h"

namespace sluice::http {

// What a consumer of bytes says of the next ones. After kFull the bytes of that call are taken all
// the same; the producer sends no more until it is told to go on.
enum class Flow { kMore, kFull };

// The way back to one client for one request. Owned by the edge; valid until the Exchange is
// destroyed, or OnDisconnect was called.
class ResponseSink {
 public:
  // Writes `100 Continue` if the client waits for it and no head was sent; else does nothing.
  virtual void SendContinue() = 0;
  // Once. The edge adds the framing headers and `Connection`.
  virtual void SendHead(const ResponseHead& head) = 0;
  // Body bytes as they are; the edge adds chunk framing. One call is one chunk, on its way in this
  // turn of the loop. kFull: at least buffer_high_bytes wait for the client, OnDrained will follow.
  virtual Flow SendBody(std::string_view bytes) = 0;
  // The answer is complete. The edge drops the Exchange afterwards. If bytes of the request body
  // are still unread the connection is closed after the answer has gone out.
  virtual void Finish() = 0;
  // The answer cannot be completed: closes the connection so that the client cannot take it for
  // whole. The edge drops the Exchange afterwards.
  virtual void Abort() = 0;
  // After OnBody returned kFull: the Exchange can take more.
  virtual void ResumeRequest() = 0;

 protected:
  ~ResponseSink() = default;
};

enum class Disconnect {
  kClientLeft,    // closed, half-closed or reset by the client
  kWriteStalled,  // took no byte for write_stall_timeout
  kShutdown,      // the listener ends
};

// One request, from its head to the last byte of its answer.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // A piece of the request body, decoded from chunks. kFull: call ResumeRequest to get more.
  virtual Flow OnBody(std::string_view bytes) = 0;
  // The request is complete. Also called, once, for a request without a body.
  virtual void OnBodyEnd() = 0;
  // buffer_low_bytes or less wait for the client, after SendBody returned kFull.
  virtual void OnDrained() = 0;
  // The rest of the request body will not come: too slow, malformed. The exchange answers with
  // `error` if it has not sent a head yet, else aborts; either way it calls the sink before it
  // returns.
  virtual void OnRequestFailed(const GatewayError& error) = 0;
  // The client is gone; the sink must not be used again. The Exchange is destroyed right after.
  virtual void OnDisconnect(Disconnect why) = 0;
};

// One per worker thread.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // `head` and `sink` stay valid until the Exchange is destroyed. May answer before it returns.
  // Never null.
  virtual std::unique_ptr<Exchange> OnRequest(const RequestHead& head, ResponseSink& sink) = 0;
  // Read at the start of a connection and of each request.
  virtual Limits limits() const = 0;
  // The head could not be read, so there is no exchange: the edge answers `error` itself and tells
  // it here.
  virtual void OnRejected(const GatewayError& error) = 0;
  // A request id for an answer without an exchange.
  virtual std::string NewRequestId() = 0;
  // The edge holds so much memory for answers that the worker's clients have not taken yet. Told
  // when it has changed.
  virtual void OnWaitingForClients(size_t /*bytes*/) {}
};

}  // namespace sluice::http
