#include "tests/support/stack/programs.h"

namespace sluice::test {

std::string ControlplaneProgram() { return SLUICE_CONTROLPLANE_PROGRAM; }
std::string DataplaneProgram() { return SLUICE_DATAPLANE_PROGRAM; }
std::string SluicectlProgram() { return SLUICECTL_PROGRAM; }

}  // namespace sluice::test
