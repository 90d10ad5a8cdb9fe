"""Tells when a file appears in a folder, at once, by inotify."""
import contextlib
import ctypes
import os
import select
import struct
import time

IN_CREATE, IN_MOVED_TO = 0x100, 0x80
EVENT = struct.Struct("iIII")


class NewFiles:
    """Watches folders that exist. A context manager."""

    def __init__(self, *folders):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_NONBLOCK)
        self.folders = {}
        for folder in folders:
            watch = libc.inotify_add_watch(self.descriptor, str(folder).encode(), IN_CREATE | IN_MOVED_TO)
            assert watch >= 0, f"{folder}: {os.strerror(ctypes.get_errno())}"
            self.folders[watch] = folder

    def forget(self):
        """What appeared until now is old."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.descriptor, 1 << 16):
                pass

    def wait(self, ending, seconds_max):
        """The path of the next file whose name ends so; None if the time is up."""
        deadline = time.monotonic() + seconds_max
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.descriptor], [], [], left)[0]:
                return None
            data, position = os.read(self.descriptor, 1 << 16), 0
            while position < len(data):
                watch, _, _, length = EVENT.unpack_from(data, position)
                name = data[position + EVENT.size:position + EVENT.size + length].rstrip(b"\0").decode()
                position += EVENT.size + length
                if name.endswith(ending):
                    return self.folders[watch] / name
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)
