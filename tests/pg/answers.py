"""What a server answers on the wire, byte for byte, through libpq: for comparing Tarn with Postgres 15 itself."""
from dataclasses import dataclass

from psycopg import pq
from psycopg.pq import ConnStatus, ExecStatus


@dataclass
class Column:
    name: bytes
    type: int
    size: int
    modifier: int


@dataclass
class Answer:
    columns: list
    rows: list       # of lists of bytes or None
    tag: bytes = b""
    sqlstate: bytes = b""
    position: bytes = b""
    message: bytes = b""

    def failed(self):
        return bool(self.sqlstate)


class Server:
    """A libpq connection that answers with bytes."""

    def __init__(self, conninfo):
        self.connection = pq.PGconn.connect(conninfo.encode())
        if self.connection.status != ConnStatus.OK:
            raise ConnectionError(self.connection.error_message.decode())
        self.notices = []
        self.connection.notice_handler = lambda result: self.notices.append(bytes(result.error_message))

    def query(self, sql):
        """The simple protocol: the last statement's answer."""
        return answer_of(self.connection.exec_(sql.encode()))

    def ask(self, sql, parameters=(), types=(), parameter_formats=(), binary=False):
        """The extended protocol. Parameters are bytes or None."""
        return answer_of(self.connection.exec_params(
            sql.encode(), list(parameters), list(types) or None, [int(f) for f in parameter_formats] or None, int(binary)))

    def describe(self, sql, types=()):
        """(parameter types, columns) of a prepared statement, or the failed answer."""
        prepared = self.connection.prepare(b"", sql.encode(), list(types) or None)
        if prepared.status != ExecStatus.COMMAND_OK:
            return answer_of(prepared)
        result = self.connection.describe_prepared(b"")
        return [result.param_type(i) for i in range(result.nparams)], answer_of(result).columns

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.finish()


def answer_of(result):
    columns = [Column(result.fname(i), result.ftype(i), result.fsize(i), result.fmod(i)) for i in range(result.nfields)]
    rows = [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]
    field = lambda code: result.error_field(code) or b""
    return Answer(columns, rows, result.command_status or b"", field(pq.DiagnosticField.SQLSTATE),
                  field(pq.DiagnosticField.STATEMENT_POSITION), field(pq.DiagnosticField.MESSAGE_PRIMARY))


def difference(ours, theirs):
    """Why two answers are not the same, None if they are. Error texts may differ; their SQLSTATEs may not."""
    if ours.failed() or theirs.failed():
        if ours.sqlstate == theirs.sqlstate:
            return None
        return f"{(ours.sqlstate + b' ' + ours.message).decode()!r}, Postgres: {(theirs.sqlstate + b' ' + theirs.message).decode()!r}"
    if ours.columns != theirs.columns:
        return f"columns {ours.columns}, Postgres: {theirs.columns}"
    if ours.rows != theirs.rows:
        for number, (our_row, their_row) in enumerate(zip(ours.rows, theirs.rows)):
            if our_row != their_row:
                pairs = [(a, b) for a, b in zip(our_row, their_row) if a != b]
                return f"row {number}: {pairs[0][0]!r}, Postgres: {pairs[0][1]!r}"
        return f"{len(ours.rows)} rows, Postgres: {len(theirs.rows)}"
    if ours.tag != theirs.tag:
        return f"tag {ours.tag!r}, Postgres: {theirs.tag!r}"
    return None
