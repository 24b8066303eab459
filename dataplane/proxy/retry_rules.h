// Which requests and which failures allow another try. Pure.
//
// What a provider may have begun to process is not sent again, unless that does no harm: it would
// be paid for twice, or be there twice.
#pragma once

#include "dataplane/config/snapshot.h"
#include "dataplane/http/message.h"
#include "dataplane/upstream/failure.h"

namespace sluice::proxy {

// To send it a second time does no harm: GET, HEAD, OPTIONS, with an Idempotency-Key, or because
// the operator says so.
bool IsRepeatable(const http::RequestHead& head, const config::RetryPolicy& policy);

// Another try after this failure, which was before any byte of an answer: the provider was not
// reached, or it ended the connection and the request is repeatable. Not after a timeout, which has
// cost its time, nor after an answer that could not be read.
bool MayRepeatAfter(const upstream::Failure& failure, bool repeatable);

// Of the provider itself, which the breaker counts.
bool IsProviderFailure(int status);

}  // namespace sluice::proxy
