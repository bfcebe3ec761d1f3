# Streams over sockets and whatever else can be polled, and servers.

from . import core


class Stream:
    def __init__(self, s, e={}):
        self.s = s
        self.e = e
        # What is to be written, and what after that.
        self.out_buf = b""
        self._more = []

    def get_extra_info(self, v):
        return self.e[v]

    def close(self):
        pass

    async def wait_closed(self):
        self.s.close()

    # The next answer of a reading method that may be None although the stream was ready.
    async def _get(self, method, *args):
        while True:
            yield core._io_queue.queue_read(self.s)
            got = method(*args)
            if got is not None:
                return got

    async def read(self, n=-1):
        if n >= 0:
            return await self._get(self.s.read, n)
        parts = []
        while True:
            part = await self._get(self.s.read, n)
            if not part:
                return b"".join(parts)
            parts.append(part)

    async def readinto(self, buf):
        yield core._io_queue.queue_read(self.s)
        return self.s.readinto(buf)

    async def readexactly(self, n):
        all = b""
        while len(all) < n:
            part = await self._get(self.s.read, n - len(all))
            if not part:
                raise EOFError
            all = all + part if all else part
        return all

    async def readline(self):
        line = b""
        while True:
            part = await self._get(self.s.readline)
            line = line + part if line else part
            # A text stream gives str.
            if not part or line[-1] in (10, "\n"):
                return line

    def write(self, buf):
        if not self.out_buf:
            # What goes at once need not be kept.
            n = self.s.write(buf)
            if n == len(buf):
                return
            if not isinstance(buf, bytes):
                buf = bytes(buf[n or 0:], "utf-8") if isinstance(buf, str) else bytes(memoryview(buf)[n or 0 :])
            elif n:
                # Not a copy: it may be a camera's frame.
                buf = memoryview(buf)[n:]
            self.out_buf = buf
        elif buf:
            self._more.append(buf if isinstance(buf, bytes) else bytes(buf))

    async def drain(self):
        if not self.out_buf:
            # Others get their turn, also if a loop only writes and drains.
            return await core.sleep_ms(0)
        while self.out_buf:
            yield core._io_queue.queue_write(self.s)
            n = self.s.write(self.out_buf)
            if n is None:
                continue
            if n < len(self.out_buf):
                self.out_buf = memoryview(self.out_buf)[n:]
            else:
                self.out_buf = self._more.pop(0) if self._more else b""

    # Names of the past.
    aclose = wait_closed

    async def awrite(self, buf, off=0, sz=-1):
        if off or sz >= 0:
            end = len(buf) if sz < 0 else off + sz
            buf = memoryview(buf)[off:end]
        self.write(buf)
        await self.drain()

    awritestr = awrite


StreamReader = StreamWriter = Stream


async def open_connection(host, port, ssl=None, server_hostname=None):
    import socket
    from errno import EINPROGRESS, EISCONN

    family, kind, proto, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    s = socket.socket(family, kind, proto)
    try:
        s.setblocking(False)
        try:
            s.connect(address)
        except OSError as exc:
            if exc.errno != EINPROGRESS:
                raise
        yield core._io_queue.queue_write(s)
        try:
            # Tells how it went.
            s.connect(address)
        except OSError as exc:
            if exc.errno != EISCONN:
                raise
        if ssl:
            if ssl is True:
                from ssl import PROTOCOL_TLS_CLIENT, SSLContext

                ssl = SSLContext(PROTOCOL_TLS_CLIENT)
            name = server_hostname or host
            s = ssl.wrap_socket(s, server_hostname=name, do_handshake_on_connect=False)
            s.setblocking(False)
            yield core._io_queue.queue_write(s)
    except BaseException:
        s.close()
        raise
    stream = Stream(s)
    return stream, stream


class Server:
    def close(self):
        self.state = True
        self.task.cancel()

    async def wait_closed(self):
        await self.task

    async def __aenter__(self):
        return self

    async def __aexit__(self, exc_type, exc, tb):
        self.close()
        await self.wait_closed()

    async def _serve(self, s, callback, ssl):
        self.state = False
        try:
            while True:
                yield core._io_queue.queue_read(s)
                try:
                    client, address = s.accept()
                except OSError:
                    # The client has gone already, or there are too many.
                    continue
                client.setblocking(False)
                if ssl:
                    try:
                        client = ssl.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
                        client.setblocking(False)
                    except OSError as exc:
                        core.sys.print_exception(exc)
                        client.close()
                        continue
                stream = Stream(client, {"peername": address})
                core.create_task(callback(stream, stream))
        except core.CancelledError:
            # Closing is how a server ends.
            if not self.state:
                raise
        finally:
            s.close()


async def start_server(cb, host, port, backlog=5, ssl=None):
    import socket

    info = socket.getaddrinfo(host, port)[0]
    s = socket.socket(info[0])
    s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(info[-1])
    s.listen(backlog)
    server = Server()
    server.task = core.create_task(server._serve(s, cb, ssl))
    try:
        # It has to run, to see that it is cancelled.
        await core.sleep_ms(0)
    except core.CancelledError:
        server.task.cancel()
        raise
    return server
