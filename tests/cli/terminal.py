"""A program at a terminal, driven as a person would: what is typed, and what the screen says."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time


class Terminal:
    """`command` on a pseudo-terminal of its own. Ends with the `with`."""

    def __init__(self, *command, env=None, rows=24, columns=100):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env={**os.environ, "TERM": "xterm", **(env or {})})
        os.close(theirs)
        self.descriptor, self.screen = ours, ""

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def expect(self, pattern, seconds_max=20):
        """Reads until `pattern` stands in what came since the last match: the text up to its end, without colours and cursor moves."""
        deadline = time.monotonic() + seconds_max
        while True:
            plain = re.sub(r"\r\x1b\[\d+[CG]|\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", self.screen)
            found = re.search(pattern, plain)
            if found:
                self.screen = plain[found.end():]
                return plain[:found.end()]
            readable, _, _ = select.select([self.descriptor], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                raise TimeoutError(f"no {pattern!r} within {seconds_max} s; the screen: {plain!r}")
            try:
                self.screen += os.read(self.descriptor, 65536).decode(errors="replace")
            except OSError as error:  # the other end is closed
                raise EOFError(f"ended without {pattern!r}; the screen: {plain!r}") from error

    def prompt(self, text, seconds_max=20):
        """Waits for a prompt and until keys are read one by one: before that the terminal echoes them itself."""
        screen = self.expect(re.escape(text), seconds_max)
        deadline = time.monotonic() + seconds_max
        while termios.tcgetattr(self.descriptor)[3] & termios.ECHO:
            if time.monotonic() > deadline:
                raise TimeoutError("the terminal still echoes")
            time.sleep(0.005)  # between two looks
        return screen

    def end(self, seconds_max=10):
        """Waits until it ends by itself: the exit code."""
        deadline = time.monotonic() + seconds_max
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self.descriptor], [], [], 0.05)[0]:
                try:
                    self.screen += os.read(self.descriptor, 65536).decode(errors="replace")
                except OSError:
                    break
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def interrupt(self, seconds_max=20):
        """Ctrl-C until it ends: one that comes while a statement's end is on its way still goes to that. The exit code."""
        deadline = time.monotonic() + seconds_max
        while time.monotonic() < deadline:
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(0.5)
        raise TimeoutError(f"it goes on after {seconds_max} s of Ctrl-C; the screen: {self.screen!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.descriptor)
