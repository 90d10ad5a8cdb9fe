"""Turns the APIs of schema.py into C++: structs, their codecs, the table of APIs, and for tests a table of all messages."""

CPP = {"bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "int32": "std::int32_t", "int64": "std::int64_t",
       "string": "std::string", "bytes": "Buffer", "uuid": "Uuid", "records": "Records"}
READ = {"bool": "boolean", "bytes": "buffer"}  # the codec's method for a type, where its name can't be the type's
SIZED = {"string", "bytes"}  # whose length is written otherwise in flexible versions
INCLUDES = {"string": "<string>", "uuid": '"base/uuid.h"', "records": '"wire/kafka/records.h"'}


def cpp_type(field):
    inner = CPP.get(field.type, field.type)
    if field.is_array:
        inner = f"std::vector<{inner}>"
    if field.nullable_from is not None and field.type != "records":
        inner = f"std::optional<{inner}>"
    return inner


def declare(field):
    initial = ""
    if field.default is not None:
        initial = f" = {field.default}"
    elif field.type in CPP and CPP[field.type].startswith("std::int") and not field.is_array:
        initial = " = 0"
    elif field.type == "bool" and not field.is_array:
        initial = " = false"
    return f"{cpp_type(field)} {field.name}{initial};"


def tagged_structs(message):
    """Structs that are left out of the wire when equal to their default, so they need operator==."""
    return {f.struct.name for s in [message, *message.nested()] for f in s.fields if f.struct and not f.is_array}


def emit_struct_body(struct, indent, compared):
    lines = [f"{indent}{declare(field)}" for field in struct.fields]
    if struct.name in compared:
        lines.append(f"{indent}bool operator==(const {struct.name}&) const = default;")
    return lines


def emit_message(api, message):
    low, high = api.versions.low, api.versions.high
    compared = tagged_structs(message)
    lines = [f"struct {message.name} {{",
             f"  static constexpr ApiKey kApiKey = ApiKey::k{api.name};",
             f"  static constexpr std::int16_t kVersionMin = {low};",
             f"  static constexpr std::int16_t kVersionMax = {high};", ""]
    for struct in message.nested():
        lines += [f"  struct {struct.name} {{", *emit_struct_body(struct, "    ", compared), "  };"]
    lines += emit_struct_body(message, "  ", compared)
    lines += ["",
              "  // `body` is what follows the header. Errors: kInvalidArgument, kUnsupported for a version out of range.",
              f"  static Result<{message.name}> decode(ByteView body, std::int16_t version);",
              "  // Appends the body; fields that `version` does not have are left out. `version` is in range.",
              "  void encode(Writer& out, std::int16_t version) const;",
              "};", ""]
    return lines


def emit_header(api):
    fields = [f for m in (api.request, api.response) for s in [m, *m.nested()] for f in s.fields]
    includes = {"<cstdint>"} | {INCLUDES[f.type] for f in fields if f.type in INCLUDES}
    if any(f.is_array for f in fields):
        includes.add("<vector>")
    if any(f.nullable_from is not None for f in fields):
        includes.add("<optional>")
    system = sorted(i for i in includes if i[0] == "<")
    ours = sorted({i for i in includes if i[0] == '"'} | {'"base/bytes.h"', '"base/result.h"', '"wire/kafka/api_key.h"'})
    lines = [f"// {api.name} (key {api.key}), versions {api.versions.low} to {api.versions.high}.",
             f"// Generated from tools/kafka_codegen/messages/{api.file_name}.kafka; not to be edited.",
             "#pragma once", "",
             *[f"#include {i}" for i in system], "", *[f"#include {i}" for i in ours], "",
             "namespace tarn::wire::kafka {", "", "class Writer;", ""]
    lines += emit_message(api, api.request) + emit_message(api, api.response)
    return lines + ["}  // namespace tarn::wire::kafka"]


def version_test(versions, within):
    """The C++ condition under which a field is there, given that its parent is; None when always."""
    tests = []
    if versions.low > within.low:
        tests.append(f"version >= {versions.low}")
    if versions.high < within.high:
        tests.append(f"version <= {versions.high}")
    return " && ".join(tests) or None


