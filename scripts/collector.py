"""The OpenTelemetry Collector that scripts/get-collector builds, run in a folder on 127.0.0.1 for
as long as a `with` lasts, at ports that the system chooses.

    with Collector(program, folder, authority) as collector:
        collector.urls["tls", "grpc"]       where it listens: plain, tls or mtls; http or grpc
        collector.lines                     a folder of which it reads every *.jsonl
        collector.messages("mtls")          what it wrote: plain, tls, mtls or lines

With quiet=True it only listens in plain, and writes nothing.
"""
import json
import socket
import subprocess
import time
from pathlib import Path

LIMIT_S = 60
READY = b"Everything is ready"


def free_ports(count):
    """Ports that were free a moment ago. All are held until the last is known."""
    places = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [place.getsockname()[1] for place in places]
    for place in places:
        place.close()
    return ports


class Collector:
    def __init__(self, program, folder, authority=None, quiet=False):
        self.program, self.folder, self.quiet = program, Path(folder), quiet
        self.lines = self.folder / "lines"
        self.lines.mkdir()
        self.tls = {"plain": None}
        if authority:
            certificate, key = authority.issue("collector", "127.0.0.1")
            self.tls["tls"] = {"cert_file": certificate, "key_file": key}
            self.tls["mtls"] = {**self.tls["tls"], "client_ca_file": authority.file}

    def receivers(self):
        """For each way to secure it a receiver of its own, with all else as it is by default."""
        ports = iter(free_ports(2 * len(self.tls)))
        self.urls, made = {}, {}
        for name, tls in self.tls.items():
            protocols = {}
            for protocol in ("http", "grpc"):
                place = f"127.0.0.1:{next(ports)}"
                self.urls[name, protocol] = f"{'https' if tls else 'http'}://{place}"
                protocols[protocol] = {"endpoint": place} | ({"tls": tls} if tls else {})
            made[name] = (f"otlp/{name}", {"protocols": protocols})
        if not self.quiet:
            made["lines"] = ("otlpjsonfile", {"include": [str(self.lines / "*.jsonl")],
                                              "start_at": "beginning",
                                              "include_file_name": False})
        return made

    def config(self):
        exporters, pipelines, receivers = {}, {}, self.receivers()
        for name, (receiver, _) in receivers.items():
            exporter = "debug" if self.quiet else f"file/{name}"
            exporters[exporter] = {} if self.quiet else {
                "path": str(self.written(name)), "format": "proto", "flush_interval": "100ms"}
            pipelines[f"traces/{name}"] = {"receivers": [receiver], "exporters": [exporter]}
        return {"receivers": dict(receivers.values()), "exporters": exporters,
                "service": {"pipelines": pipelines,
                            "telemetry": {"metrics": {"level": "none"},
                                          "logs": {"level": "info"}}}}

    def written(self, name):
        return self.folder / f"{name}.binpb"

    def messages(self, name):
        """The bytes of each message that is whole by now. It writes a length before each."""
        data = self.written(name).read_bytes()
        at = 0
        while at + 4 <= len(data):
            end = at + 4 + int.from_bytes(data[at:at + 4], "big")
            if end > len(data):
                return
            yield data[at + 4:end]
            at = end

    def log(self):
        return (self.folder / "log").read_bytes()

    def start(self):
        """True when it is ready, False when somebody was faster to take a port."""
        config = self.folder / "config.yaml"
        config.write_text(json.dumps(self.config(), indent=1))  # JSON is YAML
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([self.program, "--config", f"file:{config}"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(LIMIT_S * 20):
            if READY in self.log():
                return True
            if self.process.poll() is not None:
                if b"address already in use" in self.log():
                    return False
                break
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the Collector did not start:\n{self.log().decode()[-3000:]}")

    def stop(self):
        """It writes what it holds before it ends."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        for _ in range(5):
            if self.start():
                return self
        raise RuntimeError("the Collector found no free ports")

    def __exit__(self, *_):
        self.stop()
