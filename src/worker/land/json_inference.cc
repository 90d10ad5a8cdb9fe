#include "engine/land_protocol.h"
#include "worker/land/json_decoder.h"
#include "worker/land/json_plan.h"
#include "worker/land/json_values.h"

namespace tarn::worker::land {

// Room is left for `_kafka`.
static constexpr std::size_t kInferredFieldsMax = table::kColumnsMax - 16;

class JsonInference::Impl {
 public:
  bool look_at(ByteView value) {
    ondemand::document document;
    ondemand::object object;
    if (!open_object(parser_, as_text(value), document, object, reason_)) return false;
    add(document, object);
    return true;
  }

  std::vector<table::Field> fields() const {
    std::vector<table::Field> fields;
    auto type = all_.type();
    if (!type) return fields;
    std::size_t room = kInferredFieldsMax;
    for (table::Field& field : type->children) {
      std::size_t size = 1 + count_fields(field.type.children);
      if (size > room) continue;
      room -= size;
      fields.push_back(std::move(field));
    }
    return fields;
  }

 private:
  // What a table can't hold, or turns out broken, adds nothing: it will go to the dead letters.
  void add(ondemand::document& document, ondemand::object& object) {
    Shape seen;
    seen.saw(Shape::kObject);
    for (auto entry : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(entry).get(field) || field.unescaped_key().get(name)) return;
      if (!can_name_column(name) || same_name(name, engine::kMetadataColumn)) return;
      Shape* inner = seen.field(name);
      if (!inner || !add_to_shape(field.value(), *inner, 1, reason_)) return;
    }
    if (is_read_out(document)) all_.merge(seen);
  }

  ondemand::parser parser_;
  Shape all_;
  std::string reason_;
};

JsonInference::JsonInference() : impl_(std::make_unique<Impl>()) {}
JsonInference::~JsonInference() = default;
bool JsonInference::look_at(ByteView value) { return impl_->look_at(value); }
std::vector<table::Field> JsonInference::fields() const { return impl_->fields(); }

}  // namespace tarn::worker::land