class CodecWriter:
    """Emits the read and write functions of one message's structs, innermost first."""

    def __init__(self, api, message):
        self.api, self.message = api, message
        self.flexible = self.always(f"version >= {api.flexible_from}", api.flexible_from, api.versions)

    @staticmethod
    def always(test, low, versions):
        """`test` (version >= low), or true or false when no version of the struct can differ."""
        return "true" if versions.low >= low else "false" if versions.high < low else test

    def cpp_name(self, struct):
        return struct.name if struct is self.message else f"{self.message.name}::{struct.name}"

    def nullable(self, field):
        return self.always(f"version >= {field.nullable_from}", field.nullable_from, field.versions)

    def flexible_in(self, versions):
        return self.always("flexible", self.api.flexible_from, versions)

    def read_value(self, field):
        """The expression that reads the field's value into `out`."""
        flexible, target = self.flexible_in(field.versions), f"out.{field.name}"
        method = READ.get(field.type, field.type)
        null_ok = self.nullable(field) if field.nullable_from is not None else None
        if field.is_array:
            read_one = ("read(in, version, item)" if field.struct else
                        f"item = in.string({flexible})" if field.type == "string" else f"item = in.{method}()")
            array = f"in.nullable_array({flexible}, {null_ok}, " if null_ok else f"in.array({flexible}, "
            return f"{array}{target}, [&](auto& item) {{ {read_one}; }})"
        if field.struct:
            return f"read(in, version, {target})"
        if null_ok:
            call = "nullable_string" if field.type == "string" else method
            return f"{target} = in.{call}({flexible}, {null_ok})"
        return f"{target} = in.{method}({flexible if field.type in SIZED else ''})"

    def write_value(self, field, out="out"):
        """The expression that writes the field's value to `out`."""
        flexible, source = self.flexible_in(field.versions), f"value.{field.name}"
        method = READ.get(field.type, field.type)
        null_ok = self.nullable(field) if field.nullable_from is not None else None
        if field.is_array:
            write_one = (f"write({out}, version, item)" if field.struct else
                         f"{out}.string({flexible}, item)" if field.type == "string" else f"{out}.{method}(item)")
            array = f"{out}.nullable_array({flexible}, {null_ok}, " if null_ok else f"{out}.array({flexible}, "
            return f"{array}{source}, [&](const auto& item) {{ {write_one}; }})"
        if field.struct:
            return f"write({out}, version, {source})"
        if null_ok:
            call = "nullable_string" if field.type == "string" else method
            return f"{out}.{call}({flexible}, {null_ok}, {source})"
        return f"{out}.{method}({flexible + ', ' if field.type in SIZED else ''}{source})"

    def not_default(self, field):
        """The C++ condition under which a tagged field is sent."""
        source = f"value.{field.name}"
        if field.nullable_from is not None:
            return f"{source}.has_value()"
        if field.is_array or field.type == "string":
            return f"!{source}.empty()"
        if field.struct:
            return f"{source} != {self.cpp_name(field.struct)}{{}}"
        if field.type == "uuid":
            return f"!{source}.is_zero()"
        return f"{source} != {field.default or 'decltype(' + source + '){}'}"

    def guarded(self, field, within, statement):
        test = version_test(field.versions, within)
        return f"  if ({test}) {statement};" if test else f"  {statement};"

    def read_tags(self, struct):
        tagged = [field for field in struct.fields if field.tag is not None]
        if not tagged:
            return ["in.skip_tags();"]
        lines = ["in.tags([&](std::uint32_t tag) {"]
        for field in tagged:
            test = version_test(field.versions, struct.versions)
            condition = f"tag == {field.tag}" + (f" && {test}" if test else "")
            lines.append(f"    if ({condition}) return {self.read_value(field)}, true;")
        return lines + ["    return false;", "  });"]

    def write_tags(self, struct):
        tagged = sorted((field for field in struct.fields if field.tag is not None), key=lambda f: f.tag)
        if not tagged:
            return ["out.no_tags();"]
        lines = ["    Tags tags;"]
        for field in tagged:
            test = version_test(field.versions, struct.versions)
            condition = (f"{test} && " if test else "") + self.not_default(field)
            lines.append(f"    if ({condition}) {{")
            lines.append(f"      Writer& tag = tags.add({field.tag});")
            lines.append(f"      {self.write_value(field, 'tag')};")
            lines.append("    }")
        return ["{", *lines, "    out.tags(tags);", "  }"]

    def function(self, struct, signature, value, tags):
        body = [self.guarded(f, struct.versions, value(f)) for f in struct.fields if f.tag is None]
        flexible = self.flexible_in(struct.versions)
        if flexible != "false":
            lines = tags(struct)
            lines[0] = f"  if ({flexible}) {lines[0]}" if flexible != "true" else f"  {lines[0]}"
            body += lines
        if any("flexible" in line for line in body):
            body.insert(0, f"  const bool flexible = version >= {self.api.flexible_from};")
        return [signature, *body, "}", ""]

    def emit(self):
        lines = []
        for struct in [*self.message.nested(), self.message]:
            name = self.cpp_name(struct)
            lines += self.function(struct, f"void read(Reader& in, [[maybe_unused]] std::int16_t version, {name}& out) {{",
                                   self.read_value, self.read_tags)
            lines += self.function(struct, f"void write(Writer& out, [[maybe_unused]] std::int16_t version, const {name}& value) {{",
                                   self.write_value, self.write_tags)
        return lines


