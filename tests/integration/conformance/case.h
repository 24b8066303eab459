// One promise of the passthrough contract as data: what a client sends, what the provider must
// receive and answers, what the client must receive.
//
// Texts may hold placeholders, which text.h explains: {KEY}, {UPSTREAM}, {ID} and others. Heads are
// compared byte for byte, blank line included; bodies after their framing is taken off.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::test {

enum class When {
  kAfterRequest,  // the whole request has come
  kAfterHead,     // at once, whatever of the body has come
};

enum class ProviderEnd {
  kKeep,       // reads the next request
  kClose,      // right after the answer; bytes that are unread then make it a reset
  kHalfClose,  // reads on until the gateway closes
  kReset,
  kSilent,  // neither sends nor closes; waits for the gateway to close
};

struct ProviderAnswer {
  std::string bytes;
  When when = When::kAfterRequest;
  ProviderEnd end = ProviderEnd::kKeep;
  // The gateway must never send another request on this connection.
  bool spent = false;
  // There are bytes behind the answer. Whether they were seen or not, the next request must get its
  // own answer, on this connection or another.
  bool surplus = false;
};

// What the provider must receive.
struct Forwarded {
  std::string head;
  std::string body = "";
  // Of a request that the gateway gives up half-way: nothing of it may come, or its head and a part
  // of its body, but never its end.
  bool cut = false;
  // Of cut ones: a field by which they are known, because one of the case before may come late.
  std::string mark = "";
};

enum class ClientSees {
  kKeptAlive,  // and another request on the connection is answered
  kClosed,     // right after the answer
  kCut,        // the connection ends before the answer does
};

// An answer of the gateway's own (docs/PASSTHROUGH.md, 5).
struct Envelope {
  std::string type;
  std::string code;
  std::string message = "";  // empty: any that tells no secret
};

struct Received {
  std::string head;
  // Of a cut answer: what there is of it.
  std::string body = "";
  std::optional<Envelope> envelope = {};  // instead of `body`
  ClientSees then = ClientSees::kKeptAlive;
};

struct Case {
  // Begins with its number in docs/PASSTHROUGH.md.
  std::string name;
  std::string provider = "openai";         // of provider_rows.h; exists before the case runs
  std::vector<std::string> settings = {};  // NAME=VALUE, for this case only

  std::string sends = "";
  std::string awaits = "";      // if not empty: exactly these bytes are read,
  std::string then_sends = "";  // and then these are sent

  std::optional<Forwarded> forwarded = {};  // nothing: no byte may reach the provider
  ProviderAnswer answer = {};
  Received received = {};

  // Why a way of running it makes no sense; empty: it does.
  std::string not_fragmented = "";
  std::string not_pipelined = "";
  // An error-level line of the data plane that belongs to this case has this text.
  std::string announced = "";
};

using Cases = std::vector<Case>;

}  // namespace sluice::test
