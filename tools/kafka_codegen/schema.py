"""Reads the message files: Apache Kafka's requests and responses as plain tables of facts.

A file holds one API:

    api 1 Fetch 4-18 flexible 12+        key, name, versions we decode, first version with compact forms and tags; may
                                         be one that does not exist yet
                                         (`advertised 0-13` when ApiVersions tells another range)
    request                              then the fields of the request, and of the response, in wire order:
      cluster_id  string?  12+ tag 0     name, type, versions (all of the parent's when left out), tag, default
      topics      [FetchTopic]           an array; a type in PascalCase is a struct whose fields follow, indented
        partition int32                  two more columns

Types: bool int8 int16 int32 int64 string bytes uuid records, structs, and [arrays] of them. `?` after a type: may be null,
`?10+`: from version 10. Without a default a field is zero, empty, or null if it may be null in any version.
"""

import dataclasses
import pathlib
import re

PRIMITIVES = {"bool", "int8", "int16", "int32", "int64", "string", "bytes", "uuid", "records"}


@dataclasses.dataclass
class Versions:
    low: int
    high: int

    @staticmethod
    def parse(text, high):
        if text.endswith("+"):
            return Versions(int(text[:-1]), high)
        low, _, last = text.partition("-")
        return Versions(int(low), int(last))


@dataclasses.dataclass
class Field:
    name: str
    type: str  # a primitive or a struct's name
    is_array: bool
    nullable_from: int | None
    versions: Versions
    tag: int | None
    default: str | None
    struct: "Struct | None" = None


@dataclasses.dataclass
class Struct:
    name: str
    versions: Versions
    fields: list = dataclasses.field(default_factory=list)

    def nested(self):
        """Every struct below this one, innermost first."""
        for field in self.fields:
            if field.struct:
                yield from field.struct.nested()
                yield field.struct


@dataclasses.dataclass
class Api:
    key: int
    name: str
    versions: Versions
    flexible_from: int
    advertised: Versions
    file_name: str
    request: Struct
    response: Struct


class SchemaError(Exception):
    pass


API = re.compile(r"api (\d+) (\w+) (\d+-\d+) flexible (\d+)\+(?: advertised (\d+-\d+))?$")
FIELD = re.compile(
    r"(?P<indent> +)(?P<name>[a-z0-9_]+) +(?P<array>\[)?(?P<type>\w+)\]?(?P<null>\?(?:\d+\+)?)?"
    r"(?: +(?P<versions>\d+(?:\+|-\d+)))?(?: +tag (?P<tag>\d+))?(?: += (?P<default>\S+))?$"
)


def parse_field(match, parent, api_high):
    versions = parent.versions
    if match["versions"]:
        versions = Versions.parse(match["versions"], api_high)
    nullable_from = None
    if match["null"]:
        nullable_from = int(match["null"][1:-1]) if len(match["null"]) > 1 else versions.low
    field = Field(match["name"], match["type"], bool(match["array"]), nullable_from, versions,
                  int(match["tag"]) if match["tag"] else None, match["default"])
    if field.type not in PRIMITIVES:
        if not field.type[0].isupper():
            raise SchemaError(f"unknown type {field.type}")
        field.struct = Struct(field.type, versions)
    if field.struct and not field.is_array and (field.tag is None or field.nullable_from is not None):
        raise SchemaError("a struct outside an array is served only as a tagged field that is never null")
    return field


def parse_api(path):
    lines = [(n, line.split("#")[0].rstrip()) for n, line in enumerate(path.read_text().splitlines(), 1)]
    lines = [(n, line) for n, line in lines if line]
    api, stack = None, []
    for number, line in lines:
        try:
            if api is None:
                match = API.match(line)
                if not match:
                    raise SchemaError("expected: api KEY NAME LOW-HIGH flexible N+")
                versions = Versions.parse(match[3], None)
                advertised = Versions.parse(match[5], None) if match[5] else versions
                api = Api(int(match[1]), match[2], versions, int(match[4]), advertised, path.stem,
                          Struct(match[2] + "Request", versions), Struct(match[2] + "Response", versions))
            elif line in ("request", "response"):
                stack = [getattr(api, line)]
            else:
                match = FIELD.match(line)
                if not match:
                    raise SchemaError("expected: NAME TYPE [VERSIONS] [tag N] [= DEFAULT]")
                depth = len(match["indent"]) // 2
                if depth > len(stack) or stack[depth - 1] is None:
                    raise SchemaError("indented below a field that is no struct")
                field = parse_field(match, stack[depth - 1], api.versions.high)
                stack[depth - 1].fields.append(field)
                stack[depth:] = [field.struct]
        except SchemaError as error:
            raise SchemaError(f"{path}:{number}: {error}: {line.strip()}") from None
    for message in (api.request, api.response):
        names = [struct.name for struct in message.nested()]
        if len(names) != len(set(names)):
            raise SchemaError(f"{path}: {message.name} has two structs of one name")
    return api


def read_apis(folder):
    apis = [parse_api(path) for path in sorted(pathlib.Path(folder).glob("*.kafka"))]
    return sorted(apis, key=lambda api: api.key)
