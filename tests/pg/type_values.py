"""Every type that Tarn serves, with values that are easy to get wrong."""

# type name -> literals in Postgres's text form
VALUES = {
    "boolean": ["true", "false"],
    "smallint": ["0", "-32768", "32767"],
    "integer": ["0", "-2147483648", "2147483647", "-1"],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807", "10000"],
    "real": ["0", "-0", "0.1", "1e6", "999999", "123456", "1234567", "0.0001", "0.00001", "3.4028235e38", "1e-45", "NaN", "Infinity",
             "-Infinity", "16777216", "8388608.5", "33554432"],
    "double precision": ["0", "-0", "0.1", "0.30000000000000004", "1e15", "999999999999999", "123456789012345680", "1e23", "2e23",
                         "9007199254740993", "5e-324", "1.7976931348623157e308", "0.0001", "0.00001", "1e100", "NaN", "Infinity", "-Infinity",
                         "100", "-1234.5"],
    "numeric(10,2)": ["0", "0.01", "-0.01", "12345678.90", "-99999999.99", "100"],
    "numeric(4,4)": ["0", "0.0001", "-0.9999"],
    "numeric(38,0)": ["0", "1", "10000", "-10000", "99999999999999999999999999999999999999", "12340000000000000000"],
    "numeric(38,37)": ["0", "1.0000000000000000000000000000000000001", "-9.9999999999999999999999999999999999999"],
    "numeric(20,6)": ["0.000001", "10000.0001", "99990000.9999", "-12345678901234.567890"],
    "numeric(18,0)": ["999999999999999999", "-1"],
    "text": ["", "x", "a b", "né€𝄞", "quote'\"back\\slash", "line\nbreak\ttab", "x" * 3000],
    "bytea": ["\\x", "\\x00", "\\xdeadbeef", "\\x" + "00ff" * 500],
    "date": ["1970-01-01", "2000-01-01", "2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31", "1582-10-15", "12345-06-07"],
    "time": ["00:00:00", "23:59:59.999999", "12:30:00.5", "01:02:03.000001", "24:00:00"],
    "timestamp": ["1970-01-01 00:00:00", "2000-01-01 00:00:00", "2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.5",
                  "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2024-01-01 12:00:00.001"],
    "timestamptz": ["1970-01-01 00:00:00+00", "2024-07-01 12:00:00.25+02", "2024-03-31 01:30:00+00", "1900-01-01 00:00:00+00",
                    "2000-01-01 00:00:00+14", "9999-12-31 23:59:59+00"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "6f6ca563-c73b-4295-90fc-24266fcf4523", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": ["null", "1", "\"x\"", "{\"a\": [1, 2, {\"b\": null}]}", "[]"],
}

# Where dates reach before the common era or to infinity: only as literals, Iceberg's JSON input has no form for them.
LITERALS_ONLY = {
    "date": ["infinity", "-infinity"],
    "timestamp": ["infinity", "-infinity"],
    "timestamptz": ["infinity", "-infinity"],
}

# Literals of these are not read yet (DuckDB spells the era another way); as parameters and results they are served.
PARAMETERS_ONLY = {"date": ["0044-03-15 BC"], "timestamp": ["0044-03-15 12:00:00 BC"]}

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"
