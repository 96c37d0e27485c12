"""Servers that misbehave, for scripts/delivery. They listen on 127.0.0.1 at a port that the system
chooses, answer from threads, and end with the `with` that started them.

A server plays a list of acts, one for each request; the last one goes on for all that follow. An
act gets (server, connection, request) and gives True when the connection may go on.
"""
import base64
import contextlib
import functools
import gzip
import ipaddress
import json
import os
import socket
import ssl
import struct
import threading
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SILENCE_S = 30  # nobody waits longer for a request


class Request:
    """What came in. connection: 0 for the first connection, and so on."""

    def __init__(self, method, target, headers, body, connection):
        self.method, self.target, self.headers = method, target, headers
        self.raw, self.connection = body, connection

    @property
    def body(self):
        """The message: without compression, and without the frame of gRPC."""
        if self.headers.get("content-type") == "application/grpc":
            packed, length = self.raw[0], int.from_bytes(self.raw[1:5], "big")
            if length != len(self.raw) - 5:
                raise ValueError(f"a frame of {length} bytes in {len(self.raw)}")
            return gzip.decompress(self.raw[5:]) if packed else self.raw[5:]
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" \
            else self.raw


class Server:
    """Plays acts over HTTP/1.1. tls: an ssl.SSLContext."""

    def __init__(self, *acts, tls=None):
        self.acts, self.tls = acts, tls
        self.requests, self.connections = [], 0
        self.lock, self.closing = threading.Lock(), threading.Event()
        self.open = set()

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        # Closing alone would leave accept and recv where they are.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.lock:
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(SILENCE_S)

    def accept(self):
        while not self.closing.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                number, self.connections = self.connections, self.connections + 1
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection, number):
        plain = connection
        try:
            connection.settimeout(SILENCE_S)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.talk(connection, number)
        except (OSError, EOFError, ValueError):  # what talks TLS to a plain port is no text
            pass
        finally:
            with self.lock:
                self.open.discard(plain)
            connection.close()

    def next_act(self, request):
        with self.lock:
            self.requests.append(request)
            return self.acts[min(len(self.requests), len(self.acts)) - 1]

    def talk(self, connection, number):
        stream = connection.makefile("rb")
        while True:
            request = self.read(stream, connection, number)
            if request is None or not self.next_act(request)(self, connection, request):
                return

    def read(self, stream, connection, number):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        for text in iter(stream.readline, b"\r\n"):
            if not text:
                return None
            name, value = text.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        if self.acts[min(len(self.requests), len(self.acts) - 1)] is reset_before_the_body:
            self.next_act(Request(line[0], line[1], headers, b"", number))
            reset_before_the_body(self, connection, None)
            return None
        body = stream.read(length)
        if len(body) < length:
            return None
        return Request(line[0], line[1], headers, body, number)


# ---- acts ----

def answer(status=200, body=b"", kind=PROTOBUF, **headers):
    """A plain answer. Headers are given as retry_after="1"."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()

    def act(_server, connection, _request):
        connection.sendall(head + body)
        return True
    return act


ok = answer()


def retry_at(status, seconds):
    """Retry-After as a date. A date has whole seconds: it is rounded up."""
    def act(server, connection, request):
        at = datetime.now(timezone.utc) + timedelta(seconds=seconds + 1)
        return answer(status, retry_after=format_datetime(at, usegmt=True))(
            server, connection, request)
    return act


def say_ok_and_close(_server, connection, _request):
    """Closes a connection that the client believes to be kept alive."""
    ok(_server, connection, _request)
    connection.shutdown(socket.SHUT_WR)
    return False


def hang(server, _connection, _request):
    server.closing.wait(SILENCE_S)
    return False


def reset(_server, connection, _request):
    """A TCP reset instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def reset_before_the_body(_server, connection, _request):
    """The same while the request is still coming: Server.read looks for it by name."""
    return reset(_server, connection, _request)