def emit_source(api):
    lines = [f"// Generated from tools/kafka_codegen/messages/{api.file_name}.kafka; not to be edited.",
             f'#include "wire/kafka/messages/{api.file_name}.h"', "", '#include "wire/kafka/codec.h"', "",
             "namespace tarn::wire::kafka {", "namespace {", ""]
    for message in (api.request, api.response):
        lines += CodecWriter(api, message).emit()
    lines += ["}  // namespace", ""]
    for message in (api.request, api.response):
        name = message.name
        lines += [f"Result<{name}> {name}::decode(ByteView body, std::int16_t version) {{",
                  f'  return decode_message<{name}>("{name}", body, version, [](Reader& in, std::int16_t v, {name}& out) {{',
                  "    read(in, v, out);", "  });", "}", "",
                  f"void {name}::encode(Writer& out, std::int16_t version) const {{",
                  "  TARN_ASSERT(version >= kVersionMin && version <= kVersionMax);",
                  "  write(out, version, *this);", "}", ""]
    return lines + ["}  // namespace tarn::wire::kafka"]


def emit_api_keys(apis):
    lines = ["// The APIs that have codecs. Generated by tools/kafka_codegen; not to be edited.", "#pragma once", "",
             "#include <cstdint>", "", "namespace tarn::wire::kafka {", "", "enum class ApiKey : std::int16_t {"]
    lines += [f"  k{api.name} = {api.key}," for api in apis]
    lines += ["};", "", "}  // namespace tarn::wire::kafka"]
    return lines


def emit_api_table(apis):
    lines = ["// Generated by tools/kafka_codegen; not to be edited.", '#include "wire/kafka/apis.h"', "",
             "namespace tarn::wire::kafka {", "namespace {", "", "constexpr ApiInfo kApis[] = {"]
    for a in apis:
        lines.append(f'    {{ApiKey::k{a.name}, "{a.name}", {a.advertised.low}, {a.advertised.high}, '
                     f"{a.versions.low}, {a.flexible_from}}},")
    lines += ["};", "", "}  // namespace", "", "std::span<const ApiInfo> apis() { return kApis; }", "",
              "}  // namespace tarn::wire::kafka"]
    return lines


def random_value(field):
    target = f"out.{field.name}"
    one = {"string": "random.string()", "uuid": "random.uuid()", "bool": "random.boolean()",
           "bytes": "random.buffer()"}
    if field.struct:
        fill = lambda to: f"fill(random, version, {to});"
    else:
        value = one.get(field.type, f"random.integer<{CPP[field.type]}>()")
        fill = lambda to: f"{to} = {value};"
    if field.type == "records":
        return f"{target} = random.records(version >= {field.nullable_from});"
    statement = f"random.array({target}, [&](auto& item) {{ {fill('item')} }});" if field.is_array else fill(target)
    if field.nullable_from is not None:
        inner = statement.replace(target, f"{target}.emplace()") if field.is_array else statement
        return f"if (version < {field.nullable_from} || !random.rarely()) {inner}"
    return statement


def emit_all_messages(apis):
    """For tests: every message behind one table, with a filler of random values."""
    lines = ["// Generated by tools/kafka_codegen; not to be edited.", '#include "wire/kafka/testing/all_messages.h"', "",
             *[f'#include "wire/kafka/messages/{a.file_name}.h"' for a in apis],
             '#include "wire/kafka/testing/random_fields.h"', "", "namespace tarn::wire::kafka::testing {", "namespace {", ""]
    for api in apis:
        for message in (api.request, api.response):
            for struct in [*message.nested(), message]:
                name = struct.name if struct is message else f"{message.name}::{struct.name}"
                lines.append(f"void fill([[maybe_unused]] RandomFields& random, [[maybe_unused]] std::int16_t version,")
                lines.append(f"          [[maybe_unused]] {name}& out) {{")
                for field in struct.fields:
                    test = version_test(field.versions, struct.versions)
                    lines.append(f"  if ({test}) {{ {random_value(field)} }}" if test else f"  {random_value(field)}")
                lines += ["}", ""]
    lines.append("constexpr MessageCodec kMessages[] = {")
    for api in apis:
        for message in (api.request, api.response):
            is_request = "true" if message is api.request else "false"
            lines.append(f'    {{"{message.name}", {api.key}, {is_request}, {api.versions.low}, {api.versions.high}, '
                         f"reencode<{message.name}>, random_bytes<{message.name}, fill>}},")
    lines += ["};", "", "}  // namespace", "", "std::span<const MessageCodec> all_messages() { return kMessages; }", "",
              "}  // namespace tarn::wire::kafka::testing"]
    return lines
