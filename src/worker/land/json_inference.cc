#include "worker/land/json_decoder.h"
#include "worker/land/json_values.h"

namespace tarn::worker::land {

class JsonInference::Impl {
 public:
  bool look_at(ByteView value) {
    ondemand::document document;
    ondemand::object object;
    if (!open_object(parser_, as_text(value), document, object, reason_)) return false;
    Shape seen;
    seen.saw(Shape::kObject);
    for (auto entry : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(entry).get(field) || field.unescaped_key().get(name)) return false;
      if (name.empty() || name.size() > kFieldNameMax || same_name(name, kMetadataColumn)) return false;
      Shape* inner = seen.field(name);
      if (!inner || !add_to_shape(field.value(), *inner, 1, reason_)) return false;
    }
    if (!is_read_out(document)) return false;
    all_.merge(seen);
    return true;
  }

  std::vector<table::Field> fields() const {
    auto type = all_.type();
    return type ? std::move(type->children) : std::vector<table::Field>{};
  }

 private:
  ondemand::parser parser_;
  Shape all_;
  std::string reason_;
};

JsonInference::JsonInference() : impl_(std::make_unique<Impl>()) {}
JsonInference::~JsonInference() = default;
bool JsonInference::look_at(ByteView value) { return impl_->look_at(value); }
std::vector<table::Field> JsonInference::fields() const { return impl_->fields(); }

}  // namespace tarn::worker::land
