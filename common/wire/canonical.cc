#include "common/wire/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/base/check.h"

namespace sluice::wire {

std::string SerializeCanonical(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  SLUICE_CHECK(message.SerializeToCodedStream(&coded) && !coded.HadError(),
               "a message in memory cannot be serialised");
  coded.Trim();
  return bytes;
}

}  // namespace sluice::wire
