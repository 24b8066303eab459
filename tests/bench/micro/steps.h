// The steps that are measured, by their subject: each of these registers its own.
#pragma once

namespace sluice::bench {

void AddDownstreamSteps();  // the reader of requests
void AddPinSteps();
void AddPathSteps();
void AddClientKeySteps();
void AddGateSteps();
void AddHeaderSteps();
void AddUpstreamSteps();  // the writer of requests, the reader of answers
void AddUsageTapSteps();

}  // namespace sluice::bench