def break_off(status):
    """An answer that ends before it is whole."""
    def act(_server, connection, _request):
        connection.sendall(f"HTTP/1.1 {status} Whatever\r\nContent-Type: {PROTOBUF}\r\n"
                           "Content-Length: 100\r\n\r\n0123456789".encode())
        return False
    return act


def flood(_server, connection, _request):
    """An answer of 1 GB; how much of it was taken is added to the server as `flooded`."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
                       b"Content-Length: 1000000000\r\n\r\n")
    _server.flooded = 0
    block = bytes(1 << 16)
    while _server.flooded < 1_000_000_000:
        connection.sendall(block)
        _server.flooded += len(block)
    return False


@functools.cache
def zeros():
    """64 MB of them in a small gzip. Made ahead: nobody must wait for that."""
    return gzip.compress(bytes(64_000_000), 1)


def bomb(_server, connection, _request):
    return answer(200, zeros(), content_encoding="gzip")(_server, connection, _request)


def endless_headers(_server, connection, _request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for i in range(100_000):
        connection.sendall(f"X-{i}: {'x' * 1000}\r\n".encode())
    return False


def garbage(_server, connection, _request):
    connection.sendall(b"\x16\x03\x01\x00garbage \xff\xfe\r\n\r\n" * 20)
    return False


def refuse_above(limit, status=413):
    """Takes what is small enough."""
    def act(server, connection, request):
        return (answer(status) if len(request.body) > limit else ok)(server, connection, request)
    return act


def proxy(server, connection, request):
    """A proxy that goes nowhere for plain requests, and through for CONNECT."""
    if request.method != "CONNECT":
        return ok(server, connection, request)
    host, port = request.target.rsplit(":", 1)
    with socket.create_connection((host, int(port)), SILENCE_S) as other:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=pump, args=(other, connection), daemon=True)
        back.start()
        pump(connection, other)
        back.join(SILENCE_S)
    return False


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


# ---- gRPC ----

class GrpcServer(Server):
    """Plays acts over HTTP/2, by prior knowledge or with TLS by ALPN. A call is what an act gets
    for its connection. A stream that brings more than `limit` is ended before it has come whole."""

    def __init__(self, *acts, tls=None, limit=None):
        super().__init__(*acts, tls=tls)
        self.limit = limit

    def talk(self, connection, number):
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        http2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http2.initiate_connection()
        connection.sendall(http2.data_to_send())
        calls = {}
        while data := connection.recv(1 << 16):
            for event in http2.receive_data(data):
                if not self.handle(event, calls, http2, connection, number):
                    return
            connection.sendall(http2.data_to_send())

    def handle(self, event, calls, http2, connection, number):
        from h2 import events
        if isinstance(event, events.RequestReceived):
            calls[event.stream_id] = (dict(event.headers), bytearray())
        elif isinstance(event, events.DataReceived) and event.stream_id in calls:
            calls[event.stream_id][1].extend(event.data)
            length = int.from_bytes(calls[event.stream_id][1][1:5], "big")
            # Also of a stream that ends here: the connection's window is everybody's.
            http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if self.limit and length > self.limit:
                del calls[event.stream_id]
                http2.reset_stream(event.stream_id, error_code=0)
        elif isinstance(event, events.StreamEnded) and event.stream_id in calls:
            headers, body = calls.pop(event.stream_id)
            request = Request(headers[":method"], headers[":path"], headers, bytes(body), number)
            call = Call(http2, connection, event.stream_id)
            return self.next_act(request)(self, call, request)
        return True


class Call:
    def __init__(self, http2, connection, stream):
        self.http2, self.connection, self.stream = http2, connection, stream

    def flush(self):
        self.connection.sendall(self.http2.data_to_send())

    def headers(self, *pairs, end=False):
        self.http2.send_headers(self.stream, list(pairs), end_stream=end)


GRPC = ("content-type", "application/grpc")


def status(code, message=None, details=None, body=b"", alone=False):
    """A status in trailers behind a message, or alone in the one block of headers."""
    trailers = [("grpc-status", str(code))]
    if message is not None:
        trailers.append(("grpc-message", message))
    if details is not None:
        trailers.append(("grpc-status-details-bin", details))

    def act(_server, call, _request):
        if alone:
            call.headers((":status", "200"), GRPC, *trailers, end=True)
        else:
            call.headers((":status", "200"), GRPC)
            if code == 0:
                call.http2.send_data(call.stream, bytes(1) + len(body).to_bytes(4, "big") + body)
            call.headers(*trailers, end=True)
        call.flush()
        return True
    return act


grpc_ok = status(0)


def retry_info(seconds):
    """RetryInfo in a google.rpc.Status, as it stands in grpc-status-details-bin."""
    def field(number, data):
        return bytes([number << 3 | 2, len(data)]) + data
    delay = field(1, bytes([1 << 3, seconds]))
    detail = field(1, b"type.googleapis.com/google.rpc.RetryInfo") + field(2, delay)
    return base64.b64encode(b"\x08\x08" + field(3, detail)).decode().rstrip("=")


def http_status(code, kind="text/plain"):
    """What a proxy in between says, without a grpc-status."""
    def act(_server, call, _request):
        call.headers((":status", str(code)), ("content-type", kind), end=True)
        call.flush()
        return True
    return act


def reset_stream(code):
    def act(_server, call, _request):
        call.http2.reset_stream(call.stream, error_code=code)
        call.flush()
        return True
    return act


def go_away(code, last_stream):
    """Closes the connection; streams above last_stream were not looked at."""
    def act(_server, call, _request):
        call.http2.close_connection(error_code=code, last_stream_id=last_stream)
        call.flush()
        return False
    return act


def exhausted_above(limit):
    """The limit of a gRPC server, in the words of the one in Go."""
    def act(server, call, request):
        size = len(request.body)
        return (grpc_ok if size <= limit else status(
            8, f"grpc: received message larger than max ({size} vs. {limit})", alone=True))(
                server, call, request)
    return act


# ---- certificates ----

class Authority:
    """Makes certificates, in files of a folder."""

    def __init__(self, folder, name="authority"):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID
        self.x509, self.hashes, self.serialization, self.ec = x509, hashes, serialization, ec
        self.oid = NameOID.COMMON_NAME
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = self.subject(name)
        self.file = self.write(f"{name}.pem", self.sign(self.name, self.key, authority=True))

    def subject(self, name):
        return self.x509.Name([self.x509.NameAttribute(self.oid, name)])

    def write(self, name, *things):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            for thing in things:
                if hasattr(thing, "public_bytes"):
                    file.write(thing.public_bytes(self.serialization.Encoding.PEM))
                else:
                    file.write(thing.private_bytes(
                        self.serialization.Encoding.PEM,
                        self.serialization.PrivateFormat.PKCS8,
                        self.serialization.NoEncryption()))
        return path

    def sign(self, subject, key, host=None, days=(-1, 1), authority=False):
        x509, now = self.x509, datetime.now(timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + timedelta(days=days[0]))
                   .not_valid_after(now + timedelta(days=days[1]))
                   .add_extension(x509.BasicConstraints(authority, None), critical=True))
        if host:
            try:
                name = x509.IPAddress(ipaddress.ip_address(host))
            except ValueError:
                name = x509.DNSName(host)
            builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        return builder.sign(self.key, self.hashes.SHA256())

    def issue(self, name, host=None, days=(-1, 1)):
        """The files of a certificate and of its key."""
        key = self.ec.generate_private_key(self.ec.SECP256R1())
        certificate = self.sign(self.subject(name), key, host, days)
        return self.write(f"{name}.pem", certificate), self.write(f"{name}.key", key)

    def server(self, name, host="127.0.0.1", days=(-1, 1), client_authority=None, alpn=None):
        """What a Server takes for tls."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, host, days))
        if client_authority:
            context.load_verify_locations(client_authority.file)
            context.verify_mode = ssl.CERT_REQUIRED
        if alpn:
            context.set_alpn_protocols(alpn)
        return context


def json_body(**members):
    return json.dumps(members).encode()
