// The relations that a statement names, found in whatever clause they stand: a walk by protobuf's own description of
// the tree, which knows every field that there is.
#include <pg_query/pg_query.pb-c.h>

#include "sql/tree.h"

namespace tarn::sql {
namespace {

template <class T>
const T& member(const ProtobufCMessage& message, unsigned offset) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(&message) + offset);
}

void walk(const ProtobufCMessage& message, const std::vector<std::int32_t>& characters,
          std::vector<RelationName>& found) {
  const ProtobufCMessageDescriptor& type = *message.descriptor;
  if (&type == &pg_query__range_var__descriptor) {
    const auto& named = reinterpret_cast<const PgQuery__RangeVar&>(message);
    auto at = static_cast<std::size_t>(named.location);  // a negative one is past every character
    found.push_back({named.catalogname, named.schemaname, named.relname, at < characters.size() ? characters[at] : 0});
  }
  for (unsigned i = 0; i < type.n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = type.fields[i];
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
      auto* items = member<ProtobufCMessage* const*>(message, field.offset);
      for (std::size_t n = 0; n < member<std::size_t>(message, field.quantifier_offset); ++n)
        walk(*items[n], characters, found);
      continue;
    }
    bool other_of_one = (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
                        member<std::uint32_t>(message, field.quantifier_offset) != field.id;
    if (other_of_one) continue;
    if (const auto* inner = member<const ProtobufCMessage*>(message, field.offset)) walk(*inner, characters, found);
  }
}

}  // namespace

std::vector<RelationName> relations_of(const Parsed& statement) {
  std::vector<RelationName> found;
  if (statement.tree == nullptr) return found;
  const Source& source = *statement.tree->source;
  with_stack_for(source.tokens, [&] { walk(statement.tree->node->base, source.characters(), found); });
  return found;
}

}  // namespace tarn::sql
