#!/usr/bin/env python3
"""generate.py MESSAGES_FOLDER OUTPUT_FOLDER: writes the Kafka codecs' C++ below OUTPUT_FOLDER/wire/kafka.

A file whose text did not change is left alone, so a touched schema rebuilds only what differs.
"""

import pathlib
import sys

sys.dont_write_bytecode = True

import cpp
import schema


def outputs(apis):
    files = {"api_key.h": cpp.emit_api_keys, "apis.cc": cpp.emit_api_table,
             "testing/all_messages.cc": cpp.emit_all_messages}
    for name, emit in files.items():
        yield name, lambda emit=emit: emit(apis)
    for api in apis:
        yield f"messages/{api.file_name}.h", lambda api=api: cpp.emit_header(api)
        yield f"messages/{api.file_name}.cc", lambda api=api: cpp.emit_source(api)


def main(arguments):
    messages, output = arguments
    for name, emit in outputs(schema.read_apis(messages)):
        path = pathlib.Path(output) / "wire" / "kafka" / name
        text = "\n".join(emit()) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except schema.SchemaError as error:
        sys.exit(f"kafka_codegen: {error}")
