// files: upload as a form, look at, list, download, delete. Anthropic's beta files differ in their
// words only.
#include "tests/support/emulator/multipart_scan.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json OpenAiFile(const StoredFile& file) {
  return {{"id", Cat("file-", file.key)},
          {"object", "file"},
          {"bytes", file.bytes},
          {"created_at", kCreated},
          {"filename", file.name},
          {"purpose", file.purpose.empty() ? "assistants" : file.purpose},
          {"status", "processed"},
          {"sha256", file.sha256}};
}

Json AnthropicFile(const StoredFile& file) {
  return {{"id", Cat("file_", file.key)}, {"type", "file"},           {"filename", file.name},
          {"mime_type", file.type},       {"size_bytes", file.bytes}, {"created_at", kCreatedText},
          {"downloadable", true},         {"sha256", file.sha256}};
}

Json FileJson(Shape shape, const StoredFile& file) {
  return shape == Shape::kAnthropic ? AnthropicFile(file) : OpenAiFile(file);
}

Answer Upload(const Request& request, FileStore& files) {
  const Shape shape = request.route.shape;
  auto* scan = dynamic_cast<MultipartScan*>(request.consumer.get());
  if (scan == nullptr) return ErrorAnswer(shape, 400, "The body is not multipart/form-data.");
  if (!scan->whole() || scan->file() == nullptr) {
    return ErrorAnswer(shape, 400, "The form has no whole file.");
  }
  for (const Field& field : scan->fields()) {
    if (field.name == "purpose") scan->file()->purpose = field.value;
  }
  const StoredFile file = scan->file()->Finish();
  files.Put(file);
  return Ok(FileJson(shape, file));
}

Answer List(Shape shape, const FileStore& files) {
  Json data = Json::array();
  for (const StoredFile& file : files.List()) data.push_back(FileJson(shape, file));
  return Ok({{"object", "list"}, {"data", std::move(data)}, {"has_more", false}});
}

Answer Delete(Shape shape, const std::string& id, FileStore& files) {
  if (!files.Delete(id)) return ErrorAnswer(shape, 404, Cat("No such File object: ", id));
  if (shape == Shape::kAnthropic) return Ok({{"id", id}, {"type", "file_deleted"}});
  return Ok({{"id", id}, {"object", "file"}, {"deleted", true}});
}

}  // namespace

Answer FileContent(Shape shape, const std::string& id, const FileStore& files) {
  const auto file = files.Find(id);
  if (!file) return ErrorAnswer(shape, 404, Cat("No such File object: ", id));
  if (file->content == nullptr) {
    return ErrorAnswer(
        shape, 404,
        Cat("The content of ", id, " was too large to be kept; its hash is ", file->sha256));
  }
  return BytesAnswer(file->type.empty() ? "application/octet-stream" : file->type, file->content);
}

Answer OpenAiFiles(const Request& request, FileStore& files) {
  const Shape shape = request.route.shape;
  const std::string& id = request.route.argument;
  if (request.route.endpoint == Endpoint::kFileContent) return FileContent(shape, id, files);
  if (request.route.endpoint == Endpoint::kFiles) {
    return request.head.method == "POST" ? Upload(request, files) : List(shape, files);
  }
  if (request.head.method == "DELETE") return Delete(shape, id, files);
  const auto file = files.Find(id);
  return file ? Ok(FileJson(shape, *file))
              : ErrorAnswer(shape, 404, Cat("No such File object: ", id));
}

std::shared_ptr<BodyConsumer> FileConsumer(const Request& request, FileStore& files) {
  const std::string type(request.head.Find("Content-Type").value_or(""));
  if (LowerCase(type).starts_with("multipart/form-data"))
    return std::make_shared<MultipartScan>(type);
  if (request.route.endpoint != Endpoint::kUpload) return nullptr;
  const auto session = QueryParameter(request.head.target, "upload_id");
  return session ? files.Session(*session) : nullptr;
}

}  // namespace sluice::emulator
