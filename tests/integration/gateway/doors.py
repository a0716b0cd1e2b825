"""A door in front of a server: shut, it refuses connections; frozen, it takes them and says nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65536


class Door:
    """Forwards one port of this machine to a server's, as long as it is open."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.shut()
        for thread in self._threads:
            thread.join(5)

    def shut(self) -> None:
        """Cut what is connected; from now on nobody gets in."""
        self._flowing.set()
        with self._lock:
            for each in (self._listener, *self._sockets):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._sockets.clear()

    def open(self) -> None:
        """Let connections in again, at the same port."""
        self._listener = self._listen(self.port)
        self._start()

    def freeze(self) -> None:
        """Connections stay, and new ones are taken, but nothing passes."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        return listener

    def _start(self) -> None:
        self._run(self._accept, self._listener)

    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
                outer = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._sockets += [inner, outer]
            self._run(self._forward, inner, outer)
            self._run(self._forward, outer, inner)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                self._flowing.wait()
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
