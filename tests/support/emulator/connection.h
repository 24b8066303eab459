// One client connection: reads requests, hands them to the provider, writes answers as fast or as
// badly as told.
//
// Lives on one io_context's thread. It owns itself through the handlers it waits for, and ends when
// it is closed. Waits for readiness and reads into the thread's buffer, so an idle or streaming
// connection holds no buffer of its own.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/emulator/answer_stream.h"
#include "tests/support/emulator/body_decoder.h"
#include "tests/support/emulator/provider.h"
#include "tests/support/emulator/request.h"
#include "tests/support/emulator/sha256_stream.h"

namespace sluice::emulator {

// One per thread, shared by its connections.
using ReadBuffer = std::array<char, 256 << 10>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::io_context& context, boost::asio::ip::tcp::socket socket,
             Provider& provider, ReadBuffer& buffer);
  ~Connection();

  void Start();

 private:
  static constexpr size_t kHeadLimit = 1 << 20;
  static constexpr size_t kPipelineLimit = 256 << 10;

  // Reading.
  void WaitReadable();
  void OnReadable();
  // What ended the reading, if anything did; else the bytes went to Consume().
  void ReadOnce(size_t limit);
  void Consume(std::string_view bytes);
  void ProcessInput();
  // Both: false if more bytes, or the end of an answer, must come first.
  bool TakeHead();
  bool TakeBufferedBody();
  size_t TakeBody(std::string_view bytes);
  void TakePayload(std::string_view bytes);
  void BeginRequest(RequestHead head);
  void LogRequest();
  void LogBody();
  void EndBody();
  bool ReadsSlowly() const;
  void ReadSlowly();
  bool PeerHungUp();
  void OnPeerClosed(bool reset);
  void RefuseMalformed(std::string raw);

  // Answering.
  void StartAnswer();
  void Pump();
  // False if the rest has to wait, or the connection is gone.
  bool Flush();
  void OnWritable();
  void Perform(Step step);
  void WaitFor(uint64_t ms);
  void Hold();
  void EndAnswer();
  void NextRequest();
  void LogAnswerEnd(std::string_view how);

  void SetState(std::string_view state);
  // FIN now, and the socket's end when the peer has closed too, so that no reset overtakes the
  // answer.
  void CloseGently();
  void Reset();
  void Close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;       // of the answer
  boost::asio::steady_timer slow_timer_;  // of a slow reader, or of a gentle close
  Provider& provider_;
  ReadBuffer& buffer_;
  std::shared_ptr<ConnectionRecord> record_;

  std::string input_;  // a part of a head, or pipelined requests
  std::unique_ptr<Request> request_;
  std::shared_ptr<RequestRecord> request_record_;
  std::optional<BodyDecoder> decoder_;
  std::optional<Sha256Stream> hash_;
  std::string raw_body_;
  bool body_done_ = false;
  bool waiting_readable_ = false;
  bool processing_ = false;
  double slow_credit_ = 0;  // bytes that a slow reader may take
  bool closing_ = false;
  bool closed_ = false;

  std::optional<AnswerStream> answer_;
  std::string output_;
  size_t output_sent_ = 0;
  std::optional<Step> next_;  // what to do when output_ is sent
  bool answer_done_ = false;
};

}  // namespace sluice::emulator
